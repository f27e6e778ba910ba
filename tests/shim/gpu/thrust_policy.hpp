// Stands in for gpu/thrust_policy.hpp where Thrust's device is OpenMP: the same names, found first on the
// include path.
#pragma once

#include <thrust/system/omp/execution_policy.h>

#include "gpu/context.hpp"
#include "gpu/kept_blocks.hpp"

namespace crossover::gpu {

inline auto thrust_policy(const DeviceContext&) { return thrust::omp::par; }

inline auto thrust_policy(const DeviceContext&, KeptBlocks& blocks) { return thrust::omp::par(blocks); }

}  // namespace crossover::gpu
