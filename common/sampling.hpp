// What every oracle needs: which outputs to check, and how a computed value is held against a reference.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "common/problem.hpp"

namespace crossover {

/// At most `affordable` (at least one) indices of [0, count): first and last always, the others one at a
/// random place of each of equal strata, the same ones for the same count.
std::vector<Index> sampled_indices(Index count, double affordable);

/// A sum in extended precision, and the sum of absolute values that its rounding errors are relative to.
struct Total {
  long double sum, magnitude;
};

/// Collects comparisons of outputs with references. An error is |got - want| / scale; NaN agrees with
/// NaN and an infinity with itself alone.
class Comparison {
 public:
  Comparison(double bound, Index of) : bound_(bound) { check_.of = of; }

  /// scale: what the bound is relative to; 0 asks for equality.
  void add(Index index, double got, double want, double scale);
  /// A sum, or a mean, of T. `underflow`: what rounding to the smallest numbers of T can cost it. A result
  /// beyond T is an infinity; where the magnitude leaves f64 (`may_overflow`), partial sums may have done so
  /// too, and any result that is not finite is right.
  template <class T>
  void add_total(Index index, T got, Total total, long double underflow, bool may_overflow) {
    const T rounded = static_cast<T>(total.sum);
    const double want =
        std::isfinite(rounded) ? static_cast<double>(total.sum) : static_cast<double>(rounded);
    const long double most = std::numeric_limits<double>::max();
    const auto scale = static_cast<double>(std::min(total.magnitude + underflow / bound_, most));
    const auto value = static_cast<double>(got);
    add(index, may_overflow && !std::isfinite(value) ? want : value, want, scale);
  }
  /// Marks the outputs as wrong, for a reason other than a value.
  void fail(const std::string& what);

  Check result() const { return check_; }

 private:
  void note_failure(const std::string& what);

  double bound_;
  Check check_;
};

}  // namespace crossover
