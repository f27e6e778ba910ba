// Holds that every barrier of the kernels of a test is needed, in each instantiation of a template by itself,
// and prints how many were caught.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>

#include "tests/shim/shim.hpp"

namespace crossover::test {

/// Each barrier that kernels have reached since shim::forget(), at least `least` of them: without it
/// notices(seed), which seeds the shim and runs those kernels again, is true for one of `seeds` seeds.
template <class Notices>
void expect_every_barrier_needed(std::size_t least, std::uint64_t seeds, Notices notices) {
  const std::vector<shim::Barrier> barriers = shim::barriers();
  EXPECT_GE(barriers.size(), least);
  struct Kernel {
    int barriers = 0, caught = 0;
    std::set<const void*> instances;
  };
  std::map<std::string, Kernel> kernels;
  for (const shim::Barrier& barrier : barriers) {
    const shim::Skipped skipped(barrier);
    bool noticed = false;
    for (std::uint64_t seed = 0; seed < seeds && !noticed; ++seed) noticed = notices(seed);
    EXPECT_TRUE(noticed) << "not needed: " << barrier.text();
    Kernel& kernel = kernels[barrier.kernel];
    ++kernel.barriers;
    kernel.caught += noticed;
    kernel.instances.insert(barrier.instance);
  }
  for (const auto& [name, kernel] : kernels)
    std::printf("[ BARRIERS ] %s: %d of %d caught, in %zu instantiation%s\n", name.c_str(), kernel.caught,
                kernel.barriers, kernel.instances.size(), kernel.instances.size() == 1 ? "" : "s");
}

}  // namespace crossover::test
