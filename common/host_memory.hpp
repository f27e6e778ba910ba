// The one place where host memory that can meet the wall is allocated, and counted.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "common/array.hpp"

namespace crossover {

/// An allocation that memory, or a limit put on it, did not allow. Bytes; 0: not known.
struct OutOfMemory : std::runtime_error {
  OutOfMemory(const std::string& what, std::size_t needed, std::size_t available, Space of = Space::host)
      : std::runtime_error(what), needed_bytes(needed), available_bytes(available), space(of) {}
  std::size_t needed_bytes, available_bytes;
  Space space;  ///< whose memory it was
};

class HostMemory;

/// Page-aligned memory, huge pages advised where they help, zero-filled by the kernel when first
/// touched. Move-only; returns its bytes to the counter when it dies.
class HostBuffer {
 public:
  HostBuffer() = default;
  HostBuffer(HostBuffer&& other) noexcept { swap(other); }
  HostBuffer& operator=(HostBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~HostBuffer();

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  friend class HostMemory;
  HostBuffer(HostMemory* owner, std::byte* data, std::size_t bytes)
      : owner_(owner), data_(data), bytes_(bytes) {}
  void swap(HostBuffer& other) noexcept;

  HostMemory* owner_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Counts what is in use and the most that ever was. A limit of 0 means none.
class HostMemory {
 public:
  explicit HostMemory(std::size_t limit_bytes = 0) : limit_(limit_bytes) {}
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  /// Throws OutOfMemory with the bytes asked for and those that were left.
  HostBuffer allocate(std::size_t bytes);

  std::size_t in_use_bytes() const { return in_use_; }
  std::size_t peak_bytes() const { return peak_; }
  void reset_peak() { peak_ = in_use_; }

 private:
  friend class HostBuffer;
  std::size_t limit_, in_use_ = 0, peak_ = 0;
};

}  // namespace crossover
