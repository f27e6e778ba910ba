// The CUDA backend: its device in words. Its table of solvers is empty in this version.
#include "common/backend.hpp"

#include <cuda_runtime_api.h>

#include <fstream>

#include "gpu/availability.hpp"
#include "gpu/check.hpp"

namespace crossover {
namespace {

std::string unavailable(int device) {
  const std::string why = gpu::reason(gpu::attempt(device));
  return why.empty() ? "this version has no CUDA solvers yet: the device answers, but nothing runs on it"
                     : why;
}

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

/// First line of a file of the kernel's; empty where it cannot be read.
std::string line_of(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

/// "32.0 GT/s PCIe x16" as the link is now: an idle device may have slowed it down. The runtime does
/// not tell; the kernel does.
std::string link(const std::string& bus_id) {
  const std::string folder = "/sys/bus/pci/devices/" + bus_id;
  const std::string speed = line_of(folder + "/current_link_speed");
  return speed.empty() ? "unknown" : speed + " x" + line_of(folder + "/current_link_width");
}

std::string bus_id(int device) {
  std::string id(32, '\0');
  CUDA_CHECK(cudaDeviceGetPCIBusId(id.data(), static_cast<int>(id.size()), device));
  id.resize(id.find('\0'));
  for (char& c : id)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');  // as the kernel spells it
  return id;
}

Device describe(int device) {
  const gpu::Attempt found = gpu::attempt(device);
  Device described{.name = "none"};
  auto& facts = described.facts;
  facts.emplace_back("driver",
                     found.driver_version ? "CUDA " + gpu::version_name(found.driver_version) : "none");
  facts.emplace_back("runtime", "CUDA " + gpu::version_name(found.runtime_version));
  if (found.status != cudaSuccess) return described;

  cudaDeviceProp properties{};
  CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  described.name = properties.name;
  CUDA_CHECK(cudaMemGetInfo(&described.free_bytes, &described.total_bytes));
  const auto number = [device](cudaDeviceAttr which) { return std::to_string(attribute(which, device)); };
  facts.emplace_back("compute capability", number(cudaDevAttrComputeCapabilityMajor) + "." +
                                               number(cudaDevAttrComputeCapabilityMinor));
  facts.emplace_back("multiprocessors", number(cudaDevAttrMultiProcessorCount));
  facts.emplace_back("clock, kHz", number(cudaDevAttrClockRate));
  facts.emplace_back("memory clock, kHz", number(cudaDevAttrMemoryClockRate));
  facts.emplace_back("memory bus, bits", number(cudaDevAttrGlobalMemoryBusWidth));
  facts.emplace_back("L2, bytes", number(cudaDevAttrL2CacheSize));
  facts.emplace_back("ECC", attribute(cudaDevAttrEccEnabled, device) ? "on" : "off");
  facts.emplace_back("bus", bus_id(device));
  facts.emplace_back("link", link(bus_id(device)));
  return described;
}

/// The context, as the first call of any program would make it.
std::vector<StartupPart> startup(const Task& task) {
  return {{"context", [device = task.device] {
             CUDA_CHECK(cudaSetDevice(device));
             CUDA_CHECK(cudaFree(nullptr));
           }}};
}

Footprint footprint(const Task&) {
  return {.host_bytes = 0, .pinned_bytes = 0, .device_bytes = std::nullopt};
}

std::unique_ptr<Execution> open(const Task&) {
  throw std::invalid_argument("the cuda backend has no solvers in this version");
}

}  // namespace

const Backend& cuda_backend() {
  static const Backend backend{
      .name = "cuda",
      .summary = "NVIDIA GPU",
      .transfers = {"pageable"},
      .solvers = {},
      .unavailable = unavailable,
      .describe = describe,
      .startup = startup,
      .footprint = footprint,
      .open = open,
  };
  return backend;
}

}  // namespace crossover
