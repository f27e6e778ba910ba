#include "cpu/similarity_products.hpp"

#include <algorithm>
#include <exception>
#include <initializer_list>

#include "cpu/similarity_lists.hpp"
#include "cpu/unit_rows.hpp"

namespace crossover::cpu {
namespace {

constexpr Index block_bytes = Index{16} << 20;  // normalised queries kept at a time
constexpr Index lists_bytes = Index{1} << 20;   // of each thread

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

/// For products by `callers` at once, each with so many threads.
void prepare(const Product& product, int callers, int threads) {
  if (product.set_threads) product.set_threads(threads);
  if (product.reserve) product.reserve(callers * threads);
}

Index padded_queries(const Product& product, Index count) {
  return rounded_up(std::max(count, product.least_queries), product.query_step);
}

/// How the work is cut, by arithmetic alone, and where the parts of the workspace lie.
struct Tiling {
  Index rows,
      tiles;  // corpus rows of a tile, the same for all, and as many tiles for each thread as for any other
  Index queries;           // of a tile
  Index block;             // queries that are kept normalised at a time: whole tiles
  Index unit, scores;      // floats of a thread's tile and of its scores, in whole cache lines
  Index unit_queries;      // floats of the block, likewise
  std::size_t per_thread;  // bytes: both, and the thread's lists
  std::size_t total;

  Tiling(const Product& product, const Shape& shape, Index threads) {
    const Index corpus = shape[similarity::corpus], dim = shape[similarity::dim], k = shape[similarity::k];
    const Index least = rounded_up(ceil_div(corpus, product.tile_rows), threads);
    rows = rounded_up(ceil_div(corpus, least), product.row_step);
    tiles = ceil_div(corpus, rows);

    const Index affordable = std::max<Index>(1, std::min(block_bytes / (dim * Index{sizeof(float)}),
                                                         lists_bytes / Lists::bytes_of_one(k, corpus)));
    const Index all = std::min(shape[similarity::queries], affordable);
    queries = padded_queries(product, ceil_div(all, ceil_div(all, product.tile_queries)));
    block = rounded_up(all, queries);

    constexpr Index line = 64 / sizeof(float);
    unit = rounded_up(rows * dim, line);
    scores = rounded_up(rows * queries, line);
    unit_queries = rounded_up(block * dim, line);
    per_thread = sum({float_bytes(unit, 1), float_bytes(scores, 1), Lists::bytes(block, k, corpus)});
    total = sum({float_bytes(unit_queries, 1), static_cast<std::size_t>(threads) * per_thread});
  }
};

/// A thread's part of the workspace.
struct Scratch {
  float *unit, *scores;
  Lists lists;  // of the block's queries

  Scratch(const Tiling& tiling, std::byte* own, const SimilarityPiece& piece)
      : unit(reinterpret_cast<float*>(own)),
        scores(unit + tiling.unit),
        lists(reinterpret_cast<std::byte*>(scores + tiling.scores), tiling.block, piece.k,
              piece.corpus.rows) {}
};

/// Queries [begin, begin + count) of a piece, in the hands of a team of threads.
struct Block {
  const Product& product;
  const SimilarityPiece& piece;
  const Tiling& tiling;
  std::byte* workspace;
  Index begin, count;

  float* unit_queries() const { return reinterpret_cast<float*>(workspace); }
  Scratch scratch(Index thread) const {
    return {tiling,
            workspace + float_bytes(tiling.unit_queries, 1) +
                static_cast<std::size_t>(thread) * tiling.per_thread,
            piece};
  }

  void answer(Index tile, const Scratch& own) const {
    const Index dim = piece.corpus.cols, first = tile * tiling.rows;
    const Index rows = std::min(tiling.rows, piece.corpus.rows - first);
    for (Index c = 0; c < tiling.rows; ++c) unit_row(piece.corpus, first + c, own.unit + c * dim);
    for (Index query = 0; query < count; query += tiling.queries) {
      const Index queries = std::min(tiling.queries, count - query);
      product.multiply(unit_queries() + query * dim, padded_queries(product, queries), own.unit, tiling.rows,
                       dim, own.scores);
      for (Index q = 0; q < queries; ++q)
        own.lists.offer(own.scores + q * tiling.rows, rows, piece.first + first, query + q);
    }
  }

