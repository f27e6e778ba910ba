// Row means by kernels of our own. Each element is read once, so all that counts is to keep enough loads in
// flight whatever the shape: which kernel does, and with how many threads for a row, is chosen here.
#include "gpu/row_means.cuh"

#include <algorithm>
#include <string>

#include "common/row_means.hpp"
#include "gpu/launch.hpp"
#include "gpu/solvers.hpp"
#include "gpu/workspace_size.hpp"

namespace crossover::gpu {
namespace {

constexpr Index short_row = 32, long_row = 2048;  // columns: the last of each kind
constexpr Index blocks_of_multiprocessor = 8;     // kernels loop where there is more to do
constexpr Index tiles_of_multiprocessor = 32;
constexpr Index parts_of_multiprocessor = 4;  // where rows are few, at least so many blocks
constexpr Index part_step = 32;               // columns: parts are whole 128-byte lines where rows are

Index multiprocessors(const Limits& limits) { return std::max(1, limits.multiprocessors); }

/// How long rows are cut.
struct Parts {
  Index count = 1, length;

  Parts(const Shape& shape, const Limits& limits) : length(shape[row_means::cols]) {
    const Index wanted = multiprocessors(limits) * parts_of_multiprocessor, rows = shape[row_means::rows];
    if (length <= long_row || rows >= wanted) return;
    const Index cols = length, most = std::min(ceil_div(wanted, rows), ceil_div(cols, long_row));
    length = rounded_up(ceil_div(cols, most), part_step);
    count = ceil_div(cols, length);
  }
};

std::size_t workspace(const Shape& shape, Type, const Limits& limits) {
  const Parts parts(shape, limits);
  WorkspaceSize size;
  if (parts.count > 1) size.add(shape[row_means::rows], parts.count, sizeof(double));
  return size.total();
}

unsigned bounded(Index blocks, Index of_multiprocessor, const Limits& limits) {
  return static_cast<unsigned>(std::min(blocks, multiprocessors(limits) * of_multiprocessor));
}

template <unsigned Lanes, class T>
void solve_by_lanes(const DeviceContext& context, const Matrix<const T>& values, T* mean) {
  const unsigned blocks =
      bounded(ceil_div(values.rows, row_threads / Lanes), blocks_of_multiprocessor, context.limits);
  launch("lanes_kernel", lanes_kernel<Lanes, T>, {.blocks = blocks, .threads = row_threads}, context.stream,
         values.data, values.rows, values.cols, mean);
}

template <class T>
void solve_by_tiles(const DeviceContext& context, const Matrix<const T>& values, T* mean) {
  const Index rows_of_tile = tile_bytes / static_cast<Index>(sizeof(T)) / values.cols;
  const unsigned blocks =
      bounded(ceil_div(values.rows, rows_of_tile), tiles_of_multiprocessor, context.limits);
  launch("tile_kernel", tile_kernel<T>, {.blocks = blocks, .threads = tile_threads}, context.stream,
         values.data, values.rows, static_cast<int>(values.cols), rows_of_tile, mean);
}

template <class T>
void solve_by_blocks(const DeviceContext& context, const DevicePiece& piece, const Matrix<const T>& values,
                     T* mean) {
  const Parts parts(piece.shape, context.limits);
  if (parts.count == 1) {
    const unsigned blocks = bounded(values.rows, blocks_of_multiprocessor, context.limits);
    return launch("block_kernel", block_kernel<T>, {.blocks = blocks, .threads = row_threads}, context.stream,
                  values.data, values.rows, values.cols, mean);
  }
  auto* const sums = reinterpret_cast<double*>(piece.workspace.data());
  launch("part_kernel", part_kernel<T>,
         {.blocks = static_cast<unsigned>(values.rows * parts.count), .threads = row_threads}, context.stream,
         values.data, values.cols, parts.count, parts.length, sums);
  launch("join_kernel", join_kernel<T>, {.blocks = static_cast<unsigned>(values.rows), .threads = 32},
         context.stream, sums, values.cols, parts.count, mean);
}

template <class T>
void solve_typed(const DeviceContext& context, const DevicePiece& piece) {
  const Matrix<const T> values = matrix<const T>(piece.in[0]);
  T* const mean = vector<T>(piece.out[0]).data();
  const Index loads = ceil_div(values.cols, Wide<T>::width);  // of a row
  if (values.cols <= short_row) return solve_by_tiles(context, values, mean);
  if (values.cols > long_row) return solve_by_blocks(context, piece, values, mean);
  if (loads <= 16) return solve_by_lanes<4>(context, values, mean);
  if (loads <= 32) return solve_by_lanes<8>(context, values, mean);
  if (loads <= 64) return solve_by_lanes<16>(context, values, mean);
  return solve_by_lanes<32>(context, values, mean);
}

void solve(DeviceContext& context, const DevicePiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() { solve_typed<T>(context, piece); });
}

}  // namespace

std::vector<DeviceSolver> row_means_solvers() {
  return {{{.problem = "row_means",
            .name = "cuda",
            .strategy = "kernels for short, middle and long rows; few long rows in parts",
            .threaded = false,
            .workspace = workspace},
           solve}};
}

}  // namespace crossover::gpu
