// What the tests of solvers on a device share: the solvers, and the limits they are given.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "gpu/availability.hpp"
#include "gpu/device.hpp"
#include "gpu/device_memory.hpp"
#include "tests/cuda/must_run.hpp"
#include "tests/device_runner.hpp"

namespace crossover::test {

inline std::string why_no_device() { return gpu::reason(gpu::attempt(0)); }

/// For checkers of memory and races, under which kernels are slow.
inline bool tiny() {
  const char* const wanted = std::getenv("CROSSOVER_TEST_SIZES");
  return wanted && std::string_view(wanted) == "tiny";
}

/// A pretended device: kernels loop, and products, tiles and parts are many, at the sizes of tests.
inline constexpr Limits small_device{.cache_bytes = 64 << 10, .multiprocessors = 3};

inline Limits device_limits() { return gpu::describe(0).limits.value_or(Limits{}); }

/// One alone where there is no device: its skip says why for all.
inline std::vector<const DeviceSolver*> solvers_on_device() {
  if (!why_no_device().empty()) return {&gpu::device_solvers().front().front()};
  std::vector<const DeviceSolver*> all;
  for (const std::vector<DeviceSolver>& list : gpu::device_solvers())
    for (const DeviceSolver& solver : list) all.push_back(&solver);
  return all;
}

}  // namespace crossover::test
