// Straight lines between knots in logarithms, with intervals that say how far they are to be trusted.
#pragma once

#include <array>
#include <limits>
#include <span>

#include "common/shape.hpp"

namespace crossover {

/// ln(seconds per unit of work), and what is known of it.
struct Estimate {
  double y = 0, low = 0, high = 0;
  /// ln(size / the nearest measured) for each axis: above 0 beyond the largest, below 0 before the smallest.
  std::array<double, max_axes> beyond{};
  double slack = std::numeric_limits<double>::infinity();  ///< least of ln(measured / the least possible)
  bool known = false;
};

struct Knot {
  double x;  ///< ln(size)
  Estimate estimate;
};

/// At x, between knots in ascending order, of which there is at least one. `grows`: the work grows with the
/// axis. Behind the last knot the rate stays constant; before the first, what the first two leave as a fixed
/// cost stays. Intervals widen between knots by what leaving a knot out shows, and beyond them by the slope
/// of the last piece and the distance.
Estimate interpolate(std::span<const Knot>, double x, int axis, bool grows);

}  // namespace crossover
