// Stands in for gpu/thrust_policy.hpp where Thrust's device is OpenMP: the same names, found first on the
// include path.
#pragma once

#include <thrust/system/omp/execution_policy.h>

#include "gpu/context.hpp"
#include "gpu/temporary_memory.hpp"

namespace crossover::gpu {

inline auto thrust_policy(const DeviceContext&) { return thrust::omp::par; }

class KeptBlocks {
 public:
  using value_type = std::byte;

  explicit KeptBlocks(TemporaryMemory& memory) : memory_(memory) {}
  std::byte* allocate(std::ptrdiff_t bytes) { return memory_.allocate(static_cast<std::size_t>(bytes)); }
  void deallocate(std::byte* data, std::size_t bytes) { memory_.deallocate(data, bytes); }

 private:
  TemporaryMemory& memory_;
};

inline auto thrust_policy(const DeviceContext&, KeptBlocks& blocks) { return thrust::omp::par(blocks); }

}  // namespace crossover::gpu
