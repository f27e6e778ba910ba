#include "gpu/device_memory.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "gpu/check.hpp"

namespace crossover::gpu {

DeviceBuffer::~DeviceBuffer() {
  if (!data_) return;
  if (cudaFree(data_) != cudaSuccess) cudaGetLastError();  // what went wrong before is reported by wait()
  owner_->in_use_ -= bytes_;
}

void DeviceBuffer::swap(DeviceBuffer& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
}

DeviceBuffer DeviceMemory::allocate(std::size_t bytes) {
  if (bytes == 0) return {};
  const std::size_t needed = device_rounded(bytes);
  if (limit_ != 0 && needed > left_bytes())
    throw OutOfMemory("the device memory limit was reached", needed, left_bytes(), Space::device);
  void* data = nullptr;
  try {
    check(cudaMalloc(&data, needed), "cudaMalloc", needed);
  } catch (const OutOfMemory& full) {
    const std::size_t available =
        limit_ == 0 ? full.available_bytes : std::min(full.available_bytes, left_bytes());
    throw OutOfMemory("the device has no room", needed, available, Space::device);
  }
  in_use_ += needed;
  peak_ = std::max(peak_, in_use_);
  return {this, static_cast<std::byte*>(data), needed};
}

DeviceMemory& device_memory(int device) {
  static std::map<int, DeviceMemory> memories;
  return memories[device];
}

}  // namespace crossover::gpu
