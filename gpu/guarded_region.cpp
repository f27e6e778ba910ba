#include "gpu/guarded_region.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gpu/check.hpp"

namespace crossover::gpu {
namespace {

constexpr std::size_t sentinel_bytes = device_alignment_bytes;  // at least, on either side of each block
constexpr std::byte sentinel{0xA5}, poison_value{0xFF};

}  // namespace

std::size_t GuardedRegion::bytes_for(std::span<const Block> blocks) {
  std::size_t total = 0;
  for (const Block& block : blocks) total += device_rounded(block.bytes) + 2 * sentinel_bytes;
  return total;
}

GuardedRegion::GuardedRegion(DeviceMemory& memory, std::vector<Block> blocks)
    : blocks_(std::move(blocks)), buffer_(memory.allocate(bytes_for(blocks_))) {
  std::byte* next = buffer_.data();
  for (const Block& block : blocks_) {
    starts_.push_back(next + sentinel_bytes);
    next += device_rounded(block.bytes) + 2 * sentinel_bytes;
  }
}

void GuardedRegion::poison(cudaStream_t stream) const {
  if (blocks_.empty()) return;
  CUDA_CHECK(cudaMemsetAsync(buffer_.data(), std::to_integer<int>(sentinel), buffer_.bytes(), stream));
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    if (blocks_[i].bytes != 0)
      CUDA_CHECK(cudaMemsetAsync(starts_[i], std::to_integer<int>(poison_value), blocks_[i].bytes, stream));
}

std::string GuardedRegion::damage(cudaStream_t stream) const {
  CUDA_CHECK(cudaStreamSynchronize(stream));
  std::array<std::byte, 2 * sentinel_bytes> found;
  const auto spoiled = [&](const std::byte* begin, std::size_t bytes) {
    CUDA_CHECK(cudaMemcpy(found.data(), begin, bytes, cudaMemcpyDeviceToHost));
    return std::any_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(bytes),
                       [](std::byte value) { return value != sentinel; });
  };
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const std::size_t padding = device_rounded(blocks_[i].bytes) - blocks_[i].bytes;
    if (spoiled(starts_[i] - sentinel_bytes, sentinel_bytes))
      return "wrote outside " + blocks_[i].name + ", in front of it";
    if (spoiled(starts_[i] + blocks_[i].bytes, padding + sentinel_bytes))
      return "wrote outside " + blocks_[i].name + ", behind it";
  }
  return {};
}

}  // namespace crossover::gpu
