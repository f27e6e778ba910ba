// The time that bandwidth and arithmetic allow, by a profile: where nothing else is known, and a bound where
// something is.
#pragma once

#include <string>

#include "bench/model/profile.hpp"
#include "common/solver.hpp"

namespace crossover {

struct Roofline {
  Figure seconds;
  std::string bound;  ///< "DRAM read", "FMA f32", "device memory read"; empty: the profile knows neither
};

/// The larger of reading the bytes, what fits a cache from there and the rest from the next level, and flops
/// / rate, with so many threads; with figures of the next larger number of threads where there are none of
/// that.
Roofline host_roofline(const Profile&, Type, int threads, double bytes, double flops);

/// The same on the device, whose levels are L2 and its memory. Without a launch.
Roofline device_roofline(const DeviceFigures&, Type, double bytes, double flops);

/// What solvers may count on there, for their workspaces.
Limits limits_of(const Profile&, int threads);

}  // namespace crossover
