// Where two solvers change places along one size: a geometric grid, a label for each size, a bracket for each
// change, and inside it an estimate with an interval. Knows nothing of solvers: it asks for blocks of
// timings.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/base/statistics.hpp"
#include "common/array.hpp"

namespace crossover {

/// Both solvers, one after the other in random order; seconds.
struct TimedBlock {
  double a_s, b_s;
};

/// What one process measured at one size; each visit is a new one, as processes differ.
struct Visit {
  std::vector<TimedBlock> blocks;
  std::string wall;  ///< why one of the two cannot run at this size; empty: both can
};

struct CrossingSearch {
  Index low, high;  ///< of the size that varies, both included
  std::function<Visit(Index size, int blocks)> visit;
  /// Known before running: why one of the two cannot run at a size. Grows with the size. (optional)
  std::function<std::string(Index size)> wall{};
  std::vector<Index> probes{};  ///< further sizes to look at: capacities of caches and memories
  int most_runs = 600;          ///< of each solver
  double precision = 0.02;      ///< half-width of a crossing's interval over the crossing
  std::uint64_t seed = 1;       ///< of the order in which sizes are visited
};

/// Neighbouring sizes with one label.
struct Regime {
  Index first, last;
  Faster faster;
};

struct Crossing {
  double size;         ///< the estimate
  Interval interval;   ///< of the size, at 99 %
  Index below, above;  ///< the bracket: sizes that differ for certain
  Faster before, after;
  /// The curves are one for a while: sizes that tie, an octave and more of them. The estimate is then the
  /// middle of the bracket, and the interval the bracket.
  std::optional<Regime> plateau{};
  /// Nothing narrower than the bracket can be said: the curves lie too near each other for these runs, or
  /// change places more than once within it (`before` may then be `after`). As with a plateau, the estimate
  /// is the bracket's middle.
  bool is_unclear = false;
  double slope;  ///< of ln(t_a / t_b) by ln(size): near 0 the curves nearly touch
  int runs;      ///< of each solver, that the estimate rests on
};

struct CrossingFindings {
  std::vector<Regime> regimes;
  std::vector<Crossing> crossings;
  Index last_size = 0;                ///< the largest that both could run
  std::optional<Index> first_wall{};  ///< the smallest size seen at which one of the two could not
  std::string wall;                   ///< and why
  int sizes = 0, wins = 0;            ///< looked at, and of those the ones that one solver certainly wins
  int unseen = 0;                     ///< sizes of the grid for which no run was left
  int runs = 0;                       ///< of each solver, in all
};

/// Without a crossing: there is none. The whole range was seen, and both its ends are won or tied; false
/// where the runs cannot tell.
bool is_settled(const CrossingFindings&);

/// Throws std::invalid_argument for a range that is empty or not positive.
CrossingFindings find_crossings(const CrossingSearch&);

}  // namespace crossover
