// One case in a process of its own: its forecast from small pieces, and its first call.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "bench/measure/timed_call.hpp"
#include "bench/plan/plan.hpp"

namespace crossover {

struct CaseJob {
  int id;
  const Case& subject;
  const Group& group;
  const Options& options;
  Limits limits;
  std::span<const HostArray> in;
  HostMemory* memory;
  int chunks = 1;               ///< see Task
  std::span<const int> cpus{};  ///< see Task
  int usable = 1;               ///< CPUs that this process may use
  bool crowded = false;         ///< it has more threads than that: see is_crowded()
  std::string_view setting{};   ///< see Task
};

/// Its solver's own, if it has one.
inline double error_bound(const CaseJob& job) {
  return error_bound(*job.subject.solver, job.group.shape, job.group.type);
}

/// Whether a case is sampled in another process, after a call of `call_s`: one that takes half of the budget
/// is called again at once instead.
inline bool has_budget_left(double budget_s, double call_s) { return 2 * call_s < budget_s; }

/// Brings up what the case needs in this process; seconds of each part.
std::map<std::string, double> start_backend(const CaseJob&, const World&);

/// The execution of the whole case, not yet opened; rehearsed failures included.
std::unique_ptr<Execution> open_case(const CaseJob&);

/// Lets the backend try what is best for the case, where it has something to choose; reports what it found.
void tune_case(const CaseJob&, const World&);

/// Seconds that a call will take, from calls on growing pieces; stops as soon as the timeout is well out of
/// danger (then it may be too high: what every call pays is counted as if it grew), or the forecast has
/// settled. 0 where no axis can be cut. Throws what the execution throws.
double forecast_call(const CaseJob&, const World&, double timeout_s);

/// Startup, opening, first call, check, results on disk, closing: everything a script's user waits for
/// but the making of the inputs. A call too long for samples is called once more, for its headline.
/// `began_s`: when the process was started; `launch_s`: from starting the program to its main. Failures are
/// reported, not thrown.
void run_first_call(const CaseJob&, const World&, const Oracle&, double began_s, double launch_s);

/// Brings up what the case needs and opens the execution, several times where that is quick; reports each
/// opening and closing as a sample. Null where it failed (reported); DeviceLost is reported and thrown.
std::unique_ptr<Execution> open_for_sampling(const CaseJob&, const World&);

}  // namespace crossover
