#include <algorithm>
#include <cmath>

#include "bench/study/condition.hpp"

namespace crossover::study {
namespace {

/// Where the crossing was while the search looked: a's drift moves it.
Interval truth_during(const Simulated& what, double slope, double truth, int runs) {
  const double moved = slope == 0 ? truth : truth * std::exp(-what.drift * runs / 600 / slope);
  return {std::min(truth, moved), std::max(truth, moved)};
}

void compare(const CrossingFindings& found, const std::vector<double>& truth, const Simulated& what,
             double slope, Outcome& all) {
  ++all.searches;
  all.runs.push_back(found.runs);
  if (truth.empty()) {
    all.sizes += found.sizes;
    all.wins += found.wins;
  }
  if (found.crossings.size() != truth.size()) return;
  ++all.right;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const Crossing& crossing = found.crossings[i];
    const Interval at = truth_during(what, slope, truth[i], found.runs);
    ++all.crossings;
    all.within += crossing.size >= 0.98 * at.low && crossing.size <= 1.02 * at.high;
    if (crossing.is_unclear || crossing.plateau) {  // its interval is the whole bracket
      ++all.unclear;
      continue;
    }
    all.covered += crossing.interval.low <= at.high && at.low <= crossing.interval.high;
    all.half_widths.push_back((crossing.interval.high - crossing.interval.low) / 2 / crossing.size);
  }
}

/// On the same curve; a wall ends its range as well.
void apply_rule(const Condition& condition, const Simulated& what, const std::vector<double>& truth,
                unsigned seed, Outcome& all) {
  SimulatedPair pair(what, seed);
  const Index high = what.wall > 0 ? std::min(condition.high, what.wall - 1) : condition.high;
  const Index threshold = offload_threshold(pair, condition.low, high);
  all.rule_runs = pair.runs();
  all.rule_none += threshold == 0;
  if (threshold > 0 && !truth.empty())
    all.rule_errors.push_back(std::fabs(static_cast<double>(threshold) / truth.back() - 1));
}

}  // namespace

Outcome study(const Condition& condition, unsigned seeds) {
  Outcome all;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    const Simulated what = condition.simulated(seed);
    const std::vector<double> truth = condition.crossings(seed);
    compare(search(what, {.seed = seed, .low = condition.low, .high = condition.high}), truth, what,
            condition.slope, all);
    apply_rule(condition, what, truth, seed, all);
  }
  return all;
}

}  // namespace crossover::study
