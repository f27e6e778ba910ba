// What the run has seen so far, and the time that it has left, say about a case that was not yet run.
#pragma once

#include <span>

#include "bench/plan/plan.hpp"

namespace crossover {

/// Fills outcome and reason where the group's deadline is over. False where it is not.
bool settle_without_time(Row&, const Group&, double now_s);

/// True where the largest of the smaller shapes of the same case shows that a call that begins at `now_s`
/// would exceed its limit: it was too slow itself, or the case is called once and has no forecast from
/// pieces. Then fills outcome, reason and forecast, in proportion to the operations. Else fills nothing.
bool settle_by_smaller(Row&, const Group&, std::span<const Row> earlier, double now_s);

}  // namespace crossover
