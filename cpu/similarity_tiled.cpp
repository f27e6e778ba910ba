// Similarity in tiles. Normalised queries lie packed in memory that all threads share; a thread takes a
// tile of corpus rows, packs it into its L2, and for one panel of queries after the other computes the
// tile's scores in registers and selects from them while they are in L1: the scores never reach memory.
// Each thread has running lists of its own, which are merged into the state. A score depends on its two
// rows alone, and the order of candidates is total: results are the same for any tiling and any threads.
#include <algorithm>
#include <functional>

#include "cpu/register_tile.hpp"
#include "cpu/similarity.hpp"

namespace crossover::cpu {
namespace {

constexpr Index column_block = 256;  // columns summed in one go: a panel of queries takes 14 KiB of L1
constexpr Index max_rows_of_tile = 512;
constexpr std::size_t tiles_bytes = 32 << 20;    // of all threads
constexpr std::size_t queries_bytes = 12 << 20;  // packed queries
constexpr std::size_t lists_bytes = 4 << 20;     // of all threads
constexpr Index items_per_thread = 4;            // so that a thread that is held up does not hold up all

constexpr Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

/// How the work is cut, by arithmetic alone, and where the parts of the workspace lie.
struct Plan {
  Index columns;  // dim, rounded up to whole slabs
  Index rows;     // corpus rows of a tile
  Index tiles;    // of the corpus
  Index block;    // queries packed at a time
  Index groups;   // parts that the panels of a block are dealt in
  Index threads;  // that find work
  std::size_t query_panels, tile, scores, list_scores, list_indices;  // bytes

  Plan(const Shape& shape, const Limits& limits) {
    const Index corpus = shape[similarity::corpus], k = shape[similarity::k];
    columns = rounded_up(shape[similarity::dim], slab);
    const auto row_bytes = static_cast<std::size_t>(columns) * sizeof(float);
    const auto team = static_cast<std::size_t>(limits.threads);

    const std::size_t tile_bytes = std::min(limits.cache_bytes / 2, tiles_bytes / team);
    const Index most_rows = std::clamp<Index>(
        static_cast<Index>(tile_bytes / row_bytes) / tile_rows * tile_rows, tile_rows, max_rows_of_tile);
    const Index wanted = items_per_thread * limits.threads;
    const Index few_rows = std::min<Index>(most_rows, 4 * tile_rows);
    tiles = std::max(ceil_div(corpus, most_rows), std::min(wanted, ceil_div(corpus, few_rows)));
    rows = rounded_up(ceil_div(corpus, tiles), tile_rows);
    tiles = ceil_div(corpus, rows);

    const std::size_t list_bytes = static_cast<std::size_t>(k) * (sizeof(float) + sizeof(Index)) * team;
    const auto affordable = static_cast<Index>(std::min(queries_bytes / row_bytes, lists_bytes / list_bytes));
    block = std::min(rounded_up(shape[similarity::queries], tile_queries),
                     std::max<Index>(1, affordable / tile_queries) * tile_queries);
    groups = std::clamp<Index>(ceil_div(wanted, tiles), 1, block / tile_queries);
    threads = std::min<Index>(limits.threads, tiles * groups);

    query_panels = bytes(block * columns, sizeof(float));
    tile = bytes(rows * columns, sizeof(float));
    scores = bytes(tile_queries * rows, sizeof(float));
    list_scores = bytes(block * k, sizeof(float));
    list_indices = bytes(block * k, sizeof(Index));
  }

  static std::size_t bytes(Index count, std::size_t size) {
    return (static_cast<std::size_t>(count) * size + 63) / 64 * 64;
  }
  std::size_t per_thread() const { return tile + scores + list_scores + list_indices; }
  std::size_t total() const { return query_panels + static_cast<std::size_t>(threads) * per_thread(); }
};

/// A thread's part of the workspace.
struct Scratch {
  float *tile, *scores;
  Rankings best;  // of the block's queries

