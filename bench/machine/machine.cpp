#include "bench/machine/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"
#include "bench/machine/microarchitecture.hpp"
#include "bench/machine/version.hpp"
#include "cpu/team.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

#if defined(__clang__)
constexpr const char* compiler_name = __VERSION__;  // says "Clang" itself
#else
constexpr const char* compiler_name = "g++ " __VERSION__;
#endif

/// "48K", "2048K", "260M"; 0 where it is none of these.
std::size_t size_of_text(const std::string& text) {
  std::size_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [unit, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{}) return 0;
  if (unit == end) return value;
  return value << (*unit == 'K' ? 10 : *unit == 'M' ? 20 : *unit == 'G' ? 30 : 0);
}

int count_in_list(const fs::path& file) { return static_cast<int>(cpus_of_list(read_line(file)).size()); }

void read_caches(Machine& machine, const fs::path& root) {
  for (int index = 0; index < 8; ++index) {
    const fs::path folder = root / "sys/devices/system/cpu/cpu0/cache" / ("index" + std::to_string(index));
    const std::string level = read_line(folder / "level");
    if (level.empty() || read_line(folder / "type") == "Instruction") continue;
    CpuCache* cache = level == "1"   ? &machine.l1d
                      : level == "2" ? &machine.l2
                      : level == "3" ? &machine.l3
                                     : nullptr;
    if (!cache) continue;
    cache->bytes = size_of_text(read_line(folder / "size"));
    cache->shared_by = std::max(1, count_in_list(folder / "shared_cpu_list"));
    cache->instances = std::max(1, (machine.online + cache->shared_by - 1) / cache->shared_by);
  }
}

/// CPUs that a quota is worth, rounded up; 0: none.
int quota_cpus(const fs::path& root) {
  double least = 0;
  for (const CgroupPath& path : cgroup_paths(root, "cpu"))
    for (const CgroupLevel& level : path.levels) {
      double quota = 0, period = 0;
      if (path.version == 2) {
        std::istringstream(read_line(level.directory / "cpu.max")) >> quota >> period;  // "max": stays 0
      } else {
        quota =
            static_cast<double>(read_count(level.directory / "cpu.cfs_quota_us").value_or(0));  // -1: none
        period = static_cast<double>(read_count(level.directory / "cpu.cfs_period_us").value_or(0));
      }
      if (quota > 0 && period > 0) least = least > 0 ? std::min(least, quota / period) : quota / period;
    }
  constexpr double most = 1e6;  // whatever a file says
  return static_cast<int>(std::ceil(std::min(least, most)));
}

void read_processors(Machine& machine, const fs::path& root) {
  const std::string cpuinfo = read_system_file(root / "proc/cpuinfo");
  machine.cpu = cpu_name(cpuinfo);
  machine.kind = microarchitecture(cpuinfo);
  machine.virtual_machine = cpuinfo_flag(cpuinfo, "hypervisor");
  machine.online = count_in_list(root / "sys/devices/system/cpu/online");
  if (machine.online == 0) machine.online = static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));

  std::set<std::pair<std::string, std::string>> cores;
  std::set<std::string> sockets;
  std::istringstream lines(cpuinfo);
  std::string socket;
  for (std::string line; std::getline(lines, line);) {
    const std::string value = cpuinfo_value(line);
    if (line.starts_with("physical id")) sockets.insert(socket = value);
    if (line.starts_with("core id")) cores.insert({socket, value});
  }
  machine.cores = cores.empty() ? machine.online : static_cast<int>(cores.size());
  machine.sockets = std::max(1, static_cast<int>(sockets.size()));

  machine.cpus = usable_cpus(root);
  machine.usable = machine.cpus.empty() ? machine.online : static_cast<int>(machine.cpus.size());
  machine.usable_cores = machine.cpus.empty() ? machine.usable : physical_cores(machine.cpus);
  if (const int quota = quota_cpus(root)) {
    machine.usable = std::min(machine.usable, quota);
    machine.usable_cores = std::min(machine.usable_cores, quota);
  }
  machine.usable = std::min(machine.usable, cpu::most_threads());
  machine.usable_cores = std::min(machine.usable_cores, machine.usable);
}

