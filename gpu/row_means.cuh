// Sums of rows, by how long they are:
//   up to 32 columns   a block loads a contiguous tile of rows into shared memory, a thread adds up each row
//   up to 2048         4 to 32 lanes add up a row, so that a lane has up to four 16-byte loads in flight
//   longer             a block adds up a row, or where rows are few a part of it, and a second pass the parts
// f32 is added in fours, then in f64: a conversion and an f64 addition for each element would be the limit on
// devices with one f64 unit for 64 of f32. A thread whose fours overflow or are not finite adds in f64 again.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/array.hpp"
#include "gpu/long_sum.cuh"

namespace crossover::gpu {

inline constexpr unsigned row_threads = 256;   // of a block
inline constexpr unsigned tile_threads = 128;  // of a block of the tile kernel
inline constexpr Index tile_bytes = 16384;

/// A 16-byte load.
template <class T>
struct Wide;

template <>
struct Wide<float> {
  using Load = float4;
  static constexpr int width = 4;
  static __device__ double sum(const Load& load) {
    return static_cast<double>((load.x + load.y) + (load.z + load.w));
  }
  static __device__ double exact_sum(const Load& load) {
    return (static_cast<double>(load.x) + static_cast<double>(load.y)) +
           (static_cast<double>(load.z) + static_cast<double>(load.w));
  }
};

template <>
struct Wide<double> {
  using Load = double2;
  static constexpr int width = 2;
  static __device__ double sum(const Load& load) { return load.x + load.y; }
};

/// Elements from `values` up to the next 16-byte boundary.
template <class T>
__device__ inline int to_boundary(const T* values) {
  return static_cast<int>((16 - reinterpret_cast<std::uintptr_t>(values) % 16) % 16 / sizeof(T));
}

/// The share of `thread` in the sum of `values`, which `threads` neighbours add up; in f64 throughout.
template <class T>
__device__ double plain_share(const T* values, Index count, unsigned thread, unsigned threads) {
  LongSum sum;
#pragma unroll 1  // more only takes registers
  for (Index i = thread; i < count; i += threads) sum.add(static_cast<double>(values[i]));
  return sum.total();
}

/// The same 16 bytes at a time, four loads in flight; other elements are a thread's own. At least 4 threads.
template <class T>
__device__ double wide_share(const T* values, Index count, unsigned thread, unsigned threads) {
  using Load = typename Wide<T>::Load;
  constexpr int width = Wide<T>::width;
  constexpr int loads_of_block = 256;  // added up without looking at what is lost
  const int boundary = to_boundary(values);
  const Index head = boundary < count ? boundary : count, loads = (count - head) / width;
  const Index tail = head + loads * width;
  const Load* const wide = reinterpret_cast<const Load*>(values + head);

  double ends = 0;
  if (thread < head) ends += static_cast<double>(values[thread]);
  if (tail + thread < count) ends += static_cast<double>(values[tail + thread]);

  LongSum sum;
  Index i = thread;
  const Index step = 4 * Index{threads}, end = loads - 3 * Index{threads};
  while (i < end) {
    double block = 0;
#pragma unroll 1
    for (int n = 0; n < loads_of_block && i < end; n += 4, i += step) {
      const Load a = wide[i], b = wide[i + threads], c = wide[i + 2 * threads], d = wide[i + 3 * threads];
      block += (Wide<T>::sum(a) + Wide<T>::sum(b)) + (Wide<T>::sum(c) + Wide<T>::sum(d));
    }
    sum.add(block);
  }
  const Load none{};  // up to three are left
  const Load a = i < loads ? wide[i] : none, b = i + threads < loads ? wide[i + threads] : none,
             c = i + 2 * threads < loads ? wide[i + 2 * threads] : none;
  sum.add((Wide<T>::sum(a) + Wide<T>::sum(b)) + (Wide<T>::sum(c) + ends));
  if constexpr (width == 4)
    if (!std::isfinite(sum.total())) {
      sum = LongSum();
      sum.add(ends);
#pragma unroll 1
      for (i = thread; i < loads; i += threads) sum.add(Wide<T>::exact_sum(wide[i]));
    }
  return sum.total();
}

/// The sum of `value` over groups of `lanes` neighbours, in each of them; every lane of the warp calls.
__device__ inline double sum_of_lanes(double value, unsigned lanes) {
  for (unsigned distance = lanes / 2; distance > 0; distance /= 2)
    value += __shfl_xor_sync(0xffffffffU, value, static_cast<int>(distance));
  return value;
}

/// The sum of `value` over a block of row_threads, in thread 0. `buffer`: 0 and 1 in turn where it is called
/// again and again, so that the one barrier suffices.
__device__ inline double sum_of_block(double value, unsigned buffer) {
  constexpr unsigned warps = row_threads / 32;
  __shared__ double parts[2][warps];
  value = sum_of_lanes(value, 32);
  if (threadIdx.x % 32 == 0) parts[buffer][threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x != 0) return 0;
  double sum = 0;
  for (unsigned warp = 0; warp < warps; ++warp) sum += parts[buffer][warp];
  return sum;
}

/// The sum of a row in shared memory. Begins at column `start` and goes around: threads that begin at
/// different columns use different banks.
template <class T>
__device__ double sum_of_tile_row(const T* row, int cols, int start) {
  double sum = 0;
  int column = start, left = cols;
  const auto next = [&] {
    const T value = row[column];
    column = column + 1 < cols ? column + 1 : 0;
    return value;
  };
  if constexpr (Wide<T>::width == 4)
    for (; left >= 4; left -= 4) {
      const float a = next(), b = next(), c = next(), d = next();
      sum += static_cast<double>((a + b) + (c + d));
    }
  for (; left > 0; --left) sum += static_cast<double>(next());
  if constexpr (Wide<T>::width == 4)
    if (!std::isfinite(sum)) return plain_share(row, cols, 0, 1);
  return sum;
}

/// Grid: any number of blocks of tile_threads. At most `tile_bytes` of columns.
template <class T>
__global__ void __launch_bounds__(tile_threads)
    tile_kernel(const T* values, Index rows, int cols, Index rows_of_tile, T* mean) {
  using Load = typename Wide<T>::Load;
  constexpr int width = Wide<T>::width;
  __shared__ Load tile[tile_bytes / sizeof(Load) + 1];
  const auto thread = static_cast<int>(threadIdx.x);
  T* const elements = reinterpret_cast<T*>(tile);

  for (Index first = blockIdx.x * rows_of_tile; first < rows; first += gridDim.x * rows_of_tile) {
    const T* const begin = values + first * cols;
    const int here = static_cast<int>(rows - first < rows_of_tile ? rows - first : rows_of_tile);
    // The tile lies in shared memory as it does in memory: `phase` elements behind a 16-byte boundary.
    const int phase = (width - to_boundary(begin)) % width, end = phase + here * cols;
    const T* const aligned = begin - phase;
    const int first_load = phase > 0 ? 1 : 0, end_load = end / width;
    const int head_end = first_load * width < end ? first_load * width : end;
    const int tail = end_load > first_load ? end_load * width : head_end;
    if (phase + thread < head_end) elements[phase + thread] = aligned[phase + thread];
    if (tail + thread < end) elements[tail + thread] = aligned[tail + thread];
    const Load* const wide = reinterpret_cast<const Load*>(aligned);
    constexpr int in_flight = 4, step = static_cast<int>(tile_threads);
    for (int i = first_load + thread; i < end_load; i += in_flight * step) {
      Load loaded[in_flight];
#pragma unroll
      for (int j = 0; j < in_flight; ++j)
        if (i + j * step < end_load) loaded[j] = wide[i + j * step];
#pragma unroll
      for (int j = 0; j < in_flight; ++j)
        if (i + j * step < end_load) tile[i + j * step] = loaded[j];
    }
    __syncthreads();
    for (int row = thread; row < here; row += static_cast<int>(tile_threads))
      mean[first + row] =
          static_cast<T>(sum_of_tile_row(elements + phase + row * cols, cols, row % cols) / cols);
    __syncthreads();
  }
}

/// Grid: any number of blocks of row_threads. `Lanes` neighbours for a row.
template <unsigned Lanes, class T>
__global__ void __launch_bounds__(row_threads)
    lanes_kernel(const T* values, Index rows, Index cols, T* mean) {
  constexpr unsigned rows_of_block = row_threads / Lanes;
  const unsigned lane = threadIdx.x % Lanes, own = threadIdx.x / Lanes;
  for (Index first = Index{blockIdx.x} * rows_of_block; first < rows;
       first += Index{gridDim.x} * rows_of_block) {
    const Index row = first + own;
    double sum = 0;
    if (row < rows) sum = wide_share(values + row * cols, cols, lane, Lanes);
    sum = sum_of_lanes(sum, Lanes);
    if (row < rows && lane == 0) mean[row] = static_cast<T>(sum / static_cast<double>(cols));
  }
}

/// Grid: any number of blocks of row_threads, each takes every gridDim-th row.
template <class T>
__global__ void __launch_bounds__(row_threads)
    block_kernel(const T* values, Index rows, Index cols, T* mean) {
  unsigned buffer = 0;
  for (Index row = blockIdx.x; row < rows; row += gridDim.x, buffer ^= 1) {
    const double sum = sum_of_block(wide_share(values + row * cols, cols, threadIdx.x, row_threads), buffer);
    if (threadIdx.x == 0) mean[row] = static_cast<T>(sum / static_cast<double>(cols));
  }
}

/// Grid: rows x parts blocks of row_threads; sums[row][part]: of `length` columns, the last one's of what is
/// left.
template <class T>
__global__ void __launch_bounds__(row_threads)
    part_kernel(const T* values, Index cols, Index parts, Index length, double* sums) {
  const Index row = blockIdx.x / parts, begin = blockIdx.x % parts * length;
  const Index count = cols - begin < length ? cols - begin : length;
  const double sum =
      sum_of_block(wide_share(values + row * cols + begin, count, threadIdx.x, row_threads), 0);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

/// Grid: a block of 32 threads for each row.
template <class T>
__global__ void __launch_bounds__(32) join_kernel(const double* sums, Index cols, Index parts, T* mean) {
  const double sum = sum_of_lanes(plain_share(sums + blockIdx.x * parts, parts, threadIdx.x, 32), 32);
  if (threadIdx.x == 0) mean[blockIdx.x] = static_cast<T>(sum / static_cast<double>(cols));
}

}  // namespace crossover::gpu
