// A search for crossings of two cases: what a visit of a size is on a real machine, or on the simulated one.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bench/base/progress.hpp"
#include "bench/machine/machine.hpp"
#include "bench/measure/child_end.hpp"
#include "bench/plan/plan.hpp"
#include "bench/plan/probe.hpp"
#include "bench/plan/question.hpp"
#include "bench/search/crossing.hpp"
#include "bench/search/wall.hpp"
#include "bench/worker/breakeven.hpp"
#include "bench/worker/pair.hpp"

namespace crossover {

/// A search that cannot go on: not a wall, which is a result.
struct SearchFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The user has ended it.
struct SearchInterrupted {};

/// The two cases that --compare names, or the CPU's fastest by pilot calls and the GPU's default, on the
/// machine that is measured or simulated; data moves in the backend's default mode. Throws UsageError where
/// one of them cannot run here.
std::vector<Case> pair_cases(const Options&, const Machine&, std::span<const ProbedDevice>);

/// "openmp (2)", "cuda cub, pageable".
std::string label_of(const Case&);

/// What one process saw of both at one size.
struct PairSamples {
  std::array<std::vector<PhaseSeconds>, 2> blocks;  ///< of calls, or of phases
  std::array<PhaseSeconds, 2> around;               ///< medians of opening and closing
  std::array<std::int64_t, 2> disturbed{};          ///< blocks in which other work had the processors
  std::string wall;                                 ///< why one of the two cannot run
  std::string doubt;                                ///< of a model that answers with little to rest on
};

/// Measures the job's cases in a process of their own, or simulates them; `hear` is told each event. Throws
/// SearchInterrupted.
ChildEnd measure_or_simulate(const PairJob&, const std::function<void(const Event&)>& hear);

class PairSearch {
 public:
  /// All of them outlive it.
  PairSearch(const Options&, const Machine&, std::span<const ProbedDevice>, const std::vector<Case>& two);

  CrossingFindings find(const Question&);
  /// Of the last search: what the model warns of, by size. Empty on a real machine.
  const std::map<Index, std::string>& doubts() const { return doubts_; }
  /// Of the last search: of each case's samples, the share in which other work had the processors.
  std::array<double, 2> disturbed_shares() const;
  /// At one size, where one of the two is on a device and the other is not; empty where they met a wall.
  std::optional<BreakEven> break_even_at(Index size);

  /// "row_means cols=1000 f32".
  std::string title() const;
  Group group_at(Index size) const;
  std::vector<Need> needs(const Group&) const;
  /// Why one of the two cannot run, by arithmetic; empty where both can.
  std::string wall(Index size) const;

 private:
  /// Of a case's seconds: 1, or its price over that of the second case, where cost is asked for.
  double weight(std::size_t side, const Question&) const;
  PairSamples sample(Index size, int blocks, bool split);
  std::vector<Index> probes() const;
  const Axis& axis() const;

  const Options& options_;
  const Machine& machine_;
  const std::span<const ProbedDevice> devices_;
  const std::vector<Case>& cases_;
  Progress progress_;
  int runs_ = 0;
  std::array<std::int64_t, 2> disturbed_{};
  std::map<Index, std::string> doubts_;
};

/// Of both cases, in each memory that they need, by arithmetic alone.
std::vector<Wall> walls_of_pair(const PairSearch&, const std::vector<Case>& two, const Options&);

}  // namespace crossover
