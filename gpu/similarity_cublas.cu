// Similarity with cuBLAS's product. Rows are copied at length 1, padded with zeros to whole tiles of one
// size, the same in every piece of a corpus: the library chooses its kernel by the shape, and another kernel
// may add in another order, so that equal rows would score unequally. In `cublas-full` the tile is the whole
// score matrix; in `cublas-tiled` it stays in half of the device's L2, and the selection behind each product
// finds it there.
#include <algorithm>

#include "gpu/cublas.hpp"
#include "gpu/launch.hpp"
#include "gpu/similarity.hpp"
#include "gpu/solvers.hpp"

namespace crossover::gpu {
namespace {

constexpr Index row_step = 128;                  // of a tile's corpus rows
constexpr Index max_tile_queries = 1024;         // enough for a product at full speed
constexpr Index copies_bytes = Index{64} << 20;  // copies of queries, and of corpus rows, kept at a time
constexpr Index warps_of_multiprocessor = 48;    // that select
constexpr Index min_segment = 1024;              // scores worth a list of their own

/// `count` in parts of even size, at most `most`.
constexpr Index even_part(Index count, Index most) { return ceil_div(count, ceil_div(count, most)); }

/// How the work is cut, by arithmetic alone, and where the parts of the workspace lie.
struct ScoresPlan {
  Index dim;                      // rounded up to 16 bytes
  Index block_queries;            // whose copies and lists are kept at a time
  Index tile_queries, tile_rows;  // of a score tile
  Index segment, splits;          // corpus rows of a list, lists of a query
  WorkspaceSize size;
  std::size_t scores, corpus, queries, keys, library;

  ScoresPlan(const Shape& shape, const Limits& limits, bool full)
      : dim(rounded_up(shape[similarity::dim], 4)) {
    const Index all_queries = shape[similarity::queries], all_rows = shape[similarity::corpus];
    const Index k = shape[similarity::k];
    if (full) {
      tile_queries = all_queries;
      tile_rows = rounded_up(all_rows, row_step);
    } else {
      tile_queries = even_part(all_queries, max_tile_queries);
      const auto scores_kept = static_cast<Index>(limits.cache_bytes / 2 / sizeof(float));
      const Index rows = std::min(scores_kept / tile_queries, copies_bytes / (dim * Index{sizeof(float)}));
      const Index most = std::max(rows / row_step * row_step, row_step);
      tile_rows = rounded_up(even_part(all_rows, most), row_step);
    }
    const Index wanted =
        ceil_div(std::max(1, limits.multiprocessors) * warps_of_multiprocessor, tile_queries);
    segment = rounded_up(ceil_div(tile_rows, std::clamp<Index>(wanted, 1, ceil_div(tile_rows, min_segment))),
                         row_step);
    splits = ceil_div(tile_rows, segment);
    const Index affordable = std::min(copies_bytes / (dim * Index{sizeof(float)}),
                                      copies_bytes / (splits * k * Index{sizeof(Key)}));
    block_queries = full ? all_queries
                         : std::min(rounded_up(all_queries, tile_queries),
                                    std::max<Index>(affordable / tile_queries, 1) * tile_queries);
    scores = size.add(tile_queries, tile_rows, sizeof(float));
    corpus = size.add(tile_rows, dim, sizeof(float));
    queries = size.add(block_queries, dim, sizeof(float));
    keys = size.add(block_queries, splits * k, sizeof(Key));
    library = size.add(1, Cublas::workspace_bytes + Cublas::workspace_alignment, 1);
  }
};

void solve(DeviceContext& context, const DevicePiece& device_piece, bool full) {
  const DeviceSimilarity piece(device_piece);
  const Shape& longest = device_piece.longest == Shape{} ? device_piece.shape : device_piece.longest;
  const ScoresPlan plan(longest, context.limits, full);
  std::byte* const memory = device_piece.workspace.data();
  auto* const scores = reinterpret_cast<float*>(memory + plan.scores);
  auto* const unit_corpus = reinterpret_cast<float*>(memory + plan.corpus);
  auto* const unit_queries = reinterpret_cast<float*>(memory + plan.queries);
  const int splits = static_cast<int>(plan.splits);
  auto* const keys = reinterpret_cast<Key*>(memory + plan.keys);
  context.cublas->use(context.stream, Cublas::aligned(device_piece.workspace.subspan(plan.library)));

  const auto part = [](const Matrix<const float>& rows, Index first, Index count) {
    return Matrix<const float>{rows.row(first), std::min(count, rows.rows - first), rows.cols};
  };
  for (Index begin = 0; begin < piece.queries.rows; begin += plan.block_queries) {
    const Matrix<const float> block = part(piece.queries, begin, plan.block_queries);
    queue_unit_rows(context, block, unit_queries, block.rows, plan.dim);
    for (Index first = 0; first < piece.corpus.rows; first += plan.tile_rows) {
      const Matrix<const float> rows = part(piece.corpus, first, plan.tile_rows);
      queue_unit_rows(context, rows, unit_corpus, plan.tile_rows, plan.dim);
      for (Index query = 0; query < block.rows; query += plan.tile_queries) {
        const Index count = std::min(plan.tile_queries, block.rows - query);
        context.cublas->scores(unit_queries + query * plan.dim, count, unit_corpus, plan.tile_rows, plan.dim,
                               scores, plan.tile_rows);
        queue_selection(context, {scores, plan.tile_rows, count, rows.rows, first},
                        {keys + query * plan.splits * piece.k, splits, piece.k}, plan.segment, first == 0);
      }
    }
    queue_merge(context, piece, {keys, splits, piece.k}, begin, block.rows);
  }
}

}  // namespace

std::vector<DeviceSolver> similarity_cublas_solvers() {
  return {
      {{.problem = "similarity",
        .name = "cublas-tiled",
        .strategy = "a product of cuBLAS for each tile of scores that half of L2 holds, then its selection",
        .threaded = false,
        .workspace = [](const Shape& shape, Type,
                        const Limits& limits) { return ScoresPlan(shape, limits, false).size.total(); },
        .library = "cuBLAS",
        .cannot = similarity_cannot},
       [](DeviceContext& context, const DevicePiece& piece) { solve(context, piece, false); }},
      {{.problem = "similarity",
        .name = "cublas-full",
        .strategy = "unit copies, one product of cuBLAS into the whole score matrix, then selection",
        .folds = false,
        .threaded = false,
        .workspace = [](const Shape& shape, Type,
                        const Limits& limits) { return ScoresPlan(shape, limits, true).size.total(); },
        .library = "cuBLAS",
        .cannot = similarity_cannot},
       [](DeviceContext& context, const DevicePiece& piece) { solve(context, piece, true); }},
  };
}

}  // namespace crossover::gpu
