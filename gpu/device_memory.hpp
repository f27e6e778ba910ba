// The one place where device memory that can meet the wall is allocated, and counted.
#pragma once

#include <cstddef>

#include "common/host_memory.hpp"

namespace crossover::gpu {

/// What cudaMalloc aligns to, and what allocations are rounded up to, so that counts are exact.
inline constexpr std::size_t device_alignment_bytes = 256;

constexpr std::size_t device_rounded(std::size_t bytes) {
  return (bytes + device_alignment_bytes - 1) / device_alignment_bytes * device_alignment_bytes;
}

class DeviceMemory;

/// Memory of one device, uninitialised. Move-only; returns its bytes to the counter when it dies, whatever
/// has become of the device.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(DeviceBuffer&& other) noexcept { swap(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~DeviceBuffer();

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  friend class DeviceMemory;
  DeviceBuffer(DeviceMemory* owner, std::byte* data, std::size_t bytes)
      : owner_(owner), data_(data), bytes_(bytes) {}
  void swap(DeviceBuffer& other) noexcept;

  DeviceMemory* owner_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Counts what is in use on one device by this process, and the most that ever was. A limit of 0 means none.
class DeviceMemory {
 public:
  explicit DeviceMemory(std::size_t limit_bytes = 0) : limit_(limit_bytes) {}
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// On the current device; device_rounded(bytes) are taken and counted, none for 0. Throws OutOfMemory with
  /// the bytes asked for and those that were free, DeviceLost or std::runtime_error; leaves no error behind.
  DeviceBuffer allocate(std::size_t bytes);

  void set_limit(std::size_t limit_bytes) { limit_ = limit_bytes; }
  std::size_t in_use_bytes() const { return in_use_; }
  std::size_t peak_bytes() const { return peak_; }
  void reset_peak() { peak_ = in_use_; }

 private:
  friend class DeviceBuffer;
  std::size_t left_bytes() const { return limit_ > in_use_ ? limit_ - in_use_ : 0; }

  std::size_t limit_, in_use_ = 0, peak_ = 0;
};

/// This process's count for `device`.
DeviceMemory& device_memory(int device);

}  // namespace crossover::gpu
