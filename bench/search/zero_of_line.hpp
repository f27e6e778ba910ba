// Where a line through noisy points is 0, with an interval: the crossing of two curves, from what several
// processes saw at several sizes.
#pragma once

#include <optional>
#include <span>

#include "bench/base/statistics.hpp"

namespace crossover {

/// The median difference that one process saw at one size.
struct VisitMedian {
  double log_size;
  double d;  ///< ln(t_a / t_b)
  int blocks;
};

/// Of freedom: below, the spread of processes is not known.
inline constexpr int fewest_degrees = 3;

struct ZeroOfLine {
  double log_size;  ///< where the line is 0
  double slope;
  double spread;  ///< of a visit around the line, standard deviation
  /// Empty: the slope, or the noise, is not known well enough for an end on either side.
  std::optional<Interval> interval{};
};

/// A line by Huber's rule, each visit a point, as processes differ more than the calls of one (Kalibera and
/// Jones, 2013): what one throttled or spoilt visit can do is bounded, and steps in the curve count as noise.
/// The interval is Fieller's, with Student's quantile: it knows that the slope is estimated too. Visits are
/// in the order in which they were made; what correlates is worth fewer. Empty below 4 visits, or where all
/// are at one size.
std::optional<ZeroOfLine> zero_of_line(std::span<const VisitMedian> visits, double alpha);

/// Two-sided quantile of Student's distribution (Cornish and Fisher's expansion; below 1 % off from 4 degrees
/// of freedom on): 2.58 for 0.01 and many.
double student_quantile(double alpha, double degrees_of_freedom);

}  // namespace crossover
