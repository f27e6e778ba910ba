// The reductions' rules on inputs of a few elements: NaN, infinities, signed zeros, ties, numbers near the
// ends of the range. Expected values are written out, as NumPy gives them (norm2 as in BLAS, which does not
// overflow early). A case is a line in `cases`.
#pragma once

#include <vector>

#include "tests/fills.hpp"

namespace crossover::test::reduction_cases {

struct Case {
  const char* problem;
  std::vector<double> values;
  double expected;
  std::vector<double> other = {};  // dot: y
  std::vector<Type> types = {Type::f32, Type::f64};
};

inline constexpr double greatest = std::numeric_limits<double>::max(),
                        least = std::numeric_limits<double>::denorm_min();
inline constexpr double inf = infinity, nan = not_a_number;
inline const std::vector<Type> f64_only = {Type::f64};

inline std::vector<Case> cases() {
  return {
      {"sum", {1, 2, 4}, 7},
      {"sum", {inf, 1}, inf},
      {"sum", {inf, -inf, 1}, nan},
      {"sum", {1, nan}, nan},
      {"sum", {-0.0, -0.0}, 0},
      {"sum", {greatest, greatest}, inf, {}, f64_only},
      {"mean", {1, 2, 6}, 3},
      {"mean", {-inf, 2}, -inf},
      {"mean", {inf, -inf}, nan},
      {"mean", {3, nan, 1}, nan},
      {"min", {3, nan, 1}, nan},
      {"min", {3, 1, nan}, nan},
      {"min", {nan, 3, 1}, nan},
      {"min", {inf, 2, 5}, 2},
      {"min", {inf, inf}, inf},
      {"min", {2, -inf}, -inf},
      {"min", {0.0, -0.0}, 0},
      {"max", {3, nan, 1}, nan},
      {"max", {inf, nan}, nan},
      {"max", {-inf, -inf}, -inf},
      {"max", {-inf, -2, -5}, -2},
      {"max", {2, inf}, inf},
      {"argmax", {1, 3, 3, 2}, 1},
      {"argmax", {5, 5, 5}, 0},
      {"argmax", {-inf, -inf}, 0},
      {"argmax", {-0.0, 0.0}, 0},
      {"argmax", {1, nan, 5, nan}, 1},
      {"argmax", {inf, nan}, 1},
      {"argmax", {nan}, 0},
      {"argmax", {-3, -2, -1}, 2},
      {"dot", {1, 2, 3}, 32, {4, 5, 6}},
      {"dot", {inf, 1}, nan, {0, 1}},
      {"dot", {inf, 1}, -inf, {-2, 1}},
      {"dot", {1, nan}, nan, {1, 0}},
      {"dot", {1e200, 1e200}, inf, {1e200, 1}, f64_only},
      {"norm2", {3, 4}, 5},
      {"norm2", {0, -0.0}, 0},
      {"norm2", {-inf, 1}, inf},
      {"norm2", {inf, nan}, nan},
      {"norm2", {3e30, 4e30}, 5e30},
      {"norm2", {3e-30, 4e-30}, 5e-30},
      {"norm2", {3e300, 4e300}, 5e300, {}, f64_only},
      {"norm2", {3e-300, 4e-300}, 5e-300, {}, f64_only},
      {"norm2", {3e300, 4e-300}, 3e300, {}, f64_only},
      {"norm2", {3e150, 4e150}, 5e150, {}, f64_only},
      {"norm2", {3e-150, 4e-150}, 5e-150, {}, f64_only},
      {"norm2", {3 * least, 4 * least}, 5 * least, {}, f64_only},
      {"norm2", {greatest}, greatest, {}, f64_only},
      {"norm2", {greatest, greatest}, inf, {}, f64_only},
      {"square_sine_sum", {0, 1, -1}, 2},
      {"square_sine_sum", {0.5}, 0.25 + 0.479425538604203},
      {"square_sine_sum", {-2, 3}, 13 - 0.9092974268256817 + 0.1411200080598672},
      {"square_sine_sum", {inf}, nan},
      {"square_sine_sum", {1, nan}, nan},
  };
}

/// The pattern of inputs that `values` and `other` of the current case make.
inline std::span<const double> current[2];

inline double current_value(const Place& at) { return current[at.operand][static_cast<std::size_t>(at.row)]; }

}  // namespace crossover::test::reduction_cases
