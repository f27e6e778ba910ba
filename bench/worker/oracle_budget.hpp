// What checking a group's answers may cost.
#pragma once

#include <span>

#include "bench/plan/plan.hpp"

namespace crossover {

/// Operations of the oracle: 2e9 for a case, fewer where its references would fill the memory that the cases
/// leave. `needs`: one for each case.
double affordable_operations(const Group&, std::span<const Need> needs);

}  // namespace crossover
