// What becomes of a test that cannot run on this machine.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

namespace crossover::test {

/// Set by bench/on_device: there, what cannot run for want of a device or of a library is a failure.
inline bool must_run() { return std::getenv("CROSSOVER_TESTS_MUST_RUN") != nullptr; }

/// Leaves the test: skipped, or failed where it must run.
#define CROSSOVER_CANNOT_RUN(why)                   \
  do {                                              \
    if (crossover::test::must_run()) FAIL() << why; \
    GTEST_SKIP() << why;                            \
  } while (false)

}  // namespace crossover::test
