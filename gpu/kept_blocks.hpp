// An allocator for Thrust over memory that is kept from call to call, whatever Thrust's device is.
#pragma once

#include <cstddef>

#include "gpu/temporary_memory.hpp"

namespace crossover::gpu {

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

}  // namespace crossover::gpu
