#include <unistd.h>

#include <chrono>
#include <sstream>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"
#include "bench/machine/machine.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// Each round needs the last one's result: its time is latency times rounds, whatever the compiler does.
std::uint64_t spin(std::uint64_t value) {
  constexpr int rounds = 1'250'000;  // about 2 ms: a multiply and an add take 4 to 5 cycles
  for (int i = 0; i < rounds; ++i) value = value * 6364136223846793005u + 1442695040888963407u;
  return value;
}

}  // namespace

double steal_seconds(std::string_view proc_stat, double ticks_per_s) {
  std::istringstream words{std::string(proc_stat.substr(0, proc_stat.find('\n')))};
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0;
  words >> name >> user >> nice >> system >> idle >> wait >> irq >> softirq >> steal;
  return words && name == "cpu" && ticks_per_s > 0 ? steal / ticks_per_s : 0;
}

Disturbance sample_disturbance(const fs::path& root) {
  Disturbance now;
  now.steal_s =
      steal_seconds(read_system_file(root / "proc/stat"), static_cast<double>(sysconf(_SC_CLK_TCK)));
  for (const CgroupPath& path : cgroup_paths(root, "cpu"))
    for (const CgroupLevel& level : path.levels)
      now.throttled_periods += static_cast<std::int64_t>(
          field_of(read_system_file(level.directory / "cpu.stat"), "nr_throttled").value_or(0));
  const auto begin = std::chrono::steady_clock::now();
  volatile std::uint64_t kept = spin(static_cast<std::uint64_t>(begin.time_since_epoch().count()));
  now.spin_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  static_cast<void>(kept);
  return now;
}

}  // namespace crossover
