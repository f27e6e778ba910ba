// The sizes of a problem, one per axis, in the order in which the problem declares its axes.
#pragma once

#include "common/array.hpp"

namespace crossover {

inline constexpr int max_axes = 4;

/// What an axis does to the result. Only `map` and `fold` axes can be cut into pieces.
enum class Role : std::uint8_t {
  map,        ///< each index has outputs of its own: rows of row_means, queries of similarity
  fold,       ///< all indices are merged into one state: n of a sum, corpus of similarity
  inner,      ///< consumed inside one result: cols of row_means, dim of similarity
  parameter,  ///< no data of its own: k of similarity
};

struct Axis {
  const char* name;  ///< also its flag (--name) and its column in the CSV
  Role role;
  Index fallback;  ///< size where the flag is not given
  const char* meaning;
};

struct Shape {
  std::array<Index, max_axes> size{};

  constexpr Index operator[](int axis) const { return size[static_cast<std::size_t>(axis)]; }
  constexpr Index& operator[](int axis) { return size[static_cast<std::size_t>(axis)]; }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

}  // namespace crossover
