// Stands in for gpu/launch.hpp where kernels run on the CPU: the same names, found first on the include path.
#pragma once

#include <tuple>
#include <utility>

#include "gpu/check.hpp"
#include "tests/shim/device.hpp"
#include "tests/shim/fake_runtime.hpp"
#include "tests/shim/shim.hpp"

namespace crossover::gpu {

struct Grid {
  dim3 blocks, threads;
};

/// Whether a device would take this grid.
constexpr bool possible(const Grid& grid) {
  const dim3 &blocks = grid.blocks, &threads = grid.threads;
  return blocks.x >= 1 && blocks.y >= 1 && blocks.z >= 1 && blocks.x <= 0x7fffffffU && blocks.y <= 65535 &&
         blocks.z <= 65535 && threads.x >= 1 && threads.y >= 1 && threads.z >= 1 && threads.x <= 1024 &&
         threads.y <= 1024 && threads.z <= 64 &&
         static_cast<unsigned long long>(threads.x) * threads.y * threads.z <= 1024;
}

template <class... Parameters, class... Arguments>
cudaError_t launch_as(const char* name, void (*kernel)(Parameters...), const Grid& grid,
                      Arguments&&... arguments) {
  if (!possible(grid)) return cudaErrorInvalidConfiguration;
  if (const cudaError_t status = fake::launch(); status != cudaSuccess) return status;
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> arguments;
  };
  const Call call{kernel, {static_cast<Parameters>(std::forward<Arguments>(arguments))...}};
  shim::run(
      name, reinterpret_cast<const void*>(kernel), {grid.blocks.x, grid.blocks.y, grid.blocks.z},
      {grid.threads.x, grid.threads.y, grid.threads.z},
      [](const void* erased) {
        const Call& own = *static_cast<const Call*>(erased);
        std::apply(own.kernel, own.arguments);
      },
      &call);
  return cudaSuccess;
}

template <class... Parameters, class... Arguments>
cudaError_t try_launch(void (*kernel)(Parameters...), const Grid& grid, cudaStream_t,
                       Arguments&&... arguments) {
  return launch_as("a kernel", kernel, grid, std::forward<Arguments>(arguments)...);
}

template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), const Grid& grid, cudaStream_t,
            Arguments&&... arguments) {
  check(launch_as(name, kernel, grid, std::forward<Arguments>(arguments)...), name);
}

}  // namespace crossover::gpu
