// The measuring core: takes open executions, decides which call is timed when, and stops when the
// question is answered. It runs in a worker and knows no process, no file and no real clock, so that
// tests drive it with a scripted one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bench/measure/cache_state.hpp"
#include "bench/measure/timed_call.hpp"

namespace crossover {

/// Calls before sampling that choose the baseline, where the budget allows; the first is verified.
inline constexpr int pilot_samples = 9;

struct Sampling {
  double budget_s = 5;  ///< per case, everything that is run for it included
  double precision = 0.03;
  int min_samples = 8;
  int most_samples = 1 << 14;
  int pilots = pilot_samples;
  Cache cache = Cache::warm;
  bool interleave = true;  ///< false: cases take turns every samples_in_a_row (warm caches)
  bool split = false;      ///< each sample of a call of several steps is one of its phases instead
  std::uint64_t seed = 1;
};

/// Samples all subjects until each is decided against the baseline, precise, or out of budget.
/// Subjects that fail are reported and dropped; the others go on. DeviceLost ends the whole.
void sample_all(const World&, std::vector<Subject> subjects, const Oracle&, const Sampling&);

}  // namespace crossover
