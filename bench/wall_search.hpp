// Where a condition on one size ends: exact to one element, by arithmetic alone.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "common/shape.hpp"

namespace crossover {

/// Neighbours: `holds` is the last size of a range that satisfies a condition, `fails` the next one.
struct Boundary {
  std::optional<Index> holds;  ///< empty: not even the first size does
  std::optional<Index> fails;  ///< empty: the whole range does
};

/// Of [low, high], both included. The condition holds up to some size and not beyond; where it came back, the
/// end that octaves from `low` find first.
Boundary boundary_of(Index low, Index high, const std::function<bool(Index)>& condition);

/// Sizes in [low, last], ascending and each once, that need at most these shares of what `last` needs; the
/// last of them is `last`. `bytes` grows with the size.
std::vector<Index> sizes_before(Index low, Index last, std::span<const double> shares,
                                const std::function<double(Index)>& bytes);

}  // namespace crossover
