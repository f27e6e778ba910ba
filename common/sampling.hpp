// What every oracle needs: which outputs to check, and how a computed value is held against a reference.
#pragma once

#include <vector>

#include "common/problem.hpp"

namespace crossover {

/// At most `affordable` (at least one) indices of [0, count): first and last always, the others one at a
/// random place of each of equal strata, the same ones for the same count.
std::vector<Index> sampled_indices(Index count, double affordable);

/// Collects comparisons of outputs with references. An error is |got - want| / scale; NaN agrees with
/// NaN and an infinity with itself alone.
class Comparison {
 public:
  Comparison(double bound, Index of) : bound_(bound) { check_.of = of; }

  /// scale: what the bound is relative to; 0 asks for equality.
  void add(Index index, double got, double want, double scale);
  /// Marks the outputs as wrong, for a reason other than a value.
  void fail(const std::string& what);

  Check result() const { return check_; }

 private:
  void note_failure(const std::string& what);

  double bound_;
  Check check_;
};

}  // namespace crossover
