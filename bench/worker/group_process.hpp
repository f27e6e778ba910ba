// The process of a group, watched: what it tells becomes rows, and one that dies or says nothing in time
// costs its group alone.
#pragma once

#include <functional>

#include "bench/measure/events.hpp"
#include "bench/worker/record.hpp"
#include "bench/worker/worker.hpp"

namespace crossover {

/// Runs measure_group(), behind `before`, in a child; `hear` is told of every event once the record has it.
/// False where the user has interrupted it. Throws what `hear` does.
bool run_group_process(const GroupJob&, GroupRecord&, const std::function<void(const Event&)>& hear,
                       const std::function<void()>& before = {});

}  // namespace crossover
