// Who of a group is the fastest, as its rows say it. Decided in bench/worker/verdict.cpp, where the samples
// are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/statistics.hpp"

namespace crossover {

struct Row;

/// The same in every row of a group, but for rows with pinned operands: theirs counts these rows too.
struct Verdict {
  /// By verdict_name(), the quickest first: one has won; of several none could be excluded. Empty where
  /// nothing was compared, or `unclear`.
  std::vector<std::string> fastest{};
  bool unclear = false;      ///< of the whole group none could be excluded, and it is not within 3 % either
  bool provisional = false;  ///< a row of which too little is known might still win

  bool empty() const { return fastest.empty() && !unclear; }
  bool names(std::string_view) const;
  bool operator==(const Verdict&) const = default;
};

/// The cell of the CSV: "openmp t2|eigen (provisional)", "unclear", or nothing.
std::string text_of(const Verdict&);
Verdict verdict_in(std::string_view cell);

/// The solver, with its backend, transfer and threads as far as other rows of that name in the group differ
/// in them: "openmp", "openmp t2", "cuda sum", "tiled pinned".
std::string verdict_name(const Row&, std::span<const Row* const> group);

/// Those of `group` that the row's verdict names.
std::vector<const Row*> fastest_of(const Row&, std::span<const Row* const> group);

/// Above this share of disturbed samples a case is not known, however narrow its interval.
inline constexpr double disturbed_share = 0.25;
inline bool too_often_disturbed(std::int64_t disturbed, std::size_t samples) {
  return static_cast<double>(disturbed) > disturbed_share * static_cast<double>(samples);
}

/// Of a / b, the widest that the intervals of their calls allow; `price`: of a second of a over one of b.
Faster by_intervals(const Row& a, const Row& b, double price = 1);

/// Medians within 3 % of each other, each known to as much.
bool within_margin(std::span<const Row* const>);

/// A row that ended well behind `fastest_s`, but of which too little is known: disturbed samples take longer
/// than the call needs, and too few were not disturbed.
bool might_still_win(const Row&, double fastest_s);

/// A CPU solver without an answer that might have been faster than `baseline_s`.
bool might_have_won(const Row&, double baseline_s);

/// Those of which one or the other is true: what makes a verdict provisional. `members`: of the verdict;
/// `with_pinned`: of a row with pinned operands, which counts such rows.
std::vector<const Row*> open_rows(std::span<const Row* const> group, std::span<const Row* const> members,
                                  bool with_pinned = false);

/// Rows of schema version 2 told each of itself and the baseline (`tie`, `unclear`, or the faster one): makes
/// of that what is known of the group.
void upgrade_verdicts(std::span<Row>);

}  // namespace crossover
