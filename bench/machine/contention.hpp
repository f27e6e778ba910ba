// What took the processors away from this process while a call was timed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

namespace crossover {

/// Counters that only rise. Empty: not looked at, or not known here.
struct ContentionCounters {
  std::optional<std::int64_t> preemptions;        ///< involuntary context switches, all threads (getrusage)
  std::map<int, double> waited_s;                 ///< by thread: ready to run, but waiting for a processor
  std::optional<double> stolen_s;                 ///< time the hypervisor gave to others, in ticks of 10 ms
  std::optional<std::int64_t> throttled_periods;  ///< in which a control group's CPU quota was used up
};

/// What happened during one timed call.
struct Contention {
  std::optional<std::int64_t> preemptions;  ///< empty: nobody looked, as in the next two
  /// Of the thread that waited longest; stolen time included, where the call is long enough to tell.
  std::optional<double> waited_s;
  std::optional<bool> throttled;  ///< empty: no control group has a quota, or the call was too short to look

  /// Whether a call of `call_s` seconds would have been faster on a quiet machine.
  bool disturbs(double call_s) const;
  /// The call without the longest wait of a thread for a processor, where that was looked at: what other work
  /// adds to a computation of threads that wait for each other. At least a tenth of the call.
  double without_waits(double call_s) const;
};

Contention contention_between(const ContentionCounters& before, const ContentionCounters& after,
                              double call_s);

/// Calls from here on are looked at closely: reading costs tens of microseconds, before and after.
inline constexpr double close_look_s = 1e-3;

class ContentionReader {
 public:
  /// Finds the control groups that have a CPU quota.
  explicit ContentionReader(std::filesystem::path root = "/");
  /// The counters now; all but the preemptions only with `closely`.
  ContentionCounters read(bool closely) const;

 private:
  std::filesystem::path root_;
  std::vector<std::filesystem::path> quotas_;  ///< their cpu.stat
};

}  // namespace crossover
