// What the kernel says of the machine and of this process. An input is a row of files: a byte that chooses
// one of `names`, then its text, up to a zero byte.
#include "bench/machine/machine.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/machine/contention.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/machine/topology.hpp"
#include "fuzz.hpp"

using namespace crossover;

namespace {

constexpr std::array names = {
    "proc/self/mountinfo",
    "proc/self/cgroup",
    "proc/self/status",
    "proc/cpuinfo",
    "proc/meminfo",
    "sys/devices/system/cpu/online",
    "proc/stat",
    "proc/vmstat",
    "etc/os-release",
    "sys/fs/cgroup/cpu.max",
    "sys/fs/cgroup/memory.max",
    "sys/fs/cgroup/memory.current",
    "sys/fs/cgroup/memory.stat",
    "sys/fs/cgroup/memory.events",
    "sys/fs/cgroup/cpu.stat",
    "sys/fs/cgroup/cpu.cfs_quota_us",
    "sys/fs/cgroup/cpu.cfs_period_us",
    "sys/fs/cgroup/memory.limit_in_bytes",
    "sys/fs/cgroup/memory.usage_in_bytes",
    "sys/fs/cgroup/memory.oom_control",
    "sys/devices/system/cpu/cpu0/cache/index0/level",
    "sys/devices/system/cpu/cpu0/cache/index0/type",
    "sys/devices/system/cpu/cpu0/cache/index0/size",
    "sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_list",
    "sys/devices/system/cpu/cpu0/topology/core_cpus_list",
    "sys/devices/system/cpu/cpu0/topology/physical_package_id",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
    "sys/devices/system/node/node0/cpulist",
    "sys/kernel/mm/transparent_hugepage/enabled",
    "proc/self/task/1/schedstat",
    "sys/class/powercap/intel-rapl:0/name",
    "sys/class/powercap/intel-rapl:0/energy_uj",
    "sys/class/powercap/intel-rapl:0/max_energy_range_uj",
};

/// One tree for all inputs; its files are emptied after each.
class Root {
 public:
  Root() {
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    std::string pattern = std::string(in_memory ? "/dev/shm" : "/tmp") + "/crossover-fuzz-XXXXXX";
    fuzz::require(mkdtemp(pattern.data()) != nullptr, "there is a place for files");
    path_ = pattern;
    for (const char* name : names) std::filesystem::create_directories((path_ / name).parent_path());
  }
  ~Root() { std::filesystem::remove_all(path_); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  void fill(std::string_view input) const {
    for (const char* name : names) std::filesystem::remove(path_ / name);
    while (!input.empty()) {
      const std::size_t end = std::min(input.find('\0', 1), input.size());
      const auto which = static_cast<unsigned char>(input.front()) % names.size();
      std::ofstream(path_ / names[which], std::ios::binary) << input.substr(1, end - 1);
      input.remove_prefix(std::min(end + 1, input.size()));
    }
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Root root;
  root.fill(fuzz::text_of(data, size));
  const Machine machine = machine_facts(root.path());
  fuzz::require(machine.online > 0 && machine.usable > 0 && machine.usable_cores > 0, "there is a CPU");
  to_json(machine).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  machine_label(machine);
  default_limits(machine, 1);
  binding_order(machine.cpus, Binding::spread);
  host_memory_limits(root.path()).tightest();
  oom_kills(root.path());
  const ContentionReader contention(root.path());
  contention_between(contention.read(true), contention.read(true), 1);
  const EnergyMeter meter("", root.path());
  meter.between(meter.read(), meter.read());
  return 0;
}
