#include <algorithm>

#include "gpu/launch.hpp"
#include "gpu/similarity_norms.cuh"
#include "gpu/similarity_select.cuh"

namespace crossover::gpu {
namespace {

constexpr Index norm_blocks_of_multiprocessor = 8;  // of 256 threads; kernels loop where there is more to do
constexpr unsigned block_threads = norm_threads;
constexpr Index warps_of_block = block_threads / 32;

/// A warp or, for long rows, a block for each row: by dim alone, so that equal rows are treated alike.
constexpr Index long_vector = 2048;

/// Of 256 threads, a part of them for each item.
Grid grid_of(const DeviceContext& context, Index items, Index items_of_block) {
  const Index most = std::max(1, context.limits.multiprocessors) * norm_blocks_of_multiprocessor;
  return {.blocks = static_cast<unsigned>(std::min(most, ceil_div(items, items_of_block))),
          .threads = block_threads};
}

RankedRows ranked_rows(std::span<const DeviceArray> arrays) {
  return {vector<Index>(arrays[0]).data(), vector<float>(arrays[1]).data()};
}

}  // namespace

std::string similarity_cannot(const Shape& shape, Type) {
  constexpr Index max_rows = 0xffffffff, max_dim = 1 << 24;
  if (shape[similarity::k] > max_best)
    return "k = " + std::to_string(shape[similarity::k]) + " is above " + std::to_string(max_best) +
           ", the most that the selection on the device keeps: use --k " + std::to_string(max_best) +
           " or less, or a CPU solver";
  if (shape[similarity::corpus] > max_rows)
    return "more than " + std::to_string(max_rows) +
           " corpus rows at a time: leave out --over-the-wall, which forbids cutting them, or use a CPU "
           "solver";
  if (shape[similarity::dim] > max_dim)
    return "rows are longer than " + std::to_string(max_dim) + " columns: use a CPU solver";
  return {};
}

DeviceSimilarity::DeviceSimilarity(const DevicePiece& piece)
    : corpus(matrix<const float>(piece.in[0])),
      queries(matrix<const float>(piece.in[1])),
      state(ranked_rows(piece.state)),
      out(ranked_rows(piece.out)),
      k(static_cast<int>(piece.shape[similarity::k])),
      first(piece.shape[similarity::corpus] == piece.whole[similarity::corpus] ? 0 : piece.first),
      start(piece.start),
      last(piece.last) {
  if (const std::string why = similarity_cannot(piece.shape, Type::f32); !why.empty())
    throw std::invalid_argument(why);
}

void queue_unit_rows(DeviceContext& context, const Matrix<const float>& rows, float* units, Index padded,
                     Index stride) {
  if (rows.cols < long_vector)
    launch("unit_rows_kernel", unit_rows_kernel<32>, grid_of(context, padded, warps_of_block), context.stream,
           rows.data, rows.rows, rows.cols, units, padded, stride);
  else
    launch("unit_rows_kernel", unit_rows_kernel<norm_threads>, grid_of(context, padded, 1), context.stream,
           rows.data, rows.rows, rows.cols, units, padded, stride);
}

void queue_row_scales(DeviceContext& context, const Matrix<const float>& rows, RowScale* scales) {
  if (rows.cols < long_vector)
    launch("row_scales_kernel", row_scales_kernel<32>, grid_of(context, rows.rows, warps_of_block),
           context.stream, rows.data, rows.rows, rows.cols, scales);
  else
    launch("row_scales_kernel", row_scales_kernel<norm_threads>, grid_of(context, rows.rows, 1),
           context.stream, rows.data, rows.rows, rows.cols, scales);
}

void queue_selection(DeviceContext& context, const ScoreTile& tile, const KeyLists& lists, Index segment,
                     bool fresh) {
  launch("select_kernel", select_kernel, grid_of(context, tile.queries * lists.splits, warps_of_block),
         context.stream, tile, lists, segment, fresh);
}

void queue_merge(DeviceContext& context, const DeviceSimilarity& piece, const KeyLists& lists, Index query,
                 Index count) {
  const auto from = [&](const RankedRows& rows) {
    return RankedRows{rows.index + query * piece.k, rows.score + query * piece.k};
  };
  launch("merge_kernel", merge_kernel, grid_of(context, count, warps_of_block), context.stream, lists, count,
         piece.first, from(piece.state), from(piece.out), piece.start, piece.last);
}

}  // namespace crossover::gpu
