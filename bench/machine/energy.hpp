// The energy that the CPU's packages and a GPU used meanwhile, from counters that only rise.
//
// Packages: the kernel's powercap files (RAPL: Intel and AMD), which most machines let only root read. A GPU:
// NVML's nvmlDeviceGetTotalEnergyConsumption (since Volta), from libnvidia-ml.so.1, which comes with the
// driver. Both count the idle machine too: other programs, leakage, fans' share of a board.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crossover {

/// Counters now; in the order of the packages. Empty: not readable.
struct EnergyCounters {
  std::vector<std::uint64_t> packages_uj;
  std::optional<std::uint64_t> device_mj;
};

/// Joules between two readings; empty: not readable.
struct Energy {
  std::optional<double> packages_j{}, device_j{};
};

/// Below so many seconds of calls in all, the counters are too coarse: RAPL's rises every millisecond, NVML's
/// every tens of them.
inline constexpr double packages_resolve_s = 0.1, device_resolve_s = 1;

class EnergyMeter {
 public:
  /// `pci_bus` of the GPU, as "0000:3b:00.0"; empty: none. CROSSOVER_NVML in the environment names another
  /// library. Starts NVML where there is one: not for a process that forks afterwards. Never throws for what
  /// cannot be read: the two sentences say why.
  explicit EnergyMeter(const std::string& pci_bus = {}, const std::filesystem::path& root = "/");
  ~EnergyMeter();
  EnergyMeter(const EnergyMeter&) = delete;
  EnergyMeter& operator=(const EnergyMeter&) = delete;

  /// Why they cannot be read, in a sentence that says what to do; empty where they can.
  const std::string& packages_why_not() const { return packages_why_not_; }
  const std::string& device_why_not() const { return device_why_not_; }
  bool reads_anything() const { return packages_why_not_.empty() || device_why_not_.empty(); }

  EnergyCounters read() const;
  /// `after` was read later. A package's counter may have wrapped once between them, at most.
  Energy between(const EnergyCounters& before, const EnergyCounters& after) const;

 private:
  struct Package {
    std::filesystem::path counter;
    std::uint64_t range_uj;  ///< it wraps there; 0: not known
  };
  class Nvml;

  std::vector<Package> packages_;
  std::unique_ptr<Nvml> nvml_;
  std::string packages_why_not_, device_why_not_;
};

}  // namespace crossover
