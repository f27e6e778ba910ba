// The first kernel: does this build have code for the device, and does the device compute?
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace crossover::gpu {

/// What thread i writes: one step of a linear congruential generator (Knuth, MMIX), seeded with i.
constexpr std::uint64_t probe_value(std::uint64_t i) {
  return i * 6364136223846793005U + 1442695040888963407U;
}

/// Queues a kernel that writes probe_value(i) to values[i] for all i < count; `values` is device memory.
/// Returns the launch's error, for the caller to judge.
cudaError_t probe(std::uint64_t* values, unsigned count, cudaStream_t stream);

}  // namespace crossover::gpu
