#include "gpu/temporary_memory.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace crossover::gpu {

std::byte* TemporaryMemory::allocate(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 1);
  DeviceBuffer buffer;
  if (const auto found = kept_.lower_bound(bytes); found != kept_.end()) {
    buffer = std::move(found->second);
    kept_.erase(found);
  } else {
    try {
      buffer = memory_.allocate(bytes);
    } catch (const OutOfMemory&) {
      if (kept_.empty()) throw;
      kept_.clear();
      buffer = memory_.allocate(bytes);
    }
  }
  std::byte* data = buffer.data();
  lent_.emplace(data, std::move(buffer));
  return data;
}

void TemporaryMemory::deallocate(std::byte* data, std::size_t) {
  const auto found = lent_.find(data);
  if (found == lent_.end()) throw std::logic_error("this temporary memory is not lent out");
  const std::size_t size = found->second.bytes();
  kept_.emplace(size, std::move(found->second));
  lent_.erase(found);
}

void TemporaryMemory::release() {
  kept_.clear();
  lent_.clear();
}

}  // namespace crossover::gpu
