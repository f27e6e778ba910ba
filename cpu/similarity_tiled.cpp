// Similarity in tiles. Normalised queries lie packed in memory that all threads share; a thread takes a
// tile of corpus rows, packs it into its L2, and for one panel of queries after the other computes the
// tile's scores in registers and selects from them while they are in L1: the scores never reach memory.
// Each thread has running lists of its own, which are merged into the state. A score depends on its two
// rows alone, and the order of candidates is total: results are the same for any tiling and any threads.
#include <algorithm>
#include <bit>

#include "cpu/register_tile.hpp"
#include "cpu/similarity.hpp"

namespace crossover::cpu {
namespace {

constexpr Index column_block = 256;  // columns summed in one go: a panel of queries takes 14 KiB of L1
constexpr Index min_rows_of_tile = 128, max_rows_of_tile = 512;
constexpr std::size_t tiles_bytes = 32 << 20;    // of all threads
constexpr std::size_t queries_bytes = 12 << 20;  // packed queries
constexpr std::size_t lists_bytes = 4 << 20;     // of all threads

constexpr Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

/// How the work is cut, by arithmetic alone, and where the parts of the workspace lie.
struct Plan {
  Index columns;               // dim, rounded up to whole slabs
  Index rows, tiles;           // corpus rows of a tile, tiles of the corpus
  Index tile_queries, panels;  // queries of a panel, panels of a block: what is packed at a time
  Index groups;                // parts that a block's panels are dealt in
  Index threads;               // that find work
  std::size_t query_panels, tile, scores, list_scores, list_indices;  // bytes

  Plan(const Shape& shape, const Limits& limits) {
    const Index corpus = shape[similarity::corpus], k = shape[similarity::k];
    columns = rounded_up(shape[similarity::dim], slab);
    const auto row_bytes = static_cast<std::size_t>(columns) * sizeof(float);
    const auto team = static_cast<std::size_t>(limits.threads);

    // As many tiles for each thread as for any other, unless that makes them tiny.
    const std::size_t tile_bytes = std::min(limits.cache_bytes / 2, tiles_bytes / team);
    const Index most_rows = std::clamp<Index>(
        static_cast<Index>(tile_bytes / row_bytes) / tile_rows * tile_rows, tile_rows, max_rows_of_tile);
    const Index rounds = ceil_div(corpus, most_rows * limits.threads);
    rows = std::max(rounded_up(ceil_div(corpus, rounds * limits.threads), tile_rows),
                    std::min(most_rows, min_rows_of_tile));
    tiles = ceil_div(corpus, rows);

    // Blocks of even size, and in them panels of even size.
    const std::size_t list_bytes = static_cast<std::size_t>(k) * (sizeof(float) + sizeof(Index)) * team;
    const auto affordable = static_cast<Index>(std::min(queries_bytes / row_bytes, lists_bytes / list_bytes));
    const Index blocks = ceil_div(shape[similarity::queries], std::max<Index>(affordable, max_tile_queries));
    const Index block = ceil_div(shape[similarity::queries], blocks);
    tile_queries = ceil_div(block, ceil_div(block, max_tile_queries));
    for (Index width = tile_queries; width > max_tile_queries / 2;
         --width)  // narrower only if that fits better
      if (rounded_up(block, width) * 102 < rounded_up(block, tile_queries) * 100) tile_queries = width;
    panels = ceil_div(block, tile_queries);
    groups = std::clamp<Index>(ceil_div(limits.threads, tiles), 1, panels);
    threads = std::min<Index>(limits.threads, tiles * groups);

    query_panels = bytes(block_queries() * columns, sizeof(float));
    tile = bytes(rows * columns, sizeof(float));
    scores = bytes(tile_queries * rows, sizeof(float));
    list_scores = bytes(block_queries() * k, sizeof(float));
    list_indices = bytes(block_queries() * k, sizeof(Index));
  }

