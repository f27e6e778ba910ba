// Which of the CPU's solvers a search takes where none was named.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/machine/machine.hpp"
#include "bench/plan/plan.hpp"
#include "bench/plan/probe.hpp"

namespace crossover {

/// Seconds of a pilot call at each size, the same sizes for all; empty where it could not run.
struct Pilots {
  std::string name;
  std::vector<Number> call_s;
};

/// The one that takes least, on the geometric mean over the sizes; of what could not run where another could,
/// it counts as a thousand times as long. Throws std::invalid_argument where none ran anywhere.
std::size_t fastest_of(std::span<const Pilots>);

/// The fastest of `hosts` by pilot calls, each in a process of its own, at the ends and the middle of
/// --vary's range; `note` is told which, and of how many. Throws UsageError where none can run,
/// SearchInterrupted.
Case measured_best(const Options&, const Machine&, std::span<const ProbedDevice>, std::span<const Case> hosts,
                   const std::function<void(const std::string&)>& note);

}  // namespace crossover
