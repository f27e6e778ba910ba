// How Thrust's algorithms are run: in a context's stream, on raw pointers, which it reads 16 bytes at a time.
// Each call allocates and frees temporary memory and waits for its result.
#pragma once

#include <thrust/system/cuda/execution_policy.h>

#include "gpu/context.hpp"
#include "gpu/kept_blocks.hpp"

namespace crossover::gpu {

/// Thrust's own allocator: a call into CUDA for each temporary block.
inline auto thrust_policy(const DeviceContext& context) { return thrust::cuda::par.on(context.stream); }

inline auto thrust_policy(const DeviceContext& context, KeptBlocks& blocks) {
  return thrust::cuda::par(blocks).on(context.stream);
}

}  // namespace crossover::gpu