std::string bracketed(const std::string& text) {  // "always [madvise] never"
  const std::size_t begin = text.find('['), end = text.find(']');
  return begin == std::string::npos || end == std::string::npos ? ""
                                                                : text.substr(begin + 1, end - begin - 1);
}

std::string os_name(const fs::path& root) {
  std::istringstream lines(read_system_file(root / "etc/os-release"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("PRETTY_NAME=")) {
      line = line.substr(12);
      std::erase(line, '"');
      return line;
    }
  return {};
}

nlohmann::json to_json(const CpuCache& cache) {
  return {{"bytes", cache.bytes}, {"shared_by", cache.shared_by}, {"instances", cache.instances}};
}

}  // namespace

Machine machine_facts(const fs::path& root) {
  Machine machine;
  read_processors(machine, root);
  read_caches(machine, root);
  machine.page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  machine.memory_bytes = field_of(read_system_file(root / "proc/meminfo"), "MemTotal").value_or(0) * 1024;
  machine.huge_pages = bracketed(read_line(root / "sys/kernel/mm/transparent_hugepage/enabled"));
  machine.kernel = read_line(root / "proc/sys/kernel/osrelease");
  machine.os = os_name(root);
  machine.hypervisor = root == "/" ? hypervisor_signature() : std::string();
  if (machine.hypervisor.empty()) machine.hypervisor = read_line(root / "sys/hypervisor/type");
  if (machine.hypervisor.empty() && machine.virtual_machine)
    machine.hypervisor = read_line(root / "sys/class/dmi/id/sys_vendor");
  machine.virtual_machine = machine.virtual_machine || !machine.hypervisor.empty();
  const fs::path clocks = root / "sys/devices/system/cpu/cpu0/cpufreq";
  machine.governor = read_line(clocks / "scaling_governor");
  if (const auto khz = read_count(clocks / "scaling_cur_freq"))
    machine.frequency_mhz = static_cast<double>(*khz) / 1000;
  machine.compiler = compiler_name;
  machine.flags = build_flags();
  machine.commit = build_commit();
  return machine;
}

Limits default_limits(const Machine& machine, int threads) {
  Limits limits;
  limits.threads = threads;
  if (machine.l2.bytes != 0) limits.cache_bytes = machine.l2.bytes;
  if (machine.l3.bytes != 0)
    limits.last_level_bytes = machine.l3.bytes;
  else if (machine.l2.bytes != 0)
    limits.last_level_bytes = machine.l2.bytes;
  return limits;
}

std::string machine_label(const Machine& machine) {
  return machine.kind + "-" + std::to_string(machine.cores) + "c";
}

nlohmann::json to_json(const Machine& machine) {
  nlohmann::json json{{"label", machine_label(machine)},
                      {"cpu", machine.cpu},
                      {"kind", machine.kind},
                      {"cores", machine.cores},
                      {"sockets", machine.sockets},
                      {"online", machine.online},
                      {"usable", machine.usable},
                      {"usable_cores", machine.usable_cores},
                      {"l1d", to_json(machine.l1d)},
                      {"l2", to_json(machine.l2)},
                      {"l3", to_json(machine.l3)},
                      {"page_bytes", machine.page_bytes},
                      {"memory_bytes", machine.memory_bytes},
                      {"huge_pages", machine.huge_pages},
                      {"kernel", machine.kernel},
                      {"os", machine.os},
                      {"virtual_machine", machine.virtual_machine},
                      {"hypervisor", machine.hypervisor},
                      {"governor", machine.governor},
                      {"frequency_mhz", nullptr},
                      {"compiler", machine.compiler},
                      {"flags", machine.flags},
                      {"commit", machine.commit}};
  if (machine.frequency_mhz) json["frequency_mhz"] = *machine.frequency_mhz;
  return json;
}

}  // namespace crossover
