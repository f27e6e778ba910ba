// What checking a group's answers may cost.
#pragma once

#include <span>

#include "bench/plan/plan.hpp"

namespace crossover {

/// Operations of the oracle, on `cpus` at once: 2e9, and enough for 64 outputs along the map axis (as
/// queries); for 8 where 64 would take longer than the group's measuring. Fewer where its references would
/// fill the memory that the cases leave. `needs`: one for each case.
double affordable_operations(const Group&, std::span<const Need> needs, int cpus);

}  // namespace crossover
