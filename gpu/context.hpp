// What a solver on a device is given to work with.
#pragma once

#include <cuda_runtime_api.h>

#include "common/solver.hpp"

namespace crossover {

namespace gpu {
class Cublas;
class TemporaryMemory;
}  // namespace gpu

template <>
struct Context<Space::device> {
  cudaStream_t stream = nullptr;
  Limits limits{};                            ///< cache_bytes: L2 of the device; multiprocessors
  gpu::Cublas* cublas = nullptr;              ///< for solvers that name it as their library; else null
  gpu::TemporaryMemory* temporary = nullptr;  ///< keeps blocks from call to call, for solvers that say so
};

using DeviceContext = Context<Space::device>;
using DevicePiece = Piece<Space::device>;
using DeviceSolver = Solver<Space::device>;

}  // namespace crossover