  Scratch(const Plan& plan, std::byte* workspace, Index thread, Index k) {
    std::byte* own = workspace + plan.query_panels + static_cast<std::size_t>(thread) * plan.per_thread();
    tile = reinterpret_cast<float*>(own);
    scores = reinterpret_cast<float*>(own + plan.tile);
    best = {reinterpret_cast<float*>(own + plan.tile + plan.scores),
            reinterpret_cast<Index*>(own + plan.tile + plan.scores + plan.list_scores), k};
  }
};

Vector larger(Vector a, Vector b) { return a > b ? a : b; }  // b where a is NaN

/// The highest score of every lane, NaN left out, and the highest of all. `count` is a multiple of tile_rows.
float lane_maxima(const float* scores, Index count, float* maxima) {
  Vector best[tile_vectors];
  for (Vector& vector : best) vector = Vector{} - std::numeric_limits<float>::infinity();
  for (Index i = 0; i < count; i += tile_rows)
    for (int v = 0; v < tile_vectors; ++v) best[v] = larger(load(scores + i + v * lanes), best[v]);
  for (int v = 0; v < tile_vectors; ++v) store(maxima + v * lanes, best[v]);
  Vector top = larger(best[0], best[1]);
  Places place{};
  for (int i = 0; i < lanes; ++i) place[i] = i;
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2)
    top = larger(top, __builtin_shuffle(top, (place + half) & (lanes - 1)));
  return top[0];
}

/// Offers the scores that can enter `best`; those behind `count` are NaN, up to `padded`. The k-th highest
/// of the lanes' maxima is a floor under the k best of the row, so that of ascending scores few are offered.
void select(const float* scores, Index count, Index padded, Index first, const Ranking<float>& best) {
  float maxima[tile_rows];
  const float top = lane_maxima(scores, padded, maxima);
  float floor = best.threshold();
  if (top <= floor) return;  // a NaN floor has room for anything
  if (best.k <= tile_rows) {
    Index above = 0;
    for (const float maximum : maxima) above += maximum <= floor ? 0 : 1;
    if (above > best.k) {
      float sorted[tile_rows];
      std::copy_n(maxima, tile_rows, sorted);
      std::nth_element(sorted, sorted + best.k - 1, sorted + tile_rows, std::greater<>());
      const float kth = sorted[best.k - 1];
      if (kth > -std::numeric_limits<float>::infinity()) floor = kth;
    }
  }
  for (Index lane = 0; lane < tile_rows; ++lane) {
    if (maxima[lane] < floor) continue;
    for (Index i = lane; i < count; i += tile_rows)
      if (!(scores[i] < floor)) best.offer(scores[i], first + i);
  }
}

void pack_tile(const Matrix<const float>& corpus, const Plan& plan, Index first, Index count, float* tile) {
  for (Index row = 0; row < rounded_up(count, tile_rows); row += lanes) {
    float* panel = tile + row / tile_rows * tile_rows * plan.columns + row % tile_rows;
    pack_lanes(corpus.row(first + std::min(row, count)), std::clamp<Index>(count - row, 0, lanes),
               corpus.cols, panel);
  }
}

/// Scores of a panel of queries against a packed tile.
void multiply(const float* queries, const Scratch& own, const Plan& plan, Index dim, Index padded) {
  for (Index column = 0; column < dim; column += column_block)
    for (Index row = 0; row < padded; row += tile_rows)
      multiply_tile(queries + column * tile_queries, own.tile + row * plan.columns + column * tile_rows,
                    std::min(column_block, dim - column), column == 0, own.scores + row, plan.rows);
}

/// Panels [begin, end) of the block's queries against the packed corpus rows [first, first + count).
void answer(const SimilarityPiece& piece, const Plan& plan, const Scratch& own, const float* panels,
            Index begin, Index end, Index block_queries, Index first, Index count) {
  const Index padded = rounded_up(count, tile_rows);
  for (Index panel = begin; panel < end; ++panel) {
    multiply(panels + panel * tile_queries * plan.columns, own, plan, piece.corpus.cols, padded);
    const Index query = panel * tile_queries;
    for (Index q = 0; q < std::min<Index>(tile_queries, block_queries - query); ++q) {
      float* scores = own.scores + q * plan.rows;
      std::fill(scores + count, scores + padded, std::numeric_limits<float>::quiet_NaN());
      select(scores, count, padded, piece.first + first, own.best[query + q]);
    }
  }
}

/// One thread's share of the queries [begin, begin + count); the team has barriers inside.
void solve_block(const SimilarityPiece& piece, const Plan& plan, std::byte* workspace, Index begin,
                 Index count) {
  auto* panels = reinterpret_cast<float*>(workspace);
  const Scratch own(plan, workspace, omp_get_thread_num(), piece.k);
  const Index panel_count = ceil_div(count, tile_queries);
#pragma omp for schedule(static)
  for (Index panel = 0; panel < panel_count; ++panel)
    pack_queries(piece.queries.row(begin + panel * tile_queries),
                 std::min<Index>(tile_queries, count - panel * tile_queries), piece.queries.cols,
                 panels + panel * tile_queries * plan.columns);
  for (Index q = 0; q < count; ++q) own.best[q].clear();

  Index packed = -1;
#pragma omp for schedule(monotonic : dynamic)
  for (Index item = 0; item < plan.tiles * plan.groups; ++item) {
    const Index tile = item / plan.groups, group = item % plan.groups, first = tile * plan.rows;
    const Index rows = std::min(plan.rows, piece.corpus.rows - first);
    if (tile != packed) pack_tile(piece.corpus, plan, first, rows, own.tile);
    packed = tile;
    answer(piece, plan, own, panels, group * panel_count / plan.groups,
           (group + 1) * panel_count / plan.groups, count, first, rows);
  }

#pragma omp for schedule(static)
  for (Index q = 0; q < count; ++q) {
    piece.open(begin + q);
    for (Index thread = 0; thread < omp_get_num_threads(); ++thread)
      piece.best[begin + q].merge(Scratch(plan, workspace, thread, piece.k).best[q]);
    piece.close(begin + q);
  }
}

}  // namespace

std::size_t similarity_tiled_workspace(const Shape& shape, Type, const Limits& limits) {
  return Plan(shape, limits).total();
}

void similarity_tiled(HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  Limits limits = context.limits;
  limits.threads = context.threads;
  const Plan plan(host_piece.shape, limits);
#pragma omp parallel num_threads(static_cast <int>(plan.threads))
  for (Index begin = 0; begin < piece.queries.rows; begin += plan.block)
    solve_block(piece, plan, host_piece.workspace.data(), begin,
                std::min(plan.block, piece.queries.rows - begin));
}

}  // namespace crossover::cpu
