#include "bench/search/bracket.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace crossover {
namespace {

constexpr double line_ratio = 1.5;  // so far around a crossing the curves count as lines at least

double logarithm(Index size) { return std::log(static_cast<double>(size)); }

}  // namespace

bool is_narrow(const Bracket& bracket) {
  const auto [below, above] = std::pair(bracket.below, bracket.above);
  return above - below == 1 || static_cast<double>(above) / static_cast<double>(below) <= finest_ratio;
}

std::optional<Regime> tie_within(const MeasuredSizes& measured, const Bracket& bracket) {
  Regime tie{0, 0, Faster::tie};
  for (const auto& [size, here] : measured.all()) {
    if (size < bracket.below || size > bracket.above || measured.label(size) != Faster::tie) continue;
    if (tie.first == 0) tie.first = size;
    tie.last = size;
  }
  return tie.last > 2 * tie.first ? std::optional(tie) : std::nullopt;
}

std::optional<ZeroOfLine> line_within(const MeasuredSizes& measured, const Bracket& bracket) {
  const double low = logarithm(bracket.below), high = logarithm(bracket.above);
  std::optional<ZeroOfLine> line = zero_of_line(measured.visits_within(low, high), search_alpha);
  for (int i = 0; i < 2 && line; ++i) {
    const double reach = std::max(3 * line->spread / std::fabs(line->slope), std::log(line_ratio));
    const double near = std::clamp(line->log_size, low, high);
    const auto visits = measured.visits_within(std::max(low, near - reach), std::min(high, near + reach));
    const std::optional<ZeroOfLine> nearer = zero_of_line(visits, search_alpha);
    if (!nearer) break;
    line = nearer;
  }
  return line;
}

Crossing bracket_alone(const MeasuredSizes& measured, const Bracket& bracket) {
  const auto low = static_cast<double>(bracket.below), high = static_cast<double>(bracket.above);
  int blocks = 0;
  for (const VisitMedian& visit : measured.visits_within(logarithm(bracket.below), logarithm(bracket.above)))
    blocks += visit.blocks;
  return {.size = std::sqrt(low * high),
          .interval = {low, high},
          .below = bracket.below,
          .above = bracket.above,
          .before = bracket.before,
          .after = bracket.after,
          .plateau = {},
          .is_unclear = !is_narrow(bracket),
          .slope = 0,
          .runs = blocks};
}

std::optional<Crossing> estimate_within(const MeasuredSizes& measured, const Bracket& bracket,
                                        const std::optional<ZeroOfLine>& line) {
  if (!line || (line->slope > 0) != (bracket.before == Faster::a))
    return std::nullopt;  // t_a / t_b rises: a was ahead
  Crossing crossing = bracket_alone(measured, bracket);
  crossing.slope = line->slope;
  const double low = logarithm(bracket.below), high = logarithm(bracket.above);
  const bool is_known = line->interval && (line->interval->low > low || line->interval->high < high) &&
                        line->interval->low < high && line->interval->high > low;
  crossing.is_unclear = !is_known;
  if (!is_known) return crossing;
  const auto in_bracket = [&](double log_size) { return std::exp(std::clamp(log_size, low, high)); };
  crossing.size = in_bracket(line->log_size);
  // Sizes are whole numbers: nothing between two of them is known.
  crossing.interval = {std::floor(in_bracket(line->interval->low)),
                       std::ceil(in_bracket(line->interval->high))};
  return crossing;
}

}  // namespace crossover
