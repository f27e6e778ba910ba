// What the run has seen so far, and the time that it has left, say about a case that was not yet run.
#pragma once

#include <span>

#include "bench/plan/plan.hpp"

namespace crossover {

/// Fills outcome and reason where the group's deadline is over. False where it is not.
bool settle_without_time(Row&, const Group&, double now_s);

/// Fills outcome, reason and forecast of a planned row where the same solver, at a shape that is nowhere
/// longer, took or was forecast to take so much that this call, which has that one's work as a part, takes
/// longer than one that begins `now_s` may. The forecast grows with the operations. False where the case has
/// to be run or forecast from pieces; then nothing is filled.
bool settle_by_smaller(Row&, const Group&, std::span<const Row> earlier, double now_s);

}  // namespace crossover
