#include "gpu/device.hpp"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gpu/availability.hpp"
#include "gpu/check.hpp"
#include "gpu/cublas.hpp"

namespace crossover::gpu {
namespace {

namespace fs = std::filesystem;

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

/// First line of a file of the kernel's; empty where it cannot be read.
std::string line_of(const fs::path& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

/// As the kernel spells it: "0000:3b:00.0".
std::string bus_id(int device) {
  std::string id(32, '\0');
  CUDA_CHECK(cudaDeviceGetPCIBusId(id.data(), static_cast<int>(id.size()), device));
  id.resize(id.find('\0'));
  std::transform(id.begin(), id.end(), id.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return id;
}

std::string compute_mode(int device) {
  switch (attribute(cudaDevAttrComputeMode, device)) {
    case cudaComputeModeDefault: return "shared";
    case cudaComputeModeExclusiveProcess: return "one process at a time";
    default: break;
  }
  return "prohibited or exclusive";
}

/// Empty where the machine does not look like one. There, copies are slower and do not overlap.
std::string confidential_guest() {
  std::error_code error;
  for (const char* path : {"/dev/tdx_guest", "/dev/tdx-guest"})
    if (fs::exists(path, error)) return "Intel TDX guest: copies are encrypted, and slower";
  if (fs::exists("/dev/sev-guest", error)) return "AMD SEV guest: copies may be encrypted, and slower";
  return {};
}

/// "0", or "none told" (-1: the kernel does not know, or there is one node).
std::string numa_node(const fs::path& pci_folder) {
  const std::string node = line_of(pci_folder / "numa_node");
  return node.empty() || node[0] == '-' ? "none told" : node;
}

/// "NAME=value ..." of the variables that change results or times silently; empty where none is set.
std::string overriding_environment() {
  auto found = cublas_environment();
  for (const char* name : {"CUDA_LAUNCH_BLOCKING", "CUDA_MODULE_LOADING", "CUDA_DEVICE_MAX_CONNECTIONS",
                           "CUDA_FORCE_PTX_JIT", "CUDA_VISIBLE_DEVICES"})
    if (const char* value = std::getenv(name)) found.emplace_back(name, value);
  std::string text;
  for (const auto& [name, value] : found) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

/// "50", "5.5".
std::string mebibytes(int bytes) {
  std::ostringstream text;
  text << static_cast<double>(bytes) / (1 << 20);
  return text.str();
}

/// "PCIe gen 5 x16 (32.0 GT/s)" of the kernel's "32.0 GT/s PCIe" and "16".
std::string link_of(const std::string& speed, const std::string& width) {
  constexpr std::array<std::pair<double, int>, 6> generations = {
      {{2.5, 1}, {5, 2}, {8, 3}, {16, 4}, {32, 5}, {64, 6}}};
  const double transfers = std::strtod(speed.c_str(), nullptr);
  for (const auto& [of_generation, generation] : generations)
    if (transfers == of_generation)
      return "PCIe gen " + std::to_string(generation) + " x" + width + " (" +
             speed.substr(0, speed.find(" PCIe")) + ")";
  return speed + " x" + width;
}

using Facts = std::vector<std::pair<std::string, std::string>>;

void add_numbers(Facts& facts, int device) {
  const auto number = [device](cudaDeviceAttr which) { return std::to_string(attribute(which, device)); };
  facts.emplace_back("compute capability", number(cudaDevAttrComputeCapabilityMajor) + "." +
                                               number(cudaDevAttrComputeCapabilityMinor));
  facts.emplace_back("multiprocessors", number(cudaDevAttrMultiProcessorCount));
  facts.emplace_back("clock, kHz", number(cudaDevAttrClockRate));
  facts.emplace_back("memory clock, kHz", number(cudaDevAttrMemoryClockRate));
  facts.emplace_back("memory bus, bits", number(cudaDevAttrGlobalMemoryBusWidth));
  facts.emplace_back("L2, MiB", mebibytes(attribute(cudaDevAttrL2CacheSize, device)));
  facts.emplace_back("copy engines", number(cudaDevAttrAsyncEngineCount));
}

void add_setting(Facts& facts, int device) {
  facts.emplace_back("ECC", attribute(cudaDevAttrEccEnabled, device) ? "on" : "off");
  facts.emplace_back("compute mode", compute_mode(device));
  facts.emplace_back("host memory can be registered",
                     attribute(cudaDevAttrHostRegisterSupported, device) ? "yes" : "no");
  std::error_code error;
  facts.emplace_back("persistence daemon",
                     fs::exists("/run/nvidia-persistenced/socket", error) ? "running" : "not seen");
  if (const std::string guest = confidential_guest(); !guest.empty())
    facts.emplace_back("confidential machine", guest);
  if (const std::string set = overriding_environment(); !set.empty()) facts.emplace_back("environment", set);
  const std::string bus = bus_id(device);
  const fs::path folder = "/sys/bus/pci/devices/" + bus;
  facts.emplace_back("bus", bus);
  facts.emplace_back("link", link_text(folder));
  facts.emplace_back("NUMA node", numa_node(folder));
}

}  // namespace

std::string link_text(const fs::path& pci_folder) {
  const auto link = [&](const std::string& which) -> std::string {
    const std::string speed = line_of(pci_folder / (which + "_link_speed"));
    return speed.empty() ? "" : link_of(speed, line_of(pci_folder / (which + "_link_width")));
  };
  const std::string now = link("current"), most = link("max");
  if (now.empty()) return "unknown";
  return most.empty() ? now + " now" : now + " now, " + most + " at most";
}

std::string module_version(const std::string& line) {
  std::istringstream words(line);
  for (std::string word; words >> word;)
    if (std::isdigit(static_cast<unsigned char>(word[0])) && word.find('.') != std::string::npos) return word;
  return {};
}

Device describe(int device) {
  const Attempt found = attempt(device);
  Device described{.name = "none"};
  Facts& facts = described.facts;
  const std::string module = module_version(line_of("/proc/driver/nvidia/version"));
  facts.emplace_back("driver", found.driver_version == 0
                                   ? "none"
                                   : (module.empty() ? "" : module + ", ") + "up to CUDA " +
                                         version_name(found.driver_version));
  facts.emplace_back("runtime", "CUDA " + version_name(found.runtime_version));
  if (found.status != cudaSuccess) return described;

  cudaDeviceProp properties{};
  CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  described.name = properties.name;
  CUDA_CHECK(cudaMemGetInfo(&described.free_bytes, &described.total_bytes));
  const auto l2_bytes = static_cast<std::size_t>(attribute(cudaDevAttrL2CacheSize, device));
  described.limits = Limits{.threads = 1,
                            .cache_bytes = l2_bytes,
                            .last_level_bytes = l2_bytes,
                            .multiprocessors = attribute(cudaDevAttrMultiProcessorCount, device)};
  add_numbers(facts, device);
  add_setting(facts, device);
  return described;
}

}  // namespace crossover::gpu
