// Row means as a matrix times a vector of ones. GEMV adds in the elements' own type, in an order of its own:
// of 1e6 columns in f32, more rounding error than the problem allows. So columns are taken in blocks of 256,
// one batch of GEMVs, and a kernel adds the blocks' sums in f64; a block whose sum f32 cannot hold is added
// again.
#include "gpu/row_means_cublas.cuh"

#include <algorithm>

#include "common/row_means.hpp"
#include "gpu/cublas.hpp"
#include "gpu/launch.hpp"
#include "gpu/solvers.hpp"
#include "gpu/workspace_size.hpp"

namespace crossover::gpu {
namespace {

constexpr Index block_columns = 256;
constexpr Index many_blocks = 1024;  // blocks; rows longer than that are combined by a block of threads
constexpr Index ending_blocks_of_multiprocessor =
    8;  // of threads; the kernel loops where there is more to do

/// Where the parts of the workspace lie.
struct ProductsPlan {
  Index whole_blocks, rest;  // blocks of block_columns, columns behind them
  Index blocks;              // with the rest's
  WorkspaceSize size;
  std::size_t ones, sums, library;

  ProductsPlan(const Shape& shape, Type type)
      : whole_blocks(shape[row_means::cols] / block_columns),
        rest(shape[row_means::cols] % block_columns),
        blocks(whole_blocks + (rest > 0)),
        ones(size.add(block_columns, 1, size_of(type))),
        sums(size.add(shape[row_means::rows], blocks, size_of(type))),
        library(size.add(1, Cublas::workspace_bytes + Cublas::workspace_alignment, 1)) {}
};

std::size_t products_workspace(const Shape& shape, Type type, const Limits&) {
  return ProductsPlan(shape, type).size.total();
}

template <class T>
void solve_typed(DeviceContext& context, const DevicePiece& piece) {
  const Matrix<const T> values = matrix<const T>(piece.in[0]);
  const ProductsPlan plan(piece.shape, type_of<T>);
  std::byte* const memory = piece.workspace.data();
  auto* const ones = reinterpret_cast<T*>(memory + plan.ones);
  auto* const sums = reinterpret_cast<T*>(memory + plan.sums);
  context.cublas->use(context.stream, Cublas::aligned(piece.workspace.subspan(plan.library)));

  launch("fill_kernel", fill_kernel<T>, {.blocks = 1, .threads = static_cast<unsigned>(block_columns)},
         context.stream, ones, static_cast<int>(block_columns), T{1});
  if (plan.whole_blocks > 0)
    context.cublas->block_sums(values.data, values.rows, values.cols, plan.whole_blocks, block_columns, ones,
                               sums, plan.blocks);
  if (plan.rest > 0)
    context.cublas->block_sums(values.data + plan.whole_blocks * block_columns, values.rows, values.cols, 1,
                               plan.rest, ones, sums + plan.whole_blocks, plan.blocks);

  const bool is_long = plan.blocks > many_blocks;
  const Index rows_of_block = is_long ? 1 : combine_threads / 32;
  const Index most = std::max(1, context.limits.multiprocessors) * ending_blocks_of_multiprocessor;
  launch("combine_kernel", is_long ? combine_kernel<combine_threads, T> : combine_kernel<32, T>,
         {.blocks = static_cast<unsigned>(std::min(most, ceil_div(values.rows, rows_of_block))),
          .threads = combine_threads},
         context.stream,
         BlockSums<T>{values.data, values.rows, values.cols, block_columns, sums, plan.blocks},
         vector<T>(piece.out[0]).data());
}

void solve_by_products(DeviceContext& context, const DevicePiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() { solve_typed<T>(context, piece); });
}

}  // namespace

std::vector<DeviceSolver> row_means_cublas_solvers() {
  return {{{.problem = "row_means",
            .name = "cublas",
            .strategy = "GEMV of cuBLAS with a vector of ones over blocks of 256 columns, added in f64",
            .threaded = false,
            .workspace = products_workspace,
            .library = "cuBLAS"},
           solve_by_products}};
}

}  // namespace crossover::gpu
