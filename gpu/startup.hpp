// What a process pays for once before a device answers, in parts.
#pragma once

#include "common/backend.hpp"

namespace crossover::gpu {

class Cublas;

/// This process's handle on a device, made when first asked for, kept to the end. Throws Unavailable where
/// the library is not installed.
Cublas& cublas_handle(int device);

/// "driver", "context" and "kernel" (the first one loads the module); for a solver of cuBLAS also "library"
/// and "product". A part throws Unavailable with the reason, OutOfMemory or DeviceLost.
std::vector<StartupPart> startup_parts(const Task&);

}  // namespace crossover::gpu
