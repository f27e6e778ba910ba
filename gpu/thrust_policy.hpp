// How Thrust's algorithms are run: in a context's stream, on raw pointers, which it reads 16 bytes at a time.
// Each call allocates and frees temporary memory and waits for its result.
#pragma once

#include <thrust/system/cuda/execution_policy.h>

#include "gpu/context.hpp"
#include "gpu/temporary_memory.hpp"

namespace crossover::gpu {

/// Thrust's own allocator: a call into CUDA for each temporary block.
inline auto thrust_policy(const DeviceContext& context) { return thrust::cuda::par.on(context.stream); }

/// Gives Thrust blocks that are kept from call to call. Outlives the policies made of it.
class KeptBlocks {
 public:
  using value_type = std::byte;

  explicit KeptBlocks(TemporaryMemory& memory) : memory_(memory) {}
  std::byte* allocate(std::ptrdiff_t bytes) { return memory_.allocate(static_cast<std::size_t>(bytes)); }
  void deallocate(std::byte* data, std::size_t bytes) { memory_.deallocate(data, bytes); }

 private:
  TemporaryMemory& memory_;
};

inline auto thrust_policy(const DeviceContext& context, KeptBlocks& blocks) {
  return thrust::cuda::par(blocks).on(context.stream);
}

}  // namespace crossover::gpu
