// Where a condition on one size ends: exact to one element, by arithmetic alone.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/plan/options.hpp"
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

/// Why there is no problem with that size of the varied axis (k above corpus, 64 bits of bytes passed); empty
/// where there is.
std::string objection_at(const Options&, Index size);

/// The sizes of --vary's range that the problem has, both included.
struct SizeRange {
  Index low, high;
  std::string begin, end;  ///< why it begins after, or ends before, what --vary says; empty where it does not
};

/// Throws UsageError where the problem has none of them.
SizeRange range_of(const Options&);

/// Sizes in [low, last], ascending and each once, that need at most these shares of what `last` needs; the
/// last of them is `last`. `bytes` grows with the size.
std::vector<Index> sizes_before(Index low, Index last, std::span<const double> shares,
                                const std::function<double(Index)>& bytes);

}  // namespace crossover
