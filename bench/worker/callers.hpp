// Several callers at once, each a process with its own execution of one case: what a server's users wait for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/rows/row.hpp"
#include "bench/worker/first_call.hpp"

namespace crossover {

/// What one caller did since all were released together.
struct CallerTimes {
  std::vector<double> calls_s;  ///< of each call, in order
  double end_s = 0;             ///< of its last call, since the release
};

/// All of them together; seconds.
struct Together {
  double calls_per_s = 0;         ///< the callers' own rates, added
  double call_s = 0;              ///< median of single calls
  std::optional<double> p99_s{};  ///< 99th percentile (nearest rank); empty below calls_for_p99 calls
};

/// A 99th percentile of fewer calls would be their slowest one.
inline constexpr std::size_t calls_for_p99 = 100;

/// Throws std::invalid_argument where nobody called.
Together together(std::span<const CallerTimes>);

/// Lets Options::concurrent callers open the case, call once untimed (the first of them is checked against
/// the oracle), and then, released at once, call for --budget seconds each. Reports the figures, or a
/// failure. Called in a process of its own; its callers end with it.
void measure_callers(const CaseJob&, const World&, const Oracle&);

/// "4 callers at once: openmp (2) 300 calls/s, a call 13 ms, 99% within 20 ms; ..."; empty where no row has
/// any.
std::string render_callers(std::span<const Row>, int width);

}  // namespace crossover
