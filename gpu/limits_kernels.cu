#include "gpu/limits_kernels.hpp"

#include "gpu/launch.hpp"

namespace crossover::gpu {
namespace {

__global__ void __launch_bounds__(limits_threads)
    read_kernel(const uint4* from, std::size_t loads, int passes, std::uint32_t* sums) {
  constexpr int in_flight = 4;
  const std::size_t thread = std::size_t{blockIdx.x} * limits_threads + threadIdx.x,
                    threads = std::size_t{gridDim.x} * limits_threads;
  std::uint32_t sum = 0;
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t i = thread; i < loads; i += in_flight * threads) {
      uint4 loaded[in_flight] = {};
#pragma unroll
      for (int j = 0; j < in_flight; ++j)
        if (i + j * threads < loads) loaded[j] = __ldcg(from + i + j * threads);
#pragma unroll
      for (int j = 0; j < in_flight; ++j) sum += (loaded[j].x + loaded[j].y) + (loaded[j].z + loaded[j].w);
    }
  sums[thread] = sum;
}

template <class T>
__global__ void __launch_bounds__(limits_threads) multiply_add_kernel(T* sums, T factor, T term, int steps) {
  T chain[multiply_add_chains];
#pragma unroll
  for (int i = 0; i < multiply_add_chains; ++i) chain[i] = static_cast<T>(i);
#pragma unroll 4
  for (int step = 0; step < steps; ++step)
#pragma unroll
    for (int i = 0; i < multiply_add_chains; ++i) chain[i] = chain[i] * factor + term;
  T sum = 0;
#pragma unroll
  for (int i = 0; i < multiply_add_chains; ++i) sum += chain[i];
  sums[std::size_t{blockIdx.x} * limits_threads + threadIdx.x] = sum;
}

}  // namespace

cudaError_t read_words(const std::uint32_t* from, std::size_t words, int passes, std::uint32_t* sums,
                       unsigned blocks, cudaStream_t stream) {
  return try_launch(read_kernel, {.blocks = blocks, .threads = limits_threads}, stream,
                    reinterpret_cast<const uint4*>(from), words / 4, passes, sums);
}

cudaError_t multiply_add(float* sums, float factor, float term, int steps, unsigned blocks,
                         cudaStream_t stream) {
  return try_launch(multiply_add_kernel<float>, {.blocks = blocks, .threads = limits_threads}, stream, sums,
                    factor, term, steps);
}

cudaError_t multiply_add(double* sums, double factor, double term, int steps, unsigned blocks,
                         cudaStream_t stream) {
  return try_launch(multiply_add_kernel<double>, {.blocks = blocks, .threads = limits_threads}, stream, sums,
                    factor, term, steps);
}

}  // namespace crossover::gpu
