// The one place where page-locked host memory is allocated, and counted.
#pragma once

#include <cstddef>

#include "common/host_memory.hpp"

namespace crossover::gpu {

class PinnedMemory;

/// Page-locked host memory, uninitialised, aligned to a page. Move-only; returns its bytes to the counter
/// when it dies, whatever has become of the device.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  PinnedBuffer(PinnedBuffer&& other) noexcept { swap(other); }
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~PinnedBuffer();

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  friend class PinnedMemory;
  PinnedBuffer(PinnedMemory* owner, std::byte* data, std::size_t bytes)
      : owner_(owner), data_(data), bytes_(bytes) {}
  void swap(PinnedBuffer& other) noexcept;

  PinnedMemory* owner_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Counts what this process has page-locked, and the most that ever was.
class PinnedMemory {
 public:
  PinnedMemory() = default;
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;

  /// None for 0 bytes. Throws OutOfMemory (the system or the driver gave no more), Unavailable (page-locking
  /// is not supported here), DeviceLost or std::runtime_error; leaves no error behind.
  PinnedBuffer allocate(std::size_t bytes);

  std::size_t in_use_bytes() const { return in_use_; }
  std::size_t peak_bytes() const { return peak_; }
  void reset_peak() { peak_ = in_use_; }

 private:
  friend class PinnedBuffer;
  std::size_t in_use_ = 0, peak_ = 0;
};

/// This process's count.
PinnedMemory& pinned_memory();

}  // namespace crossover::gpu
