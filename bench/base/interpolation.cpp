#include "bench/base/interpolation.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace crossover {
namespace {

using Knots = std::span<const Knot>;

/// What is not known of the rate, for each factor of e beyond what was measured.
constexpr double doubt = 0.05;
/// The same where only one size was measured.
constexpr double doubt_of_one = 0.25;
constexpr double same = 1e-12;  ///< of two logarithms

void widen(Estimate& estimate, double by) {
  estimate.low -= by;
  estimate.high += by;
}

/// Of the line from knot i to the next.
double slope(Knots knots, std::size_t i) {
  return (knots[i + 1].estimate.y - knots[i].estimate.y) / (knots[i + 1].x - knots[i].x);
}

/// By how much the line between its neighbours misses knot i; empty at the ends.
std::optional<double> leave_one_out(Knots knots, std::size_t i) {
  if (i == 0 || i + 1 >= knots.size()) return std::nullopt;
  const Knot &before = knots[i - 1], &at = knots[i], &after = knots[i + 1];
  const double u = (at.x - before.x) / (after.x - before.x);
  return std::fabs((1 - u) * before.estimate.y + u * after.estimate.y - at.estimate.y);
}

/// A line through two knots misses a smooth curve by a quarter of what leaving a knot out does, a curve with
/// a bend by up to half; nothing at the knots themselves.
double doubt_between(Knots knots, std::size_t i, double u) {
  const std::optional<double> first = leave_one_out(knots, i), second = leave_one_out(knots, i + 1);
  const double miss = first || second ? std::max(first.value_or(0), second.value_or(0))
                                      : std::fabs(knots[i + 1].estimate.y - knots[i].estimate.y) / 2;
  return 2 * u * (1 - u) * miss;
}

Estimate after_the_last(Knots knots, double by, int axis) {
  Estimate estimate = knots.back().estimate;
  estimate.beyond[static_cast<std::size_t>(axis)] += by;
  widen(estimate,
        by * (knots.size() == 1 ? doubt_of_one : doubt + std::fabs(slope(knots, knots.size() - 2))));
  return estimate;
}

Estimate before_the_first(Knots knots, double by, int axis, bool grows) {
  Estimate estimate = knots.front().estimate;
  estimate.beyond[static_cast<std::size_t>(axis)] -= by;
  if (!grows || knots.size() == 1) {
    widen(estimate, by * (knots.size() == 1 ? doubt_of_one : doubt + std::fabs(slope(knots, 0))));
    return estimate;
  }
  // seconds = fixed + per_size * size through the first two, in units of the first's size and seconds.
  const double size = std::exp(knots[1].x - knots[0].x);
  const double seconds = size * std::exp(knots[1].estimate.y - knots[0].estimate.y);
  const double per_size = (seconds - 1) / (size - 1), constant_rate = std::exp(-by);
  estimate.y += std::log(std::clamp(1 - per_size * (1 - constant_rate), constant_rate, 1.0)) + by;
  estimate.high += by;  // constant time at most, constant rate at least
  return estimate;
}

Estimate between(Knots knots, std::size_t i, double u) {
  const Estimate &a = knots[i].estimate, &b = knots[i + 1].estimate;
  const auto mixed = [u](double first, double second) { return (1 - u) * first + u * second; };
  Estimate estimate{.y = mixed(a.y, b.y),
                    .low = mixed(a.low, b.low),
                    .high = mixed(a.high, b.high),
                    .slack = std::min(a.slack, b.slack),
                    .known = true};
  for (std::size_t axis = 0; axis < estimate.beyond.size(); ++axis)
    estimate.beyond[axis] = mixed(a.beyond[axis], b.beyond[axis]);
  widen(estimate, doubt_between(knots, i, u));
  return estimate;
}

}  // namespace

Estimate interpolate(std::span<const Knot> knots, double x, int axis, bool grows) {
  for (const Knot& knot : knots)
    if (std::fabs(x - knot.x) <= same) return knot.estimate;
  if (x < knots.front().x) return before_the_first(knots, knots.front().x - x, axis, grows);
  if (x > knots.back().x) return after_the_last(knots, x - knots.back().x, axis);
  std::size_t i = 0;
  while (x > knots[i + 1].x) ++i;
  return between(knots, i, (x - knots[i].x) / (knots[i + 1].x - knots[i].x));
}

}  // namespace crossover
