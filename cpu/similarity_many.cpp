// Similarity for many queries against a corpus that fits a core's cache. Every thread packs the corpus for
// itself, which costs less than fetching what another core has packed, and takes one panel of queries after
// the other: packs it into its L1, and answers it from all of the corpus. A query is written by one thread
// only and has one list, which is its state: to fill an empty list is what selection spends its time on.
// Nothing is shared, nobody waits. A part of openmp-tiled; a score depends on its two rows alone, so that
// results do not tell how the work was dealt.
#include "cpu/similarity_many.hpp"

#include <algorithm>

#include "cpu/similarity_panels.hpp"

namespace crossover::cpu {
namespace {

constexpr Index max_rows_of_tile = 1024;         // the longer, the fewer selections; 56 KiB of scores
constexpr std::size_t corpora_bytes = 32 << 20;  // packed, of all threads
constexpr Index queries_of_thread = 8;           // at least
constexpr Index many_turns = 64, max_turn = 8;   // turns of a thread, beyond which they grow, and how far

struct Plan {
  const TileKernels& kernels = tile_kernels();
  Index columns;                             // dim, rounded up to whole slabs
  Index rows;                                // corpus rows of a tile
  Index tile_queries, panels;                // queries of a panel, panels of all queries
  Index turn;                                // panels that a thread takes at a time
  Index threads;                             // that find work
  std::size_t corpus, panel, scores, lists;  // bytes, for each thread

  Plan(const Shape& shape, Index team) {
    const Index corpus_rows = shape[similarity::corpus], queries = shape[similarity::queries];
    columns = rounded_up(shape[similarity::dim], slab);
    rows = rounded_up(ceil_div(corpus_rows, ceil_div(corpus_rows, max_rows_of_tile)), kernels.tile_rows);

    // Few panels: as many for each thread.
    const Index fewest = ceil_div(queries, kernels.max_tile_queries);
    tile_queries = ceil_div(queries, fewest < max_turn * team ? rounded_up(fewest, team) : fewest);
    panels = ceil_div(queries, tile_queries);
    turn = std::clamp<Index>(panels / (many_turns * team), 1, max_turn);
    threads = std::min(team, panels);

    corpus = line_bytes(rounded_up(corpus_rows, kernels.tile_rows) * columns, sizeof(float));
    panel = line_bytes(tile_queries * columns, sizeof(float));
    scores = line_bytes(tile_queries * rows, sizeof(float));
    lists = Lists::bytes_beside_state(tile_queries, shape[similarity::k], corpus_rows);
  }

  std::size_t per_thread() const { return corpus + panel + scores + lists; }
  std::size_t total() const { return static_cast<std::size_t>(threads) * per_thread(); }
};

/// One thread's share.
void solve(const SimilarityPiece& piece, const Plan& plan, std::byte* workspace) {
  const Matrix<const float>&corpus = piece.corpus, &queries = piece.queries;
  std::byte* const own = workspace + static_cast<std::size_t>(omp_get_thread_num()) * plan.per_thread();
  float* const packed = reinterpret_cast<float*>(own);
  float* const panel = reinterpret_cast<float*>(own + plan.corpus);
  float* const scores = reinterpret_cast<float*>(own + plan.corpus + plan.panel);
  pack_corpus(plan.kernels, corpus, plan.columns, packed);

#pragma omp for schedule(monotonic : dynamic, plan.turn) nowait
  for (Index i = 0; i < plan.panels; ++i) {
    const Index begin = i * plan.tile_queries, present = std::min(plan.tile_queries, queries.rows - begin);
    plan.kernels.pack_queries(queries.row(begin), present, plan.tile_queries, queries.cols, panel);
    const Lists lists(own + plan.corpus + plan.panel + plan.scores, plan.tile_queries, piece, begin);
    for (Index q = 0; q < present; ++q) {
      piece.open(begin + q);
      lists.clear(q);
    }
    for (Index first = 0; first < corpus.rows; first += plan.rows)
      answer(plan.kernels, {panel, plan.tile_queries, present},
             {packed + first * plan.columns, std::min(plan.rows, corpus.rows - first), piece.first + first,
              corpus.cols, plan.columns},
             scores, plan.rows, lists, 0);
    for (Index q = 0; q < present; ++q) {
      lists.merge_into(piece.best[begin + q], q, lists);
      piece.close(begin + q);
    }
  }
}

}  // namespace

bool are_many(const Shape& shape, const Limits& limits) {
  const Index corpus = shape[similarity::corpus], queries = shape[similarity::queries];
  const auto row_bytes = static_cast<std::size_t>(rounded_up(shape[similarity::dim], slab)) * sizeof(float);
  const auto team = static_cast<std::size_t>(limits.threads);
  const std::size_t affordable = std::min(limits.cache_bytes, corpora_bytes / team) / row_bytes;
  return corpus <= static_cast<Index>(affordable) && queries >= corpus / 2 &&
         queries >= limits.threads * queries_of_thread;
}

std::size_t similarity_many_workspace(const Shape& shape, const Limits& limits) {
  return Plan(shape, limits.threads).total();
}

void similarity_many(HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  const Plan plan(host_piece.shape, context.threads);
#pragma omp parallel num_threads(static_cast <int>(plan.threads))
  solve(piece, plan, host_piece.workspace.data());
}

}  // namespace crossover::cpu
