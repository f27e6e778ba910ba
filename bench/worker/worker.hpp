// What happens to one group, in a process of its own: inputs, oracle, forecasts, first calls, samples.
//
// The group's process fills the inputs once and forks: a process per case for its forecast and its first
// call, and one that samples the cases together. Children read the same pages (copy on write), so a child
// that dies costs the case it was in, and the inputs are still there for the next.
#pragma once

#include "bench/machine/machine.hpp"
#include "bench/measure/events.hpp"
#include "bench/plan/plan.hpp"

namespace crossover {

struct GroupJob {
  const Group& group;
  const Options& options;
  const Machine& machine;
  std::vector<bool> run;    ///< per case: false where it was refused or is unavailable
  std::vector<Need> needs;  ///< per case
  double launch_s = 0;      ///< from starting the program to its main, measured once
  std::string pci_bus{};    ///< of the GPU, for its energy; empty: none
};

/// Reports everything as events. Called in the group's process.
void measure_group(const GroupJob&, const Report&);

}  // namespace crossover
