// What happens to the simulated cases of one group: first calls and samples as a worker takes them, on the
// virtual clock, in this process. There are no inputs, and nothing is verified.
#pragma once

#include "bench/worker/pair.hpp"
#include "bench/worker/worker.hpp"

namespace crossover {

/// Reports the simulated cases' events; the measured ones are left to measure_group().
void simulate_group(const GroupJob&, const Report&);

/// Reports as measure_pair() does; both cases are simulated.
void simulate_pair(const PairJob&, const Report&);

}  // namespace crossover
