// What one device and the link to it can do: the ceilings that measured rows are read against, and the
// device's part of a machine's profile.
#pragma once

#include <functional>

#include "common/backend.hpp"

namespace crossover::gpu {

/// Launches, allocations, page-locking, copies by size, direction and kind of host memory, copies on the
/// device, reads of its memory and of its L2 by a kernel (a copy engine understates them), multiply-adds in
/// f32 and f64, FP32 products where there is a cuBLAS: single timed events by the host's steady clock. `tell`
/// is called as soon as each is measured. About 20 s on a large device; less memory than that of a large one,
/// or a slow one, is measured with less work. Throws OutOfMemory, DeviceLost or std::runtime_error (also
/// where a kernel has not done what was asked for).
void measure_limits(int device, const std::function<void(const LimitSamples&)>& tell);

}  // namespace crossover::gpu
