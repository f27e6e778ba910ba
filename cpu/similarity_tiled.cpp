// Similarity in tiles. Normalised queries lie packed in memory that all threads share; a thread takes a
// tile of corpus rows, packs it into its L2, and for one panel of queries after the other computes the
// tile's scores in registers and selects from them while they are in L1: the scores never reach memory.
// Each thread has running lists of its own, which are merged into the state. A score depends on its two
// rows alone, and the order of candidates is total: results are the same for any tiling and any threads.
// Few queries, and many for a small corpus, are answered in other ways: similarity_few, similarity_many.
#include <algorithm>

#include "cpu/similarity_few.hpp"
#include "cpu/similarity_many.hpp"
#include "cpu/similarity_panels.hpp"

namespace crossover::cpu {
namespace {

constexpr Index min_rows_of_tile = 128, max_rows_of_tile = 512;  // 64 of the smallest tile_rows
constexpr std::size_t tiles_bytes = 32 << 20;                    // of all threads
constexpr std::size_t queries_bytes = 12 << 20;                  // packed queries
constexpr std::size_t lists_bytes = 4 << 20;                     // of all threads

/// How the work is cut, by arithmetic alone, and where the parts of the workspace lie.
struct Plan {
  const TileKernels& kernels = tile_kernels();
  Index columns;               // dim, rounded up to whole slabs
  Index rows, tiles;           // corpus rows of a tile, tiles of the corpus
  Index tile_queries, panels;  // queries of a panel, panels of a block: what is packed at a time
  Index groups;                // parts that a block's panels are dealt in
  Index threads;               // that find work
  std::size_t query_panels, tile, scores, lists;  // bytes

  Plan(const Shape& shape, const Limits& limits) {
    const Index corpus = shape[similarity::corpus], k = shape[similarity::k];
    columns = rounded_up(shape[similarity::dim], slab);
    const auto row_bytes = static_cast<std::size_t>(columns) * sizeof(float);
    const auto team = static_cast<std::size_t>(limits.threads);

    // As many tiles for each thread as for any other, unless that makes them tiny.
    const std::size_t tile_bytes = std::min(limits.cache_bytes / 2, tiles_bytes / team);
    const Index most_rows =
        std::clamp<Index>(static_cast<Index>(tile_bytes / row_bytes) / kernels.tile_rows * kernels.tile_rows,
                          kernels.tile_rows, max_rows_of_tile);
    const Index rounds = ceil_div(corpus, most_rows * limits.threads);
    rows = std::max(rounded_up(ceil_div(corpus, rounds * limits.threads), kernels.tile_rows),
                    std::min(most_rows, min_rows_of_tile));
    tiles = ceil_div(corpus, rows);

    // Blocks of even size, and in them panels of even size.
    const std::size_t list_bytes = static_cast<std::size_t>(Lists::bytes_of_one(k, corpus)) * team;
    const auto affordable = static_cast<Index>(std::min(queries_bytes / row_bytes, lists_bytes / list_bytes));
    const Index max_tile_queries = kernels.max_tile_queries;
    const Index blocks = ceil_div(shape[similarity::queries], std::max<Index>(affordable, max_tile_queries));
    const Index block = ceil_div(shape[similarity::queries], blocks);
    tile_queries = ceil_div(block, ceil_div(block, max_tile_queries));
    for (Index width = tile_queries; width > max_tile_queries / 2;
         --width)  // narrower only if that fits better
      if (rounded_up(block, width) * 102 < rounded_up(block, tile_queries) * 100) tile_queries = width;
    panels = ceil_div(block, tile_queries);
    groups = std::clamp<Index>(ceil_div(limits.threads, tiles), 1, panels);
    threads = std::min<Index>(limits.threads, tiles * groups);

    query_panels = line_bytes(block_queries() * columns, sizeof(float));
    tile = line_bytes(rows * columns, sizeof(float));
    scores = line_bytes(tile_queries * rows, sizeof(float));
    lists = Lists::bytes(block_queries(), k, corpus);
  }

  Index block_queries() const { return panels * tile_queries; }
  std::size_t per_thread() const { return tile + scores + lists; }
  std::size_t total() const { return query_panels + static_cast<std::size_t>(threads) * per_thread(); }
};

/// A thread's part of the workspace.
struct Scratch {
  float *tile, *scores;
  Lists lists;  // of the block's queries

