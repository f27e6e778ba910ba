// Row means as CUB's segmented reduction, a row being a segment: a block of 256 threads for each row, however
// long it is. Values are turned into f64 as they are read, because CUB adds in the type of what it reads and
// of the initial value; the means are computed as the sums are written.
//
// The size of CUB's temporary memory can only be asked with a device. It is one byte, of which
// nothing is used (cub/device/dispatch/dispatch_reduce.cuh, DispatchSegmentedReduce, CUB 3.0.1).
#include <cub/device/device_segmented_reduce.cuh>
#include <cub/version.cuh>

#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/iterator/transform_output_iterator.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "gpu/check.hpp"
#include "gpu/row_means_functors.cuh"
#include "gpu/solvers.hpp"

namespace crossover::gpu {
namespace {

constexpr std::size_t segments_bytes = 256;

/// Segments that one call takes: before CUB 3 they were counted in 32 bits.
constexpr Index most_rows = CUB_VERSION >= 300000 ? std::numeric_limits<Index>::max()
                                                  : Index{std::numeric_limits<std::int32_t>::max()};

template <class T>
void solve_rows(const DeviceContext& context, std::span<std::byte> memory, const T* values, Index rows,
                Index cols, T* mean) {
  const auto begins = thrust::make_transform_iterator(thrust::counting_iterator<Index>(0), BeginOfRow{cols});
  const auto in = thrust::make_transform_iterator(values, InDouble());
  const auto out = thrust::make_transform_output_iterator(mean, MeanOfSum<T>{static_cast<double>(cols)});
  const auto call = [&](void* temporary, std::size_t& bytes) {
    return cub::DeviceSegmentedReduce::Reduce(temporary, bytes, in, out, rows, begins, begins + 1,
                                              AddDoubles(), 0.0, context.stream);
  };
  std::size_t bytes = memory.size(), needed = 0;
  const cudaError_t status = call(memory.data(), bytes);
  if (status == cudaErrorInvalidValue && call(nullptr, needed) == cudaSuccess && needed > bytes) {
    cudaGetLastError();
    throw std::logic_error("CUB asks for " + std::to_string(needed) + " bytes, foreseen were " +
                           std::to_string(bytes));
  }
  check(status, "cub::DeviceSegmentedReduce");
}

void solve(DeviceContext& context, const DevicePiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    T* const mean = vector<T>(piece.out[0]).data();
    for (Index first = 0, rows; first < values.rows; first += rows) {
      rows = std::min(most_rows, values.rows - first);
      solve_rows(context, piece.workspace, values.row(first), rows, values.cols, mean + first);
    }
  });
}

}  // namespace

std::vector<DeviceSolver> row_means_cub_solvers() {
  return {{{.problem = "row_means",
            .name = "cub",
            .strategy = "DeviceSegmentedReduce, a block for each row, with f64 sums",
            .threaded = false,
            .workspace = [](const Shape&, Type, const Limits&) { return segments_bytes; }},
           solve}};
}

}  // namespace crossover::gpu
