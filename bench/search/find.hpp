// `crossover find`: where two solvers change places along one size.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "bench/measure/sampler.hpp"
#include "bench/plan/options.hpp"
#include "bench/plan/question.hpp"
#include "bench/search/crossing.hpp"
#include "bench/worker/breakeven.hpp"

namespace crossover {

/// One search: two cases and a question.
struct Searched {
  CrossingFindings found;
  std::string title;  ///< "row_means cols=1000 f32"
  std::string a, b;   ///< labels of the two
  Question question{};
  std::string transfer = "none";  ///< of the one on a device
  bool is_modelled = false;
  std::optional<BreakEven> break_even{};  ///< at found.last_size
  std::map<Index, std::string> doubts{};  ///< what the model warns of, by size
  std::array<double, 2> disturbed{};      ///< of a's and of b's samples, the share that other work disturbed
  /// One side's samples were disturbed too often for its times to be known.
  bool is_provisional() const { return std::ranges::max(disturbed) > disturbed_share; }
};

/// In how many of the searches of the simulated study, whose truth is known, it lay inside the interval:
/// fewest of all conditions, and of the one that throttles the clock (results/simulated_study.csv).
inline constexpr double studied_coverage = 0.98, throttled_coverage = 0.96;

/// What was found, in sentences: regimes, crossings with their intervals, the wall, break-evens.
std::string render_findings(const Searched&, const std::string& axis, int width = 80);

std::vector<std::string> crossing_header(const Options&);
/// A record for each crossing, or one for a search that found none.
std::vector<std::vector<std::string>> crossing_records(const Searched&, const Options&,
                                                       const std::string& label);

/// Measures or simulates, prints, writes --csv and --walls; the exit status. Throws UsageError and
/// OutputError.
int find_command(const Options&);

}  // namespace crossover
