// One call and its clock: what is timed, and how it is checked. Nothing here decides what is called next.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bench/measure/events.hpp"

namespace crossover {

/// What the harness needs from the world.
struct World {
  std::function<double()> now;         ///< steady seconds
  std::function<void(double)> pause;   ///< a quiet gap, in seconds, for idle teams to fall asleep
  std::function<void()> flush_caches;  ///< before each sample with --cache cold
  Report report;
  std::function<ContentionCounters(bool closely)> contention;  ///< what disturbs the calls. (optional)
  std::shared_ptr<const EnergyMeter> energy{};                 ///< what they use. (optional)
};

/// The real clock and gaps; caches are flushed by writing `flush_bytes` (twice the last level), which
/// are taken at once. Throws std::bad_alloc.
World real_world(Report report, std::size_t flush_bytes);

struct Subject {
  int id;                   ///< of the case in its group
  Execution* execution;     ///< opened
  bool baseline_candidate;  ///< a CPU solver
  double spent_s = 0;       ///< of its budget, before: its first call
  bool crowded = false;  ///< more threads than processors: they wait for each other, which is no disturbance
  double error_bound = 0;               ///< the solver's own, if it has one
  std::function<void()> take_places{};  ///< threads back to their CPUs, after another's ran. (optional)
};

struct TimedCall {
  double seconds = 0;
  Contention contention{};
};

/// The outputs against the oracle, and nothing written outside them since poison().
Check check_of(const Subject&, const Oracle&);

/// Poisons, calls once and compares with the oracle; reports the outcome. Returns whether it was right.
/// Without an oracle (a modelled call has no result) nothing is compared or reported. `called` is told of the
/// call before it is checked. (optional)
bool verify_call(const World&, const Subject&, const Oracle&,
                 const std::function<void(const TimedCall&)>& called = {});

/// Runs the steps, each with its wait, and reports them as one sample of `kind`.
PhaseSeconds timed_steps(const World&, int id, const char* kind, int block, Execution&,
                         const std::vector<Step>& steps);

/// The same, and what disturbed it, looked at `closely` or not.
TimedCall watched_call(const World&, const Subject&, const std::vector<Step>& steps, bool closely);

/// One call as a user would write it: all steps, one wait at the end. Seconds.
double timed_call(const World&, Execution&, const std::vector<Step>& steps);

}  // namespace crossover
