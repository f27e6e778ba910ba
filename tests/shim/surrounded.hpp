// Memory with sentinels on both sides, as device memory in tests. The address sanitizer takes reading a
// sentinel for an error too.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "common/problem.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace crossover::test {

class Surrounded {
 public:
  static constexpr unsigned char rubbish = 0xA5;

  /// `shift_bytes`: from an address that is a multiple of 256.
  explicit Surrounded(std::size_t bytes, std::size_t shift_bytes = 0)
      : bytes_(bytes), memory_(std::make_unique<Line[]>((shift_bytes + bytes) / sizeof(Line) + 3)) {
    data_ = memory_[1].bytes + shift_bytes;
    std::memset(data_ - sentinel_bytes, rubbish, bytes + 2 * sentinel_bytes);
    protect();
  }
  Surrounded(const Surrounded&) = delete;
  Surrounded& operator=(const Surrounded&) = delete;
  ~Surrounded() { expose(); }

  std::byte* data() const { return reinterpret_cast<std::byte*>(data_); }
  std::size_t bytes() const { return bytes_; }
  void spoil() const { std::memset(data_, rubbish, bytes_); }

  /// Nobody wrote in front of it or behind it.
  bool intact() const {
    expose();
    const bool good =
        only_rubbish(data_ - sentinel_bytes, sentinel_bytes) && only_rubbish(data_ + bytes_, sentinel_bytes);
    protect();
    return good;
  }
  bool untouched() const { return only_rubbish(data_, bytes_); }

 private:
  static constexpr std::size_t sentinel_bytes = 64;
  struct alignas(256) Line {
    unsigned char bytes[256];
  };

  static bool only_rubbish(const unsigned char* from, std::size_t bytes) {
    return std::all_of(from, from + bytes, [](unsigned char byte) { return byte == rubbish; });
  }
#ifdef __SANITIZE_ADDRESS__
  void protect() const {
    __asan_poison_memory_region(data_ - sentinel_bytes, sentinel_bytes);
    __asan_poison_memory_region(data_ + bytes_, sentinel_bytes);
  }
  void expose() const { __asan_unpoison_memory_region(data_ - sentinel_bytes, bytes_ + 2 * sentinel_bytes); }
#else
  void protect() const {}
  void expose() const {}
#endif

  std::size_t bytes_;
  std::unique_ptr<Line[]> memory_;
  unsigned char* data_;
};

/// Arrays for all operands of one kind.
class SurroundedArrays {
 public:
  SurroundedArrays(std::span<const Operand> operands, const Shape& shape, Type type) {
    for (const Operand& operand : operands) {
      HostArray array{nullptr, operand.type(type), extents_of(operand, shape)};
      owned_.push_back(std::make_unique<Surrounded>(array.bytes()));
      array.data = owned_.back()->data();
      arrays_.push_back(array);
    }
  }
  std::span<const HostArray> all() const { return arrays_; }
  bool intact() const {
    return std::all_of(owned_.begin(), owned_.end(), [](const auto& one) { return one->intact(); });
  }
  bool untouched() const {
    return std::all_of(owned_.begin(), owned_.end(), [](const auto& one) { return one->untouched(); });
  }

 private:
  std::vector<std::unique_ptr<Surrounded>> owned_;
  std::vector<HostArray> arrays_;
};

}  // namespace crossover::test
