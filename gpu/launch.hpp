// How kernels are launched: one function instead of <<<>>>, so that a kernel is an ordinary argument and
// the same source can be launched by other means.
#pragma once

#include <cuda_runtime.h>

#include <utility>

#include "gpu/check.hpp"

namespace crossover::gpu {

struct Grid {
  dim3 blocks, threads;
};

/// Queues `kernel` on `stream`; returns at once, with the error if there was one.
template <class... Parameters, class... Arguments>
cudaError_t try_launch(void (*kernel)(Parameters...), const Grid& grid, cudaStream_t stream,
                       Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid.blocks;
  config.blockDim = grid.threads;
  config.stream = stream;
  return cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
}

/// The same; throws as check() does. `name` is the kernel's, for the message.
template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), const Grid& grid, cudaStream_t stream,
            Arguments&&... arguments) {
  check(try_launch(kernel, grid, stream, std::forward<Arguments>(arguments)...), name);
}

}  // namespace crossover::gpu
