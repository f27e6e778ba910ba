// Two cases at one size, a given number of blocks of them: what a search for crossings asks for, without the
// first calls, forecasts of others and second looks that a row of a run has. Each block is a sample of both:
// of calls, or of phases.
#pragma once

#include "bench/machine/machine.hpp"
#include "bench/measure/events.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/plan/plan.hpp"

namespace crossover {

struct PairJob {
  const Group& group;  ///< of two cases
  const Options& options;
  const Machine& machine;
  std::vector<Need> needs;  ///< of both
  int blocks;
  bool split = false;  ///< samples are of phases, where a call has several
};

/// So many blocks, whatever they take.
Sampling pair_sampling(const PairJob&);

/// Reports samples (kinds open, call or phases, and close) and failures as a group's process does. Both are
/// verified first; a call that is forecast to pass the timeout is a failure. Called in a process of its own.
void measure_pair(const PairJob&, const Report&);

}  // namespace crossover
