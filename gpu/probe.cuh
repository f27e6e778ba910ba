#pragma once

#include "gpu/probe.hpp"

namespace crossover::gpu {

__global__ void probe_kernel(std::uint64_t* values, unsigned count) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) values[i] = probe_value(i);
}

}  // namespace crossover::gpu
