// The simulated study: what the search for crossings finds on curves that are known, under each kind of
// noise.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bench/search/simulated_pair.hpp"

namespace crossover::study {

/// One line of the table: a curve, its noise, and what is true of it.
struct Condition {
  std::string curve;  ///< "one", "three", "none, a ahead", "no difference", ...
  double slope;       ///< of ln(t_a / t_b) over ln(size), at the crossing
  /// Of a seed, so that crossings do not always lie alike between the sizes of the grid; the noise is in it.
  std::function<Simulated(unsigned seed)> simulated;
  std::function<std::vector<double>(unsigned seed)> crossings;  ///< the truth
  Index low = 1, high = 1 << 12;
};

std::vector<Condition> conditions();

/// Of all seeds.
struct Outcome {
  int searches = 0, right = 0;       ///< right: as many crossings as there are
  int crossings = 0;                 ///< of the right ones
  int within = 0, unclear = 0;       ///< within 2 % of the truth; said to be unclear, or a plateau
  int covered = 0;                   ///< of those that are clear: the truth lies in the interval
  std::vector<double> half_widths;   ///< of those that are clear, over the estimate
  std::vector<double> runs;          ///< of each side
  int sizes = 0, wins = 0;           ///< labels, where there is no difference
  std::vector<double> rule_errors;   ///< GPU-BLOB's rule: distance of its threshold from the (last) crossing
  int rule_none = 0, rule_runs = 0;  ///< and how often it named no threshold
};

Outcome study(const Condition&, unsigned seeds);

/// A header, and a record for each condition.
std::vector<std::vector<std::string>> records_of(std::span<const Condition>, std::span<const Outcome>);
std::string table_of(std::span<const Condition>, std::span<const Outcome>, int width);

}  // namespace crossover::study
