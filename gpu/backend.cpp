// The CUDA backend: its devices, its transfer modes and its solvers.
#include "common/backend.hpp"

#include "gpu/availability.hpp"
#include "gpu/device.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/execution.hpp"
#include "gpu/limits.hpp"
#include "gpu/startup.hpp"
#include "gpu/transfer.hpp"

namespace crossover {
namespace {

std::string unavailable(int device) { return gpu::reason(gpu::attempt(device)); }

std::vector<const char*> transfer_names() {
  std::vector<const char*> names;
  for (const gpu::Transfer& transfer : gpu::transfers()) names.push_back(transfer.name);
  return names;
}

std::vector<const SolverInfo*> table() {
  std::vector<const SolverInfo*> all;
  for (const std::vector<DeviceSolver>& list : gpu::device_solvers())
    for (const DeviceSolver& solver : list) all.push_back(&solver);
  return all;
}

std::size_t peak_device_bytes(int device) { return gpu::device_memory(device).peak_bytes(); }

std::unique_ptr<Execution> open(const Task& task) { return gpu::open_device(task); }

}  // namespace

const Backend& cuda_backend() {
  static const Backend backend{
      .name = "cuda",
      .summary = "NVIDIA GPU, data moved there and back",
      .transfers = transfer_names(),
      .solvers = table(),
      .unavailable = unavailable,
      .describe = gpu::describe,
      .startup = gpu::startup_parts,
      .footprint = gpu::footprint_of,
      .open = open,
      .peak_device_bytes = peak_device_bytes,
      .limits = gpu::measure_limits,
  };
  return backend;
}

}  // namespace crossover
