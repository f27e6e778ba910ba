#include "gpu/launch.hpp"
#include "gpu/probe.cuh"

namespace crossover::gpu {

cudaError_t probe(std::uint64_t* values, unsigned count, cudaStream_t stream) {
  constexpr unsigned threads = 64;
  return try_launch(probe_kernel, {.blocks = (count + threads - 1) / threads, .threads = threads}, stream,
                    values, count);
}

}  // namespace crossover::gpu
