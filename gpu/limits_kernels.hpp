// Kernels that do one thing only, as often as a device can: what measured rows are held against. Both leave
// results that say whether everything asked for was done.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace crossover::gpu {

inline constexpr unsigned limits_threads = 256;  ///< of a block
inline constexpr int multiply_add_chains = 8;    ///< of a thread, independent of each other

/// Queues the reading of `words` 32-bit words at `from` (16-byte aligned, a multiple of 4), `passes` times
/// and past L1. sums[thread] is what the thread read, added up modulo 2^32; there are blocks x
/// limits_threads.
cudaError_t read_words(const std::uint32_t* from, std::size_t words, int passes, std::uint32_t* sums,
                       unsigned blocks, cudaStream_t);

/// Queues blocks x limits_threads threads that do x = x * factor + term `steps` times on each of their
/// chains, which start at 0, 1, 2, ...; sums[thread] is the sum of its chains.
cudaError_t multiply_add(float* sums, float factor, float term, int steps, unsigned blocks, cudaStream_t);
cudaError_t multiply_add(double* sums, double factor, double term, int steps, unsigned blocks, cudaStream_t);

}  // namespace crossover::gpu
