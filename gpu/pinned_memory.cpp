#include "gpu/pinned_memory.hpp"

#include <algorithm>
#include <utility>

#include "common/execution.hpp"
#include "gpu/check.hpp"

namespace crossover::gpu {

PinnedBuffer::~PinnedBuffer() {
  if (!data_) return;
  if (cudaFreeHost(data_) != cudaSuccess) cudaGetLastError();
  owner_->in_use_ -= bytes_;
}

void PinnedBuffer::swap(PinnedBuffer& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
}

PinnedBuffer PinnedMemory::allocate(std::size_t bytes) {
  if (bytes == 0) return {};
  void* data = nullptr;
  const cudaError_t status = cudaHostAlloc(&data, bytes, cudaHostAllocDefault);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw OutOfMemory("the system gave no more page-locked memory", bytes, 0);
  }
  if (status == cudaErrorNotSupported || status == cudaErrorNotPermitted) {
    cudaGetLastError();
    throw Unavailable(std::string("page-locked memory is not to be had here (") + cudaGetErrorName(status) +
                      "): use --transfer pageable");
  }
  check(status, "cudaHostAlloc", bytes);
  in_use_ += bytes;
  peak_ = std::max(peak_, in_use_);
  return {this, static_cast<std::byte*>(data), bytes};
}

PinnedMemory& pinned_memory() {
  static PinnedMemory memory;
  return memory;
}

}  // namespace crossover::gpu
