// Similarity for a few queries, where packing the corpus would cost more than the product: each corpus row is
// read once, from where it lies, and its length and its products with all the queries are taken from that.
// The limit is the bandwidth of the memory. A part of openmp-tiled, which decides by the number of queries of
// the whole work: pieces of it are answered alike.
#include <algorithm>

#include "cpu/similarity_few.hpp"
#include "cpu/similarity_lists.hpp"

namespace crossover::cpu {
namespace {

constexpr Index strip_rows = 512;  // scored, then selected from: 2 KiB of L1 for each query

struct Plan {
  Index strips, threads;
  std::size_t queries, scores, lists;  // bytes; all but the first for each thread

  Plan(const Shape& shape, int most_threads) {
    strips = ceil_div(shape[similarity::corpus], strip_rows);
    threads = std::min<Index>(most_threads, strips);
    const Index count = shape[similarity::queries];
    queries = line_bytes(count * rounded_up(shape[similarity::dim], slab), sizeof(float));
    scores = line_bytes(count * strip_rows, sizeof(float));
    lists = Lists::bytes(count, shape[similarity::k], shape[similarity::corpus]);
  }

  std::size_t per_thread() const { return scores + lists; }
  std::size_t total() const { return queries + static_cast<std::size_t>(threads) * per_thread(); }

  float* scores_of(std::byte* workspace, Index thread) const {
    return reinterpret_cast<float*>(workspace + queries + static_cast<std::size_t>(thread) * per_thread());
  }
  Lists lists_of(std::byte* workspace, Index thread, const SimilarityPiece& piece) const {
    return {workspace + queries + static_cast<std::size_t>(thread) * per_thread() + scores,
            piece.queries.rows, piece.k, piece.corpus.rows};
  }
};

/// One thread's share; there are barriers of the team inside.
void solve(const SimilarityPiece& piece, const Plan& plan, std::byte* workspace) {
  const TileKernels& kernels = tile_kernels();
  const Index thread = omp_get_thread_num(), team = omp_get_num_threads(), dim = piece.corpus.cols;
  float* const packed = reinterpret_cast<float*>(workspace);
  float* const scores = plan.scores_of(workspace, thread);
  const Lists lists = plan.lists_of(workspace, thread, piece);
  const Index queries = piece.queries.rows;
#pragma omp for schedule(static)
  for (Index q = 0; q < queries; ++q)
    kernels.pack_few_queries(piece.queries.row(q), 1, dim, packed + q * rounded_up(dim, slab));
  for (Index q = 0; q < queries; ++q) lists.clear(q);

#pragma omp for schedule(static)
  for (Index strip = 0; strip < plan.strips; ++strip) {
    const Index first = strip * strip_rows, rows = std::min(strip_rows, piece.corpus.rows - first);
    kernels.score_rows(piece.corpus.row(first), rows, dim, packed, queries, scores, strip_rows);
    for (Index q = 0; q < queries; ++q)
      lists.select(kernels, scores + q * strip_rows, rows, rounded_up(rows, kernels.tile_rows),
                   piece.first + first, q);
  }

#pragma omp for schedule(static) nowait
  for (Index q = 0; q < queries; ++q) {
    piece.open(q);
    for (Index other = 0; other < team; ++other)
      plan.lists_of(workspace, other, piece).merge_into(piece.best[q], q, lists);
    piece.close(q);
  }
}

}  // namespace

std::size_t similarity_few_workspace(const Shape& shape, const Limits& limits) {
  return are_few(shape) ? Plan(shape, limits.threads).total() : 0;
}

void similarity_few(HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  const Plan plan(host_piece.shape, context.threads);
#pragma omp parallel num_threads(static_cast <int>(plan.threads))
  solve(piece, plan, host_piece.workspace.data());
}

}  // namespace crossover::cpu
