#include "common/host_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

namespace crossover {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

}  // namespace

HostBuffer::~HostBuffer() {
  if (!data_) return;
  munmap(data_, bytes_);
  owner_->in_use_ -= bytes_;
}

void HostBuffer::swap(HostBuffer& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
}

HostBuffer HostMemory::allocate(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 1);
  if (limit_ != 0 && (bytes > limit_ || in_use_ > limit_ - bytes)) {
    const std::size_t left = limit_ > in_use_ ? limit_ - in_use_ : 0;
    throw OutOfMemory("the host memory limit was reached", bytes, left);
  }
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    throw OutOfMemory("the system refused to map memory", bytes, limit_ > in_use_ ? limit_ - in_use_ : 0);
  if (bytes >= 2 * huge_page_bytes) madvise(data, bytes, MADV_HUGEPAGE);  // advice: may be refused
  in_use_ += bytes;
  peak_ = std::max(peak_, in_use_);
  return {this, static_cast<std::byte*>(data), bytes};
}

}  // namespace crossover
