#pragma once

#include "common/array.hpp"

namespace crossover::gpu {

constexpr unsigned combine_threads = 256;

template <class T>
__global__ void fill_kernel(T* values, int count, T value) {
  const auto i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) values[i] = value;
}

/// A row's blocks of `length` columns, the last of which may be shorter, and their sums as the library has
/// them.
template <class T>
struct BlockSums {
  const T* values;
  Index rows, cols, length;
  const T* sums;  // rows x blocks
  Index blocks;

  /// One block's sum. Where T did not hold it, or the block is not finite, it is added again in f64.
  __device__ double sum(Index row, Index block) const {
    const auto known = static_cast<double>(sums[row * blocks + block]);
    if (known - known == 0) return known;
    const Index begin = block * length, end = begin + length < cols ? begin + length : cols;
    double sum = 0;
    for (Index j = begin; j < end; ++j) sum += static_cast<double>(values[row * cols + j]);
    return sum;
  }
};

/// means[i] = the blocks' sums of row i, added in f64, / cols. A row is in the hands of `Threads` neighbours,
/// a warp or the whole block. Grid: any number of blocks of combine_threads.
template <unsigned Threads, class T>
__global__ void combine_kernel(BlockSums<T> from, T* means) {
  constexpr unsigned rows_of_block = combine_threads / Threads;
  const unsigned mine = threadIdx.x % Threads;
  for (Index row = static_cast<Index>(blockIdx.x) * rows_of_block + threadIdx.x / Threads; row < from.rows;
       row += static_cast<Index>(gridDim.x) * rows_of_block) {
    double sum = 0;
    for (Index block = mine; block < from.blocks; block += Threads) sum += from.sum(row, block);
    for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffU, sum, distance);
    if constexpr (Threads > 32) {
      __shared__ double parts[Threads / 32];
      if (mine % 32 == 0) parts[mine / 32] = sum;
      __syncthreads();
      sum = 0;
      for (unsigned i = 0; i < Threads / 32; ++i) sum += parts[i];
      __syncthreads();  // the next row's parts go to the same place
    }
    if (mine == 0) means[row] = static_cast<T>(sum / static_cast<double>(from.cols));
  }
}

}  // namespace crossover::gpu
