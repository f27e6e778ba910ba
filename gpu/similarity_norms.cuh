// Lengths of rows, and rows scaled to length 1. Squares are summed in f64, so that rows of 1e30, of 1e-30 and
// of denormals neither overflow nor vanish. A row of zeros stays one; a row that is not finite becomes NaN
// throughout, so that it scores NaN against everything. The order of the sum depends on dim alone: equal rows
// become equal rows wherever they stand.
#pragma once

#include <cmath>

#include "gpu/similarity.hpp"

namespace crossover::gpu {

constexpr unsigned norm_threads = 256;

/// The sum of a row's squares, in all of its threads. A row is in the hands of `Threads` neighbours, a warp
/// or the whole block, of which this is the `mine`-th.
template <unsigned Threads>
__device__ double sum_of_squares(const float* row, Index dim, unsigned mine) {
  double squares = 0;
  for (Index j = mine; j < dim; j += Threads) {
    const auto value = static_cast<double>(row[j]);
    squares = fma(value, value, squares);
  }
  for (int distance = 16; distance > 0; distance /= 2)
    squares += __shfl_xor_sync(0xffffffffU, squares, distance);
  if constexpr (Threads > 32) {
    __shared__ double parts[Threads / 32];
    if (mine % 32 == 0) parts[mine / 32] = squares;
    __syncthreads();
    squares = 0;
    for (unsigned i = 0; i < Threads / 32; ++i) squares += parts[i];
    __syncthreads();  // the next row's parts go to the same place
  }
  return squares;
}

constexpr bool is_finite(double squares) { return squares - squares == 0; }

/// units[i][j] = rows[i][j] / |rows[i]| for i < count, zeros in the columns from dim to stride and in the
/// rows from count to padded. Grid: any number of blocks of norm_threads.
template <unsigned Threads>
__global__ void unit_rows_kernel(const float* rows, Index count, Index dim, float* units, Index padded,
                                 Index stride) {
  constexpr unsigned rows_of_block = norm_threads / Threads;
  const unsigned mine = threadIdx.x % Threads;
  for (Index i = static_cast<Index>(blockIdx.x) * rows_of_block + threadIdx.x / Threads; i < padded;
       i += static_cast<Index>(gridDim.x) * rows_of_block) {
    const bool exists = i < count;
    const float* const row = rows + (exists ? i * dim : 0);
    const double squares = sum_of_squares<Threads>(row, exists ? dim : 0, mine);
    const double factor = !is_finite(squares) ? squares - squares : squares == 0 ? 0 : 1 / sqrt(squares);
    for (Index j = mine; j < stride; j += Threads)
      units[i * stride + j] =
          exists && j < dim ? static_cast<float>(static_cast<double>(row[j]) * factor) : 0.0F;
  }
}

__device__ inline RowScale row_scale(double squares) {
  if (!is_finite(squares)) {
    const float nan = __uint_as_float(0x7fc00000U);
    return {nan, nan};
  }
  if (squares == 0) return {1, 0};
  const double length = sqrt(squares);
  const auto exponent = static_cast<int>(__double_as_longlong(length) >> 52) - 1023;
  const int shift = exponent < -126 ? 126 : exponent > 126 ? -126 : -exponent;
  const float scale = __uint_as_float(static_cast<unsigned>(127 + shift) << 23);
  return {scale, static_cast<float>(1 / (length * static_cast<double>(scale)))};
}

/// Grid: any number of blocks of norm_threads.
template <unsigned Threads>
__global__ void row_scales_kernel(const float* rows, Index count, Index dim, RowScale* scales) {
  constexpr unsigned rows_of_block = norm_threads / Threads;
  const unsigned mine = threadIdx.x % Threads;
  for (Index i = static_cast<Index>(blockIdx.x) * rows_of_block + threadIdx.x / Threads; i < count;
       i += static_cast<Index>(gridDim.x) * rows_of_block) {
    const double squares = sum_of_squares<Threads>(rows + i * dim, dim, mine);
    if (mine == 0) scales[i] = row_scale(squares);
  }
}

}  // namespace crossover::gpu
