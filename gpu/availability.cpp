#include "gpu/availability.hpp"

#include <array>
#include <memory>

#include "gpu/check.hpp"
#include "gpu/probe.hpp"

namespace crossover::gpu {
namespace {

struct Free {
  void operator()(void* memory) const { cudaFree(memory); }
};

Attempt versions(int device) {
  Attempt found{.device = device};
  cudaRuntimeGetVersion(&found.runtime_version);
  if (cudaDriverGetVersion(&found.driver_version) != cudaSuccess) found.driver_version = 0;
  return found;
}

}  // namespace

cudaError_t run_probe(bool& correct) {
  constexpr unsigned count = 256;
  std::array<std::uint64_t, count> values{};
  void* memory = nullptr;
  if (const cudaError_t status = cudaMalloc(&memory, sizeof values); status != cudaSuccess) return status;
  const std::unique_ptr<void, Free> owner(memory);
  if (const cudaError_t status = probe(static_cast<std::uint64_t*>(memory), count, nullptr);
      status != cudaSuccess)
    return status;
  if (const cudaError_t status = cudaMemcpy(values.data(), memory, sizeof values, cudaMemcpyDeviceToHost);
      status != cudaSuccess)
    return status;
  correct = true;
  for (unsigned i = 0; i < count; ++i) correct = correct && values[i] == probe_value(i);
  return cudaSuccess;
}

Attempt attempt(int device) {
  Attempt found = versions(device);
  found.status = cudaGetDeviceCount(&found.devices);
  if (found.status == cudaSuccess && found.devices == 0) found.status = cudaErrorNoDevice;
  if (found.status == cudaSuccess && (device < 0 || device >= found.devices))
    found.status = cudaErrorInvalidDevice;
  if (found.status == cudaSuccess) found.status = cudaSetDevice(device);
  if (found.status == cudaSuccess) found.status = run_probe(found.correct);
  cudaGetLastError();
  return found;
}

Attempt attempt_after(int device, cudaError_t status) {
  Attempt found = versions(device);
  cudaGetDeviceCount(&found.devices);
  found.status = status;
  cudaGetLastError();
  return found;
}

std::string version_name(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string reason(const Attempt& attempt) {
  const std::string device = "device " + std::to_string(attempt.device);
  switch (attempt.status) {
    case cudaSuccess:
      if (attempt.correct) return {};
      return device + " returned wrong values from a first kernel: check it with nvidia-smi and its cooling";
    case cudaErrorInsufficientDriver:
      if (attempt.driver_version == 0)
        return "no NVIDIA driver on this machine: install one (or, in a container, pass the GPU in with "
               "--gpus all) and try nvidia-smi";
      return "the NVIDIA driver is too old: it knows CUDA " + version_name(attempt.driver_version) +
             ", this build was made with CUDA " + version_name(attempt.runtime_version) +
             "; update the driver or build with an older toolkit";
    case cudaErrorNoDevice:
      return "an NVIDIA driver, but no device: see nvidia-smi and CUDA_VISIBLE_DEVICES (in a container, "
             "--gpus all)";
    case cudaErrorInvalidDevice:
      return "no " + device + ": this machine shows " + std::to_string(attempt.devices) + ", numbered from 0";
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return "this build has no code for " + device +
             ": build again with -DCMAKE_CUDA_ARCHITECTURES=90, or whatever number its compute capability is "
             "without the point (bench/device/capability.py " +
             std::to_string(attempt.device) + ")";
    case cudaErrorDevicesUnavailable:
      return device +
             " is busy or in exclusive mode: end the other process, or set its compute mode to "
             "default (nvidia-smi -c 0)";
    case cudaErrorMemoryAllocation: return device + " has no free memory: see nvidia-smi for who holds it";
    default: break;
  }
  const std::string what_to_do = advice(attempt.status);
  return "CUDA failed on " + device + ": " + cudaGetErrorString(attempt.status) + " (" +
         cudaGetErrorName(attempt.status) + ", " + std::to_string(static_cast<int>(attempt.status)) + "); " +
         (what_to_do.empty() ? "see nvidia-smi and the kernel log" : what_to_do);
}

}  // namespace crossover::gpu
