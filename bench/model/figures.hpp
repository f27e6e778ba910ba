// Arithmetic with figures: every interval is widened as if the errors of its parts conspired.
#pragma once

#include <algorithm>

#include "bench/model/profile.hpp"

namespace crossover {

inline Figure exactly(double value) { return {value, value, value}; }

inline Figure operator+(const Figure& a, const Figure& b) {
  return {a.value + b.value, a.low + b.low, a.high + b.high};
}

/// `factor` is not negative.
inline Figure operator*(double factor, const Figure& figure) {
  return {factor * figure.value, factor * figure.low, factor * figure.high};
}

/// Not below `least`, with its interval.
inline Figure at_least(double least, const Figure& figure) {
  return {std::max(least, figure.value), std::max(least, figure.low), std::max(least, figure.high)};
}

inline bool overlap(const Figure& a, const Figure& b) { return a.low <= b.high && b.low <= a.high; }

/// Seconds for so much work (bytes, operations) at a rate; 0 where there is no rate.
inline Figure seconds_at(const Figure& per_s, double work) {
  if (!(per_s.value > 0)) return {};
  const double low = per_s.low > 0 ? per_s.low : per_s.value, high = std::max(per_s.high, per_s.value);
  return {work / per_s.value, work / high, work / low};
}

/// `times` times the fixed part, and all the bytes.
inline Figure seconds_of(const Cost& cost, double bytes, int times = 1) {
  return static_cast<double>(times) * cost.fixed_s + seconds_at(cost.bytes_per_s, bytes);
}

}  // namespace crossover
