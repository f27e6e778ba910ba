// Patterns that inputs of any problem are filled with. Each says what it is meant to break.
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "common/random.hpp"

namespace crossover::test {

/// Where an element stands: row and column of input `operand`; a vector's elements are its rows.
struct Place {
  int operand;
  Index row, col, rows, cols;
  Index position() const { return row * cols + col; }
  Index count() const { return rows * cols; }
};

struct Fill {
  const char* name;
  double (*value)(const Place&);
};

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

inline double random_at(const Place& at) {
  return random_value<double>(7, at.operand, static_cast<std::uint64_t>(at.position()));
}

inline double ones(const Place&) { return 1; }

/// Every element differs: an element left out, or taken twice, shows.
inline double ramp(const Place& at) { return static_cast<double>(at.position() - at.count() / 3); }

/// Neighbours cancel exactly: what is left is rounding error, or the last element.
inline double cancelling(const Place& at) {
  const Place pair{at.operand, 0, at.position() / 2, 1, at.count()};
  return 1e6 * (at.position() % 2 == 0 ? random_at(pair) : -random_at(pair));
}

/// A large common part: sums in the elements' own type lose the rest.
inline double large_offset(const Place& at) { return 1e6 + random_at(at); }

inline double seeded(const Place& at) { return random_at(at); }

/// One NaN in the middle of numbers, and infinities of one sign before and after it.
inline double one_nan(const Place& at) {
  if (at.position() == at.count() / 2) return not_a_number;
  return at.position() % 37 == 5 ? infinity : random_at(at);
}

/// The first and the last element are NaN: the places that loops with remainders forget.
inline double nan_at_ends(const Place& at) {
  return at.position() == 0 || at.position() == at.count() - 1 ? not_a_number : random_at(at);
}

inline double one_infinity(const Place& at) {
  return at.position() == at.count() * 2 / 3 ? infinity : random_at(at);
}

/// Sums are inf - inf; extremes are infinite.
inline double both_infinities(const Place& at) {
  if (at.position() == at.count() / 4) return -infinity;
  return at.position() == at.count() / 2 ? infinity : random_at(at);
}

/// Few distinct rows, so that first places are shared, across blocks, threads and pieces.
inline double ties(const Place& at) { return static_cast<double>((at.row * 7 + at.col) % 5 + 1); }

/// The best comes last: each row of operand 0 scores higher than the one before, whatever the score
/// (the value itself, or the cosine with (1, 0, ...)).
inline double ascending(const Place& at) {
  if (at.operand > 0) return at.col == 0 ? 1 : 0;
  return static_cast<double>(at.col == 0 ? at.row + 1 : at.rows - at.row);
}

inline double zeros(const Place& at) { return at.position() % 2 == 0 ? 0.0 : -0.0; }

inline constexpr std::array fills = {
    Fill{"ones", ones},
    Fill{"ramp", ramp},
    Fill{"cancelling", cancelling},
    Fill{"large_offset", large_offset},
    Fill{"seeded", seeded},
    Fill{"one_nan", one_nan},
    Fill{"nan_at_ends", nan_at_ends},
    Fill{"one_infinity", one_infinity},
    Fill{"both_infinities", both_infinities},
    Fill{"ties", ties},
    Fill{"ascending", ascending},
    Fill{"zeros", zeros},
};

/// `value` as an element of type T. Integers have no NaN and no fractions: their extremes stand for
/// what cannot be held, and fractions are spread over 62 bits.
template <class T>
T element_of(double value) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    if (std::isnan(value)) return std::numeric_limits<std::int64_t>::min();
    if (std::isinf(value)) return std::numeric_limits<std::int64_t>::max();
    if (std::fabs(value) < 1) return static_cast<std::int64_t>(value * 0x1p62);
  }
  return static_cast<T>(value);
}

}  // namespace crossover::test