  Index block_queries() const { return panels * tile_queries; }
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

/// The highest score of each of tile_rows lanes, NaN left out. `count` is a multiple of tile_rows.
void find_maxima(const float* scores, Index count, Vector (&maxima)[tile_vectors]) {
  for (Vector& vector : maxima) vector = Vector{} - std::numeric_limits<float>::infinity();
  for (Index i = 0; i < count; i += tile_rows)
    for (int v = 0; v < tile_vectors; ++v) maxima[v] = larger(load(scores + i + v * lanes), maxima[v]);
}

float highest(const Vector (&maxima)[tile_vectors]) {
  Vector top = larger(maxima[0], maxima[1]);
  Places place{};
  for (int i = 0; i < lanes; ++i) place[i] = i;
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2)
    top = larger(top, __builtin_shuffle(top, (place + half) & (lanes - 1)));
  return top[0];
}

/// A number that k lanes' maxima reach, the highest such unless some are equal; -inf where there is none.
float kth_highest(Vector (&maxima)[tile_vectors], float top, Index k) {
  for (Index rank = 1; rank < k; ++rank) {
    for (Vector& vector : maxima)
      vector = vector < top ? vector : Vector{} - std::numeric_limits<float>::infinity();
    top = highest(maxima);
  }
  return top;
}

/// One bit for each of `count` scores, `stride` apart, that is not below the floor; at most 64.
std::uint64_t reaching(const float* scores, Index count, Index stride, float floor) {
  std::uint64_t bits = 0;
  for (Index i = 0; i < count; ++i) bits |= std::uint64_t{!(scores[i * stride] < floor)} << i;
  return bits;
}

/// Offers the scores that can enter `best`; those behind `count` are NaN, up to `padded`. At least k scores
/// reach the k-th highest of the lanes' maxima, so that even of ascending scores few are offered.
void select(const float* scores, Index count, Index padded, Index first, const Ranking<float>& best) {
  Vector vectors[tile_vectors];
  find_maxima(scores, padded, vectors);
  const float top = highest(vectors);
  float floor = best.threshold();
  if (top <= floor) return;  // a NaN floor has room for anything
  float maxima[tile_rows];
  std::memcpy(maxima, vectors, sizeof maxima);
  if (best.k <= tile_rows) {
    const float kth = kth_highest(vectors, top, best.k);
    if (kth > -std::numeric_limits<float>::infinity() && !(kth <= floor)) floor = kth;
  }
  for (std::uint64_t open = reaching(maxima, tile_rows, 1, floor); open != 0; open &= open - 1) {
    const Index lane = std::countr_zero(open);
    std::uint64_t found = reaching(scores + lane, padded / tile_rows, tile_rows, floor);
    for (; found != 0; found &= found - 1) {
      const Index i = lane + std::countr_zero(found) * tile_rows;
      if (i < count) best.offer(scores[i], first + i);
    }
  }
}
static_assert(max_rows_of_tile <= 64 * tile_rows);

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
    pack_queries(piece.queries.row(begin + query), std::min(plan.tile_queries, count - query),
                 plan.tile_queries, piece.queries.cols, panel(i));
  }

  void pack_tile(Index first, Index rows, float* tile) const {
    for (Index row = 0; row < rounded_up(rows, tile_rows); row += lanes)
      pack_lanes(piece.corpus.row(first + std::min(row, rows)), std::clamp<Index>(rows - row, 0, lanes),
                 piece.corpus.cols, tile + row / tile_rows * tile_rows * plan.columns + row % tile_rows);
  }

  /// Scores of a panel of queries against a packed tile.
  void multiply(const float* queries, const Scratch& own, Index padded) const {
    const Index dim = piece.corpus.cols;
    MultiplyTile* const multiply_tile = multiply_tile_of(plan.tile_queries);
    for (Index column = 0; column < dim; column += column_block)
      for (Index row = 0; row < padded; row += tile_rows)
        multiply_tile(queries + column * plan.tile_queries,
                      own.tile + row * plan.columns + column * tile_rows,
                      std::min(column_block, dim - column), column == 0, own.scores + row, plan.rows);
  }

  /// One panel of queries against the packed corpus rows [first, first + rows).
  void answer(Index i, Index first, Index rows, const Scratch& own) const {
    const Index padded = rounded_up(rows, tile_rows), query = i * plan.tile_queries;
    multiply(panel(i), own, padded);
    for (Index q = 0; q < std::min(plan.tile_queries, count - query); ++q) {
      float* scores = own.scores + q * plan.rows;
      std::fill(scores + rows, scores + padded, std::numeric_limits<float>::quiet_NaN());
      select(scores, rows, padded, piece.first + first, own.best[query + q]);
    }
  }

  /// One thread's share; there are barriers of the team inside.
  void solve() const {
    const Scratch own(plan, workspace, omp_get_thread_num(), piece.k);
    const Index panels = ceil_div(count, plan.tile_queries);
#pragma omp for schedule(static)
    for (Index i = 0; i < panels; ++i) pack_panel(i);
    for (Index q = 0; q < count; ++q) own.best[q].clear();

    Index packed = -1;
    const auto take = [&](Index item) {
      const Index tile = item / plan.groups, group = item % plan.groups, first = tile * plan.rows;
      const Index rows = std::min(plan.rows, piece.corpus.rows - first);
      if (tile != packed) pack_tile(first, rows, own.tile);
      packed = tile;
      for (Index i = group * panels / plan.groups; i < (group + 1) * panels / plan.groups; ++i)
        answer(i, first, rows, own);
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
        piece.best[begin + q].merge(Scratch(plan, workspace, thread, piece.k).best[q]);
      piece.close(begin + q);
    }
  }
};

}  // namespace

std::size_t similarity_tiled_workspace(const Shape& shape, Type, const Limits& limits) {
  return Plan(shape, limits).total();
}

void similarity_tiled(HostContext& context, const HostPiece& host_piece) {
  const SimilarityPiece piece(host_piece);
  Limits limits = context.limits;
  limits.threads = context.threads;
  const Plan plan(host_piece.shape, limits);
  std::byte* workspace = host_piece.workspace.data();
#pragma omp parallel num_threads(static_cast <int>(plan.threads))
  for (Index begin = 0; begin < piece.queries.rows; begin += plan.block_queries())
    Block{piece, plan, workspace, begin, std::min(plan.block_queries(), piece.queries.rows - begin)}.solve();
}

}  // namespace crossover::cpu
