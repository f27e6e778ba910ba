// Similarity without a library: lengths of all rows, then one kernel for product and selection, then the
// merge of its lists. Beside the operands it needs 8 bytes for each row, and k keys for each query and split.
#include "gpu/similarity_fused.cuh"

#include <algorithm>
#include <cstdint>

#include "gpu/launch.hpp"
#include "gpu/solvers.hpp"

namespace crossover::gpu {
namespace {

constexpr Index fused_blocks_of_multiprocessor = 2;

/// How many parts the corpus is dealt in: as many as take the fewest turns on the device's multiprocessors,
/// each turn as long as its tiles and a fixed part, lists being filled anew in each.
Index splits_of(const Shape& shape, const Limits& limits) {
  constexpr Index fixed_tiles = 2;
  const Index query_tiles = ceil_div(shape[similarity::queries], fused_tile);
  const Index row_tiles = ceil_div(shape[similarity::corpus], fused_tile);
  const Index slots = std::max(1, limits.multiprocessors) * fused_blocks_of_multiprocessor;
  const auto duration = [&](Index splits) {
    return ceil_div(query_tiles * splits, slots) * (ceil_div(row_tiles, splits) + fixed_tiles);
  };
  Index best = 1;
  for (Index splits = 2; splits <= std::min(row_tiles, 4 * ceil_div(slots, query_tiles)); ++splits)
    if (duration(splits) < duration(best)) best = splits;
  return best;
}

/// Where the parts of the workspace lie.
struct FusedPlan {
  Index splits;
  WorkspaceSize size;
  std::size_t corpus_scales, query_scales, keys;

  FusedPlan(const Shape& shape, const Limits& limits)
      : splits(splits_of(shape, limits)),
        corpus_scales(size.add(shape[similarity::corpus], 1, sizeof(RowScale))),
        query_scales(size.add(shape[similarity::queries], 1, sizeof(RowScale))),
        keys(size.add(shape[similarity::queries], splits * shape[similarity::k], sizeof(Key))) {}
};

std::size_t fused_workspace(const Shape& shape, Type, const Limits& limits) {
  return FusedPlan(shape, limits).size.total();
}

bool is_wide(const Matrix<const float>& rows) {
  return rows.cols % 4 == 0 && reinterpret_cast<std::uintptr_t>(rows.data) % sizeof(float4) == 0;
}

template <int Capacity>
auto* kernel_of(bool wide) {
  return wide ? fused_kernel<Capacity, true> : fused_kernel<Capacity, false>;
}

void solve_fused(DeviceContext& context, const DevicePiece& device_piece) {
  const DeviceSimilarity piece(device_piece);
  const FusedPlan plan(device_piece.shape, context.limits);
  std::byte* const memory = device_piece.workspace.data();
  auto* const corpus_scales = reinterpret_cast<RowScale*>(memory + plan.corpus_scales);
  auto* const query_scales = reinterpret_cast<RowScale*>(memory + plan.query_scales);
  const KeyLists lists{reinterpret_cast<Key*>(memory + plan.keys), static_cast<int>(plan.splits), piece.k};

  queue_row_scales(context, piece.corpus, corpus_scales);
  queue_row_scales(context, piece.queries, query_scales);
  const Index blocks = ceil_div(piece.queries.rows, fused_tile) * plan.splits;
  const bool wide = is_wide(piece.corpus) && is_wide(piece.queries);
  launch("fused_kernel", piece.k <= 4 ? kernel_of<4>(wide) : kernel_of<max_best>(wide),
         {.blocks = static_cast<unsigned>(blocks), .threads = fused_threads}, context.stream,
         ScaledRows{piece.queries.data, query_scales, piece.queries.rows},
         ScaledRows{piece.corpus.data, corpus_scales, piece.corpus.rows}, static_cast<int>(piece.corpus.cols),
         lists);
  queue_merge(context, piece, lists, 0, piece.queries.rows);
}

}  // namespace

std::vector<DeviceSolver> similarity_fused_solvers() {
  return {{{.problem = "similarity",
            .name = "cuda-fused",
            .strategy = "one kernel: product of 128 x 128 tiles in registers, and selection from them",
            .threaded = false,
            .workspace = fused_workspace,
            .cannot = similarity_cannot},
           solve_fused}};
}

}  // namespace crossover::gpu
