#include "bench/machine/energy.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"
#include "common/execution.hpp"
#include "cpu/shared_library.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// What of a GPU's driver answers about energy. Declared here as nvml.h has it: the header is not needed.
using NvmlDevice = void*;
using NvmlStatus = int;
constexpr NvmlStatus nvml_success = 0;

/// Why the file cannot be read; empty where it can.
std::string why_unreadable(const fs::path& file) {
  if (read_count(file)) return {};
  read_system_file(file);
  return file.string() + ": " + (errno ? std::strerror(errno) : "holds no number");
}

}  // namespace

class EnergyMeter::Nvml {
 public:
  /// Throws Unavailable.
  explicit Nvml(const std::string& pci_bus)
      : library_("NVML", "CROSSOVER_NVML", {"libnvidia-ml.so.1"}, "it comes with the GPU's driver"),
        shutdown_(library_.get<NvmlStatus()>("nvmlShutdown")),
        energy_(library_.get<NvmlStatus(NvmlDevice, unsigned long long*)>(
            "nvmlDeviceGetTotalEnergyConsumption")) {
    const auto init = library_.get<NvmlStatus()>("nvmlInit_v2");
    const auto find = library_.get<NvmlStatus(const char*, NvmlDevice*)>("nvmlDeviceGetHandleByPciBusId_v2");
    expect(init(), "nvmlInit_v2");
    started_ = true;
    expect(find(pci_bus.c_str(), &device_), "nvmlDeviceGetHandleByPciBusId_v2");
    unsigned long long ignored = 0;
    expect(energy_(device_, &ignored), "nvmlDeviceGetTotalEnergyConsumption");
  }
  ~Nvml() {
    if (started_) shutdown_();
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  std::optional<std::uint64_t> read_mj() const {
    unsigned long long energy_mj = 0;
    if (energy_(device_, &energy_mj) != nvml_success) return std::nullopt;
    return energy_mj;
  }

 private:
  void expect(NvmlStatus status, const char* call) {
    if (status == nvml_success) return;
    const auto text = library_.find<const char*(NvmlStatus)>("nvmlErrorString");
    if (started_) shutdown_();
    throw Unavailable(std::string(call) + ": " + (text ? text(status) : "status " + std::to_string(status)));
  }

  cpu::SharedLibrary library_;
  NvmlStatus (*shutdown_)();
  NvmlStatus (*energy_)(NvmlDevice, unsigned long long*);
  NvmlDevice device_ = nullptr;
  bool started_ = false;
};

EnergyMeter::EnergyMeter(const std::string& pci_bus, const fs::path& root) {
  const fs::path folder = root / "sys/class/powercap";
  std::vector<fs::path> zones = entries_of(folder);
  std::ranges::sort(zones);
  packages_why_not_ = folder.string() + " has no package: this kernel or virtual machine shows no RAPL";
  for (const fs::path& zone :
       zones) {  // cores, DRAM and psys are zones too: parts of a package, or more than it
    if (!read_line(zone / "name").starts_with("package")) continue;
    if (zone.filename().string().starts_with("intel-rapl-mmio"))
      continue;  // the same package, read another way
    if (const std::string why = why_unreadable(zone / "energy_uj"); !why.empty()) {
      packages_.clear();  // a sum without one of them would be too small
      packages_why_not_ = why + ": as root, or after chmod a+r of it, it can be read";
      break;
    }
    packages_.push_back({zone / "energy_uj", read_count(zone / "max_energy_range_uj").value_or(0)});
    packages_why_not_.clear();
  }
  if (pci_bus.empty()) {
    device_why_not_ = "no GPU";
    return;
  }
  try {
    nvml_ = std::make_unique<Nvml>(pci_bus);
  } catch (const Unavailable& unavailable) {
    device_why_not_ = unavailable.what();
  }
}

EnergyMeter::~EnergyMeter() = default;

EnergyCounters EnergyMeter::read() const {
  EnergyCounters counters;
  for (const Package& package : packages_) {
    const auto value = read_count(package.counter);
    if (value) counters.packages_uj.push_back(*value);
  }
  if (nvml_) counters.device_mj = nvml_->read_mj();
  return counters;
}

Energy EnergyMeter::between(const EnergyCounters& before, const EnergyCounters& after) const {
  Energy energy;
  const std::size_t count = packages_.size();
  if (count > 0 && before.packages_uj.size() == count && after.packages_uj.size() == count) {
    double sum_uj = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t from = before.packages_uj[i], to = after.packages_uj[i];
      sum_uj += static_cast<double>(to >= from ? to - from : to + packages_[i].range_uj - from);
    }
    energy.packages_j = sum_uj * 1e-6;
  }
  if (before.device_mj && after.device_mj && *after.device_mj >= *before.device_mj)
    energy.device_j = static_cast<double>(*after.device_mj - *before.device_mj) * 1e-3;
  return energy;
}

}  // namespace crossover
