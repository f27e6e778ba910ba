// `crossover compare`: two files of rows, case by case. Their samples were not taken in turn, so nothing is
// known of one beside the other: the interval of a ratio is the widest that both intervals allow.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/base/statistics.hpp"
#include "bench/plan/options.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

/// What became of a case.
enum class Change : std::uint8_t {
  same,         ///< the interval of the ratio lies within 3 %
  faster,       ///< below it
  slower,       ///< above it
  unclear,      ///< neither of these, or there is none, or a difference while samples were disturbed
  lost,         ///< was ok, is not
  gained,       ///< was not ok, is
  neither,      ///< ok in neither file
  only_before,  ///< in the first file only, or not run for the second
  only_after,
};

inline constexpr Change every_change[] = {Change::same,        Change::faster,     Change::slower,
                                          Change::unclear,     Change::lost,       Change::gained,
                                          Change::only_before, Change::only_after, Change::neither};

const char* name_of(Change);

/// The rows of one case: problem, type, sizes, seed, backend, solver, threads, transfer, cache, bind, source.
struct RowPair {
  const Row* before;  ///< null: not in that file
  const Row* after;
  Change change;
  Number ratio;                      ///< of call_s, after / before
  std::optional<Interval> interval;  ///< of the ratio; empty where a row has none
  bool disturbed = false;            ///< other programs were on the processors too often in one of the two
};

/// In the order of `before`, then what only `after` has. Throws CsvError where a file, named by its path, has
/// a case twice.
std::vector<RowPair> paired(std::span<const Row> before, std::span<const Row> after,
                            const std::string& before_path = "before",
                            const std::string& after_path = "after");

std::map<Change, std::size_t> counted(std::span<const RowPair>);

/// Facts of machine and program in which the files differ, a line each.
std::string render_differences(std::span<const Row> before, std::span<const Row> after, int width = 80);

/// A table for each group, sentences on what has no ratio, and counts as the last line.
std::string render_comparison(std::span<const RowPair>, int width = 80);

/// RFC 4180, a line for each case.
std::string comparison_csv(std::span<const RowPair>);

/// What --fail-on can name.
std::vector<std::string> failing_changes();

/// The command. Returns the exit status: 1 where a change that --fail-on names has happened. Throws CsvError,
/// UsageError, OutputError.
int compare_command(const Options&);

}  // namespace crossover