  /// One thread's share; there are barriers of the team inside. What a product throws becomes `failure`.
  void solve(std::exception_ptr& failure) const {
    const Scratch own = scratch(omp_get_thread_num());
    const Index dim = piece.queries.cols;
#pragma omp for schedule(static)
    for (Index q = 0; q < tiling.block; ++q) unit_row(piece.queries, begin + q, unit_queries() + q * dim);
    for (Index q = 0; q < count; ++q) own.lists.clear(q);
#pragma omp for schedule(monotonic : dynamic)  // as lists want them
    for (Index tile = 0; tile < tiling.tiles; ++tile) try {
        answer(tile, own);
      } catch (...) {
#pragma omp critical
        failure = std::current_exception();
      }
#pragma omp for schedule(static)
    for (Index q = 0; q < count; ++q) {
      piece.open(begin + q);
      for (Index thread = 0; thread < omp_get_num_threads(); ++thread)
        scratch(thread).lists.merge_into(piece.best[begin + q], q, own.lists);
      piece.close(begin + q);
    }
  }
};

}  // namespace

std::size_t float_bytes(Index rows, Index cols) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(rows, cols, &bytes) || __builtin_mul_overflow(bytes, sizeof(float), &bytes))
    return std::numeric_limits<std::size_t>::max();
  return bytes;
}

std::size_t product_full_workspace(const Product& product, const Shape& shape, const Limits& limits) {
  const Index rows = rounded_up(shape[similarity::corpus], product.row_step);
  const Index queries = padded_queries(product, shape[similarity::queries]);
  const Index dim = shape[similarity::dim];
  const std::size_t lists = static_cast<std::size_t>(limits.threads) *
                            Lists::bytes_beside_state(1, shape[similarity::k], shape[similarity::corpus]);
  return sum({float_bytes(queries, rows), float_bytes(rows, dim), float_bytes(queries, dim), 64, lists});
}

void product_full(const Product& product, HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  const Index dim = piece.corpus.cols;
  const Index rows = rounded_up(piece.corpus.rows, product.row_step);
  const Index queries = padded_queries(product, piece.queries.rows);
  auto* scores = reinterpret_cast<float*>(host_piece.workspace.data());
  float* unit_corpus = scores + queries * rows;
  float* unit_queries = unit_corpus + rows * dim;
  std::byte* const lists_memory =
      host_piece.workspace.data() + line_bytes(queries * rows + rows * dim + queries * dim, sizeof(float));
  const std::size_t list_bytes = Lists::bytes_beside_state(1, piece.k, piece.corpus.rows);

#pragma omp parallel for schedule(static) num_threads(context.threads)
  for (Index c = 0; c < rows; ++c) unit_row(piece.corpus, c, unit_corpus + c * dim);
#pragma omp parallel for schedule(static) num_threads(context.threads)
  for (Index q = 0; q < queries; ++q) unit_row(piece.queries, q, unit_queries + q * dim);
  prepare(product, 1, context.threads);
  product.multiply(unit_queries, queries, unit_corpus, rows, dim, scores);
#pragma omp parallel for schedule(static) num_threads(context.threads)
  for (Index q = 0; q < piece.queries.rows; ++q) {
    const Lists list(lists_memory + static_cast<std::size_t>(omp_get_thread_num()) * list_bytes, 1, piece, q);
    piece.open(q);
    list.clear(0);
    list.offer(scores + q * rows, piece.corpus.rows, piece.first, 0);
    list.merge_into(piece.best[q], 0, list);
    piece.close(q);
  }
}

std::size_t product_tiled_workspace(const Product& product, const Shape& shape, const Limits& limits) {
  return Tiling(product, shape, limits.threads).total;
}

void product_tiled(const Product& product, HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  const Tiling tiling(product, host_piece.shape, context.threads);
  std::byte* workspace = host_piece.workspace.data();
  prepare(product, context.threads, 1);
  std::exception_ptr failure;  // none may leave the team
#pragma omp parallel num_threads(context.threads)
  for (Index begin = 0; begin < piece.queries.rows; begin += tiling.block)
    Block{product, piece, tiling, workspace, begin, std::min(tiling.block, piece.queries.rows - begin)}.solve(
        failure);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace crossover::cpu
