#include "gpu/startup.hpp"

#include <map>

#include "gpu/availability.hpp"
#include "gpu/check.hpp"
#include "gpu/cublas.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/execution.hpp"

namespace crossover::gpu {
namespace {

/// Nothing on success; else the sentence that a user can act on.
void expect_up(int device, cudaError_t status, bool correct = true) {
  if (status == cudaSuccess && correct) return;
  Attempt found = attempt_after(device, status);
  found.correct = correct;
  const std::string why = reason(found);
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory(why, 0, 0, Space::device);
  if (ends_process(status) && status != cudaErrorDevicesUnavailable) throw DeviceLost(why);
  throw Unavailable(why);
}

void start_driver(int device) {
  int devices = 0;
  const cudaError_t status = cudaGetDeviceCount(&devices);
  if (status != cudaSuccess) return expect_up(device, status);
  if (devices == 0) return expect_up(device, cudaErrorNoDevice);
  if (device < 0 || device >= devices) expect_up(device, cudaErrorInvalidDevice);
}

void start_context(int device) {
  const cudaError_t status = cudaSetDevice(device);
  expect_up(device, status == cudaSuccess ? cudaFree(nullptr) : status);
}

void start_kernel(int device) {
  bool correct = false;
  const cudaError_t status = run_probe(correct);
  expect_up(device, status, status != cudaSuccess || correct);
}

/// A first product: cuBLAS loads its kernels when they are first needed.
void multiply_once(int device) {
  constexpr Index size = 16;  // square matrices
  constexpr std::size_t bytes = size * size * sizeof(float);
  DeviceMemory memory;  // of its own: no case pays for it
  const DeviceBuffer operands = memory.allocate(3 * bytes),
                     workspace = memory.allocate(Cublas::workspace_bytes);
  CUDA_CHECK(cudaMemset(operands.data(), 0, operands.bytes()));
  auto* const values = reinterpret_cast<float*>(operands.data());
  Cublas& cublas = cublas_handle(device);
  cublas.use(nullptr, {workspace.data(), workspace.bytes()});
  cublas.scores(values, size, values + size * size, size, size, values + 2 * size * size, size);
  CUDA_CHECK(cudaDeviceSynchronize());
}

}  // namespace

Cublas& cublas_handle(int device) {
  // Never destroyed: when a process ends, the driver may be gone before its handles.
  static auto& handles = *new std::map<int, std::unique_ptr<Cublas>>;
  std::unique_ptr<Cublas>& handle = handles[device];
  if (!handle) {
    CUDA_CHECK(cudaSetDevice(device));
    handle = std::make_unique<Cublas>();
  }
  return *handle;
}

std::vector<StartupPart> startup_parts(const Task& task) {
  const int device = task.device;
  std::vector<StartupPart> parts = {
      {"driver", [device] { start_driver(device); }},
      {"context", [device] { start_context(device); }},
      {"kernel", [device] { start_kernel(device); }},
  };
  const DeviceSolver* solver = find_device_solver(task.problem->name, task.solver);
  if (solver && uses_cublas(*solver)) {
    parts.push_back({"library", [device] { cublas_handle(device); }});
    parts.push_back({"product", [device] { multiply_once(device); }});
  }
  return parts;
}

}  // namespace crossover::gpu
