// Device memory that a library asks for inside a call, kept from call to call.
#pragma once

#include <map>

#include "gpu/device_memory.hpp"

namespace crossover::gpu {

/// An allocator for one stream: a block given back is handed out again without a call into CUDA. The first
/// call pays for what the later ones find. Counted by `memory`, which outlives it.
class TemporaryMemory {
 public:
  explicit TemporaryMemory(DeviceMemory& memory) : memory_(memory) {}
  TemporaryMemory(const TemporaryMemory&) = delete;
  TemporaryMemory& operator=(const TemporaryMemory&) = delete;

  /// Device memory of at least `bytes`, aligned to 256: the smallest kept block that is large enough, else a
  /// new one. Kept blocks are freed before an allocation is given up. Throws as DeviceMemory::allocate does.
  std::byte* allocate(std::size_t bytes);

  /// Keeps the block for the next allocate(). Throws std::logic_error for memory that is not lent out.
  void deallocate(std::byte* data, std::size_t bytes);

  /// Frees every block, those still lent out too.
  void release();

  std::size_t lent_blocks() const { return lent_.size(); }
  std::size_t kept_blocks() const { return kept_.size(); }

 private:
  DeviceMemory& memory_;
  std::multimap<std::size_t, DeviceBuffer> kept_;  // by size
  std::map<std::byte*, DeviceBuffer> lent_;
};

}  // namespace crossover::gpu
