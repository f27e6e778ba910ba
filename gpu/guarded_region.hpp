// Blocks of device memory with sentinels on both sides, so that a solver that writes outside is seen.
#pragma once

#include <cuda_runtime_api.h>

#include <span>
#include <string>
#include <vector>

#include "gpu/device_memory.hpp"

namespace crossover::gpu {

class GuardedRegion {
 public:
  struct Block {
    std::string name;  ///< as a sentence names it: "output mean"
    std::size_t bytes = 0;
  };

  /// Device bytes of a region of these blocks, by arithmetic: exactly what the constructor takes.
  static std::size_t bytes_for(std::span<const Block>);

  GuardedRegion() = default;
  /// Throws as DeviceMemory::allocate does.
  GuardedRegion(DeviceMemory&, std::vector<Block>);

  /// First byte of a block, aligned to 256.
  std::byte* data(std::size_t block) const { return starts_[block]; }
  std::size_t bytes(std::size_t block) const { return blocks_[block].bytes; }
  bool empty() const { return blocks_.empty(); }

  /// Queues the writing of sentinels, and of 0xFF over every block: NaN in f32 and f64, -1 in i64.
  void poison(cudaStream_t) const;
  /// What was written outside the blocks since poison(), in a sentence; empty where nothing was. Waits.
  std::string damage(cudaStream_t) const;

 private:
  std::vector<Block> blocks_;
  std::vector<std::byte*> starts_;
  DeviceBuffer buffer_;
};

}  // namespace crossover::gpu
