#include "bench/machine/contention.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"
#include "bench/machine/machine.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

constexpr double noticeable_share = 0.05;  // of the call
constexpr double least_own_share = 0.1;    // waits are of the call, but stolen time is of all processors
constexpr double steal_visible_s = 0.1;    // ten ticks of the counter
constexpr double least_stolen_s = 0.015;   // more than one: a single tick may have begun long before

/// Nanoseconds that a thread waited on a run queue: the second word of its schedstat.
std::optional<double> run_delay_s(const fs::path& schedstat) {
  std::istringstream words(read_system_file(schedstat));
  double ran_ns = 0, waited_ns = 0;
  if (!(words >> ran_ns >> waited_ns)) return std::nullopt;
  return waited_ns * 1e-9;
}

std::map<int, double> waited_s(const fs::path& root) {
  std::map<int, double> found;
  for (const fs::path& task : entries_of(root / "proc/self/task"))
    if (const auto delay_s = run_delay_s(task / "schedstat"))
      found[std::atoi(task.filename().c_str())] = *delay_s;
  return found;
}

/// Threads that ended meanwhile have no second reading; those that began have no first.
std::optional<double> longest_wait_s(const std::map<int, double>& before,
                                     const std::map<int, double>& after) {
  if (before.empty() || after.empty()) return std::nullopt;
  double longest_s = 0;
  for (const auto& [thread, waited] : after) {
    const auto earlier = before.find(thread);
    longest_s = std::max(longest_s, waited - (earlier == before.end() ? 0 : earlier->second));
  }
  return longest_s;
}

/// The groups with a CPU quota: only they can be throttled.
std::vector<fs::path> quotas(const fs::path& root) {
  std::vector<fs::path> found;
  for (const CgroupPath& path : cgroup_paths(root, "cpu"))
    for (const CgroupLevel& level : path.levels) {
      const std::string quota =
          read_line(level.directory / (path.version == 2 ? "cpu.max" : "cpu.cfs_quota_us"));
      if (!quota.empty() && !quota.starts_with("max") && !quota.starts_with("-1"))
        found.push_back(level.directory / "cpu.stat");
    }
  return found;
}

std::optional<std::int64_t> throttled_periods(const std::vector<fs::path>& quotas) {
  std::optional<std::int64_t> sum;
  for (const fs::path& file : quotas)
    if (const auto periods = field_of(read_system_file(file), "nr_throttled"))
      sum = sum.value_or(0) + static_cast<std::int64_t>(*periods);
  return sum;
}

template <class T>
std::optional<T> rise(const std::optional<T>& before, const std::optional<T>& after) {
  return before && after ? std::optional<T>(*after - *before) : std::nullopt;
}

}  // namespace

bool Contention::disturbs(double call_s) const {
  if (throttled.value_or(false)) return true;
  return waited_s ? *waited_s > noticeable_share * call_s : preemptions.value_or(0) > 0;
}

double Contention::without_waits(double call_s) const {
  return std::max(call_s - waited_s.value_or(0), least_own_share * call_s);
}

Contention contention_between(const ContentionCounters& before, const ContentionCounters& after,
                              double call_s) {
  Contention found{.preemptions = rise(before.preemptions, after.preemptions),
                   .waited_s = longest_wait_s(before.waited_s, after.waited_s),
                   .throttled = std::nullopt};
  const double stolen_s = rise(before.stolen_s, after.stolen_s).value_or(0);
  if (stolen_s >= least_stolen_s && call_s >= steal_visible_s)
    found.waited_s = found.waited_s.value_or(0) + stolen_s;
  if (const auto periods = rise(before.throttled_periods, after.throttled_periods))
    found.throttled = *periods > 0;
  return found;
}

ContentionReader::ContentionReader(fs::path root) : root_(std::move(root)), quotas_(quotas(root_)) {}

ContentionCounters ContentionReader::read(bool closely) const {
  ContentionCounters now;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) now.preemptions = usage.ru_nivcsw;
  if (!closely) return now;
  now.waited_s = waited_s(root_);
  now.stolen_s =
      steal_seconds(read_system_file(root_ / "proc/stat"), static_cast<double>(sysconf(_SC_CLK_TCK)));
  now.throttled_periods = throttled_periods(quotas_);
  return now;
}

}  // namespace crossover
