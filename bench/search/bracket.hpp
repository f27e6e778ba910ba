// Two neighbouring sizes that different solvers win, and what the visits between them say of the place where
// the curves cross.
#pragma once

#include <optional>

#include "bench/search/measured_sizes.hpp"

namespace crossover {

struct Bracket {
  Index below, above;
  Faster before, after;     // when it was found: labels are revised as more is known of processes
  bool alternates = false;  // several changes lie in it
};

/// Brackets of this ratio are narrow enough: a change is then said to lie between the two.
inline constexpr double finest_ratio = 1.05;

inline bool is_win(Faster faster) { return faster == Faster::a || faster == Faster::b; }

/// Neighbouring whole numbers, or a ratio of finest_ratio.
bool is_narrow(const Bracket&);

/// Sizes in it that tie, where they cover more than an octave.
std::optional<Regime> tie_within(const MeasuredSizes&, const Bracket&);

/// The line through the visits in the bracket; of those near its zero, once that is known.
std::optional<ZeroOfLine> line_within(const MeasuredSizes&, const Bracket&);

/// Where there is a line that rises or falls as the bracket's ends say; else empty. Unclear where its zero is
/// known no better than the bracket. The interval ends at whole numbers.
std::optional<Crossing> estimate_within(const MeasuredSizes&, const Bracket&,
                                        const std::optional<ZeroOfLine>& line);

/// Where no line can be had, as between neighbouring whole numbers: the bracket is all that is known.
Crossing bracket_alone(const MeasuredSizes&, const Bracket&);

}  // namespace crossover
