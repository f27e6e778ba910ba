// Options -> groups of cases. A group is one problem at one shape and type: its inputs are made once,
// and every solver reads the same bytes. A case is one solver with its threads and transfer mode.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "bench/machine/machine.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/plan/options.hpp"
#include "bench/plan/probe.hpp"
#include "bench/rivals/rivals.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

struct Case {
  const Backend* backend;
  const SolverInfo* solver;  ///< null: the backend has none for this problem
  int threads = 1;
  std::string transfer;
  const RivalReport* rival = nullptr;     ///< of --rivals, once it was looked for; it outlives the case
  SimulatedMachine* simulated = nullptr;  ///< of --backend sim, which outlives the case; null: a real one
};

/// It has more threads than CPUs may be used: they take turns.
inline bool is_crowded(const Case& subject, const Machine& machine) {
  return subject.threads > machine.usable;
}

inline bool is_on_device(const Case& subject) { return subject.transfer != "none"; }

/// Whether --bind ties its threads to CPUs: a library's own threads it cannot tie, and a device has none.
bool is_bound(const Case&, const Options&);

struct Group {
  const Problem* problem;
  Shape shape;
  Type type;
  std::vector<Case> cases;
  double budget_s, timeout_s;
  std::string once_solver;  ///< past the wall: may take `once_timeout_s`, and is called once. (optional)
  double deadline_s = std::numeric_limits<double>::infinity();  ///< of the run, by steady_now_s()
  double share_s = std::numeric_limits<double>::infinity();  ///< for a case's samples, of what is left then
  double left_s(double now_s) const { return std::max(0.0, deadline_s - now_s); }
};

/// How long the one call of Group::once_solver may take.
inline constexpr double once_timeout_s = 600;

/// What one call may take: the solver's timeout, or what is left of the run where that is less.
struct CallLimit {
  double timeout_s, left_s;
  bool once;  ///< see once_timeout_s
  double seconds() const { return std::min(timeout_s, left_s); }
  /// How a call of `call_s` ends that passes the limit: too_slow, or not_run where the solver's timeout
  /// holds.
  Outcome outcome(double call_s) const { return call_s > timeout_s ? Outcome::too_slow : Outcome::not_run; }
  /// What it passes: "the timeout of 8.50 s (--timeout allows more)", "the 3 s that --within leaves".
  std::string text(double call_s) const;
};

/// Of a call that begins at `now_s`.
CallLimit call_limit(const Group&, std::string_view solver, double now_s);

/// What a step that is no call may take until it says something: five timeouts, a minute at least, and time
/// for the bytes that it touches on a slow machine.
double step_limit_s(const Group&, double bytes);

/// Of inputs and outputs together.
double data_bytes(const Group&);

/// Why a case was not run when the run's time was over.
inline constexpr const char* out_of_time = "the time of --within was over (a longer one runs it)";

/// Bytes that a case needs, by arithmetic, and whether they fit.
struct Need {
  std::int64_t input_bytes = 0;  ///< of the group, in host memory
  Footprint own;
  Limits limits{};  ///< what the solver's workspace was computed with
  std::size_t available_host_bytes = 0;
  std::string limit;                                    ///< which limit of the host is the tightest
  std::optional<std::size_t> available_device_bytes{};  ///< empty: no device
  int callers = 1;                                      ///< at once; they share the inputs alone
  bool fits_host = true, fits_device = true;
  int chunks = 1;         ///< pieces that the device gets one after the other; own is the need of that many
  int finest_chunks = 1;  ///< the most that were tried
  std::optional<std::size_t> finest_device_bytes{};  ///< what is known of the need of those
  std::string cannot{};  ///< why the solver cannot take pieces of that shape; empty where it can
  bool fits() const { return fits_host && fits_device; }
  std::int64_t host_bytes() const {
    return input_bytes + static_cast<std::int64_t>(own.host_bytes + own.pinned_bytes);
  }
  /// Of all callers, the slack of their processes included.
  std::size_t together_host_bytes() const;
};

/// Finer pieces would be launches and little else.
inline constexpr int most_chunks = 4096;

/// Whether what every call reads and writes stays in the last cache from call to call: then samples of a case
/// follow one another, as another case's would empty it. `needs`: of the cases that are sampled together.
bool stays_cached(std::span<const Need> needs, const Options&, const Machine&);

std::vector<Group> plan_groups(const Options&);

/// Every combination of the sizes of each axis, the last axis fastest.
std::vector<Shape> sweep(const std::vector<std::vector<Index>>& sizes);

/// Tells the rivals' cases what was found out about them. The reports must outlive the groups.
void link_rivals(std::vector<Group>&, std::span<const RivalReport>);

/// `available_device_bytes`: free and allowed; empty where there is no device. Of a need that is not known,
/// what is known has to fit. What does not fit, or is too long for the solver, is cut into the fewest pieces,
/// up to `chunks`, that do; where none do, 1.
Need need_of(const Group&, const Case&, const MemoryLimits&, const Limits&,
             std::optional<std::size_t> available_device_bytes = {}, int chunks = most_chunks);

/// Of every case, with the limits of the memory it works in; uncut with --over-the-wall.
std::vector<Need> needs_of(const Group&, const Options&, const Machine&, const MemoryLimits&,
                           std::span<const ProbedDevice>);

/// Of `cases`, in their order, as many at once as the memory of host and device holds; needs[i] is of case i.
std::vector<std::vector<int>> that_fit_together(std::span<const int> cases, std::span<const Need> needs);

/// The row of what is not there, or was not seen in the time that --within left.
void settle_absent(Row&, const std::string& reason);

/// Why nothing has to be run for the case (an absent backend or solver, a shape it cannot take, memory that
/// it would not fit into): fills outcome and reason. False where it must be run.
bool settle(Row&, const Case&, const Group&, const Need&, const DeviceReport*, const Options&);

/// The columns of memory, and into how many pieces the call is cut. Null: no device.
void note_need(Row&, const Need&, const DeviceReport*);

/// The columns that are known before anything ran.
Row planned_row(const Options&, const Group&, const Case&);

/// For files and screens: "similarity corpus=1000 queries=100 dim=100 k=3 f32".
std::string title_of(const Problem&, const Shape&, Type);

}  // namespace crossover
