// Sizes of workspaces, by arithmetic alone.
#pragma once

#include <cstddef>
#include <limits>

#include "common/array.hpp"

namespace crossover::gpu {

/// Parts of 256-byte multiples, one behind the other. A sum past 64 bits stays at
/// the highest number there is.
class WorkspaceSize {
 public:
  /// Adds rows x cols elements; returns the part's offset.
  std::size_t add(Index rows, Index cols, std::size_t element_bytes) {
    const std::size_t offset = total_;
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(rows, cols, &bytes) || __builtin_mul_overflow(bytes, element_bytes, &bytes) ||
        __builtin_add_overflow(bytes, std::size_t{255}, &bytes) ||
        __builtin_add_overflow(total_, bytes / 256 * 256, &total_))
      total_ = std::numeric_limits<std::size_t>::max() / 256 * 256;
    return offset;
  }
  std::size_t total() const { return total_; }

 private:
  std::size_t total_ = 0;
};

constexpr Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }
constexpr Index rounded_up(Index count, Index step) { return ceil_div(count, step) * step; }

}  // namespace crossover::gpu
