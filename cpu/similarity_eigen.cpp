// Similarity with Eigen's product. Rows are padded with zeros to whole register tiles of that product: at
// ragged edges it adds in another order, and equal rows would score unequally. Scores lie queries-major,
// so that each selection reads one contiguous row.
// g++ 12 takes its own AVX-512 intrinsics for uninitialised (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <algorithm>

#include <Eigen/Core>

#include "cpu/similarity.hpp"
#include "cpu/unit_rows.hpp"

namespace crossover::cpu {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr Index row_step = 48;       // a multiple of Eigen's register tile on every instruction set
constexpr Index query_step = 8;      // likewise
constexpr Index tile_rows = 960;     // corpus rows of a tile
constexpr Index tile_queries = 256;  // queries of a tile: its scores take 960 KiB
constexpr Index block_bytes = Index{16} << 20;  // normalised queries kept at a time

/// Bytes of rows x cols floats; the highest number there is where that overflows.
std::size_t float_bytes(Index rows, Index cols) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(rows, cols, &bytes) || __builtin_mul_overflow(bytes, sizeof(float), &bytes))
    return std::numeric_limits<std::size_t>::max();
  return bytes;
}

std::size_t sum(std::initializer_list<std::size_t> parts) {
  std::size_t total = 0;
  for (const std::size_t part : parts)
    if (__builtin_add_overflow(total, part, &total)) return std::numeric_limits<std::size_t>::max();
  return total;
}

/// Normalises row `i` of `rows` into `unit`, or writes zeros where it has no such row.
void unit_row(const Matrix<const float>& rows, Index i, float* unit) {
  if (i < rows.rows)
    scale_row(rows.row(i), rows.cols, inverse_norm(rows.row(i), rows.cols), unit);
  else
    std::fill_n(unit, rows.cols, 0.0F);
}

/// scores[q][c] = queries[q] . corpus[c], of unit rows.
void multiply(const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
              float* scores) {
  using In = Eigen::Map<const RowMajor>;
  Eigen::Map<RowMajor>(scores, query_count, row_count).noalias() =
      In(queries, query_count, dim) * In(corpus, row_count, dim).transpose();
}

/// Queries whose normalised copies are kept at a time: whole tiles.
Index block_queries(const Shape& shape) {
  const Index affordable = block_bytes / (shape[similarity::dim] * Index{sizeof(float)});
  const Index tiles = std::max<Index>(1, affordable / tile_queries);
  return std::min(rounded_up(shape[similarity::queries], query_step), tiles * tile_queries);
}

}  // namespace

std::size_t similarity_full_workspace(const Shape& shape, Type, const Limits&) {
  const Index rows = rounded_up(shape[similarity::corpus], row_step);
  const Index queries = rounded_up(shape[similarity::queries], query_step);
  const Index dim = shape[similarity::dim];
  return sum({float_bytes(queries, rows), float_bytes(rows, dim), float_bytes(queries, dim)});
}

void similarity_full(HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  const Index dim = piece.corpus.cols;
  const Index rows = rounded_up(piece.corpus.rows, row_step);
  const Index queries = rounded_up(piece.queries.rows, query_step);
  auto* scores = reinterpret_cast<float*>(host_piece.workspace.data());
  float* unit_corpus = scores + queries * rows;
  float* unit_queries = unit_corpus + rows * dim;

#pragma omp parallel for schedule(static) num_threads(context.threads)
  for (Index c = 0; c < rows; ++c) unit_row(piece.corpus, c, unit_corpus + c * dim);
#pragma omp parallel for schedule(static) num_threads(context.threads)
  for (Index q = 0; q < queries; ++q) unit_row(piece.queries, q, unit_queries + q * dim);
  Eigen::setNbThreads(context.threads);
  multiply(unit_queries, queries, unit_corpus, rows, dim, scores);
#pragma omp parallel for schedule(static) num_threads(context.threads)
  for (Index q = 0; q < piece.queries.rows; ++q) {
    piece.open(q);
    offer_all(piece.best[q], scores + q * rows, piece.corpus.rows, piece.first);
    piece.close(q);
  }
}

std::size_t similarity_eigen_tiled_workspace(const Shape& shape, Type, const Limits& limits) {
  const Index rows = std::min(tile_rows, rounded_up(shape[similarity::corpus], row_step));
  const Index dim = shape[similarity::dim];
  return sum({float_bytes(limits.threads * tile_queries, rows), float_bytes(rows, dim),
              float_bytes(block_queries(shape), dim)});
}

void similarity_eigen_tiled(HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  const Index dim = piece.corpus.cols;
  const Index max_rows = std::min(tile_rows, rounded_up(piece.corpus.rows, row_step));
  const Index block = block_queries(host_piece.shape);
  auto* scores = reinterpret_cast<float*>(host_piece.workspace.data());
  float* unit_corpus = scores + context.threads * tile_queries * max_rows;
  float* unit_queries = unit_corpus + max_rows * dim;

  Eigen::setNbThreads(1);
#pragma omp parallel num_threads(context.threads)
  for (Index begin = 0; begin < piece.queries.rows; begin += block) {
    const Index count = std::min(block, piece.queries.rows - begin);
    float* tile_scores = scores + omp_get_thread_num() * tile_queries * max_rows;
#pragma omp for schedule(static)
    for (Index q = 0; q < rounded_up(count, query_step); ++q) {
      unit_row(piece.queries, begin + q, unit_queries + q * dim);
      if (q < count) piece.open(begin + q);
    }
    for (Index first = 0; first < piece.corpus.rows; first += tile_rows) {
      const Index rows = std::min(tile_rows, piece.corpus.rows - first);
      const Index padded = rounded_up(rows, row_step);
#pragma omp for schedule(static)
      for (Index c = 0; c < padded; ++c) unit_row(piece.corpus, first + c, unit_corpus + c * dim);
#pragma omp for schedule(static)
      for (Index tile = 0; tile < count; tile += tile_queries) {
        const Index queries = std::min(tile_queries, count - tile);
        multiply(unit_queries + tile * dim, rounded_up(queries, query_step), unit_corpus, padded, dim,
                 tile_scores);
        for (Index q = 0; q < queries; ++q)
          offer_all(piece.best[begin + tile + q], tile_scores + q * padded, rows, piece.first + first);
      }
    }
#pragma omp for schedule(static)
    for (Index q = 0; q < count; ++q) piece.close(begin + q);
  }
}

}  // namespace crossover::cpu
