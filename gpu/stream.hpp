// A stream of one owner.
#pragma once

#include <cuda_runtime.h>

#include <memory>
#include <type_traits>

#include "gpu/check.hpp"

namespace crossover::gpu {

struct StreamEnd {
  void operator()(cudaStream_t stream) const {
    if (cudaStreamDestroy(stream) != cudaSuccess) cudaGetLastError();
  }
};
using Stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, StreamEnd>;

/// One that does not wait for the default stream. Throws what CUDA_CHECK does.
inline Stream new_stream() {
  cudaStream_t stream = nullptr;
  CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return Stream(stream);
}

}  // namespace crossover::gpu