  Scratch(const Plan& plan, std::byte* workspace, Index thread, const SimilarityPiece& piece)
      : Scratch(plan, workspace + plan.query_panels + static_cast<std::size_t>(thread) * plan.per_thread(),
                piece) {}

 private:
  Scratch(const Plan& plan, std::byte* own, const SimilarityPiece& piece)
      : tile(reinterpret_cast<float*>(own)),
        scores(reinterpret_cast<float*>(own + plan.tile)),
        lists(own + plan.tile + plan.scores, plan.block_queries(), piece.k, piece.corpus.rows) {}
};

/// Queries [begin, begin + count) of a piece, in the hands of a team of threads.
struct Block {
  const SimilarityPiece& piece;
  const Plan& plan;
  std::byte* workspace;
  Index begin, count;

  float* panel(Index i) const {
    return reinterpret_cast<float*>(workspace) + i * plan.tile_queries * plan.columns;
  }

  void pack_panel(Index i) const {
    const Index query = i * plan.tile_queries;
    plan.kernels.pack_queries(piece.queries.row(begin + query), std::min(plan.tile_queries, count - query),
                              plan.tile_queries, piece.queries.cols, panel(i));
  }

  void pack_tile(Index first, Index rows, float* tile) const {
    pack_corpus(plan.kernels, {piece.corpus.row(first), rows, piece.corpus.cols}, plan.columns, tile);
  }

  /// One panel of queries against the packed corpus rows [first, first + rows).
  void answer_panel(Index i, Index first, Index rows, const Scratch& own) const {
    const Index query = i * plan.tile_queries;
    answer(plan.kernels, {panel(i), plan.tile_queries, std::min(plan.tile_queries, count - query)},
           {own.tile, rows, piece.first + first, piece.corpus.cols, plan.columns}, own.scores, plan.rows,
           own.lists, query);
  }

  /// One thread's share; there are barriers of the team inside.
  void solve() const {
    const Scratch own(plan, workspace, omp_get_thread_num(), piece);
    const Index panels = ceil_div(count, plan.tile_queries);
#pragma omp for schedule(static)
    for (Index i = 0; i < panels; ++i) pack_panel(i);
    for (Index q = 0; q < count; ++q) own.lists.clear(q);

    Index packed = -1;
    const auto take = [&](Index item) {
      const Index tile = item / plan.groups, group = item % plan.groups, first = tile * plan.rows;
      const Index rows = std::min(plan.rows, piece.corpus.rows - first);
      if (tile != packed) pack_tile(first, rows, own.tile);
      packed = tile;
      for (Index i = group * panels / plan.groups; i < (group + 1) * panels / plan.groups; ++i)
        answer_panel(i, first, rows, own);
    };
    // The first item is always the same, so that small inputs stay in their core's cache between calls.
    const Index team = omp_get_num_threads(), items = plan.tiles * plan.groups;
    take(omp_get_thread_num());
#pragma omp for schedule(monotonic : dynamic)
    for (Index item = team; item < items; ++item) take(item);

#pragma omp for schedule(static) nowait
    for (Index q = 0; q < count; ++q) {
      piece.open(begin + q);
      for (Index thread = 0; thread < team; ++thread)
        Scratch(plan, workspace, thread, piece).lists.merge_into(piece.best[begin + q], q, own.lists);
      piece.close(begin + q);
    }
  }
};

}  // namespace

std::size_t similarity_tiled_workspace(const Shape& shape, Type, const Limits& limits) {
  return std::max(similarity_few_workspace(shape, limits), are_many(shape, limits)
                                                               ? similarity_many_workspace(shape, limits)
                                                               : Plan(shape, limits).total());
}

void similarity_tiled(HostContext& context, const HostPiece& host_piece) {
  if (are_few(host_piece.whole)) return similarity_few(context, host_piece);
  Limits limits = context.limits;
  limits.threads = context.threads;
  if (are_many(host_piece.shape, limits)) return similarity_many(context, host_piece);
  const SimilarityPiece piece(host_piece);
  const Plan plan(host_piece.shape, limits);
  std::byte* workspace = host_piece.workspace.data();
#pragma omp parallel num_threads(static_cast <int>(plan.threads))
  for (Index begin = 0; begin < piece.queries.rows; begin += plan.block_queries())
    Block{piece, plan, workspace, begin, std::min(plan.block_queries(), piece.queries.rows - begin)}.solve();
}

}  // namespace crossover::cpu
