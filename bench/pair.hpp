// Two cases at one size, a given number of blocks of them: what a search for crossings asks for, without the
// first calls, forecasts of others and second looks that a row of a run has.
#pragma once

#include "bench/events.hpp"
#include "bench/machine.hpp"
#include "bench/plan.hpp"

namespace crossover {

struct PairJob {
  const Group& group;  ///< of two cases
  const Options& options;
  const Machine& machine;
  std::vector<Need> needs;  ///< of both
  int blocks;
};

/// Reports samples and failures as a group's process does. Both are verified first; a call that is forecast
/// to pass the timeout is a failure. Called in a process of its own.
void measure_pair(const PairJob&, const Report&);

}  // namespace crossover
