// Counter-based random numbers: element i of stream (seed, operand) is a function of i alone, so any
// part of an input can be made anywhere. The mixing is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#pragma once

#include <cstdint>
#include <span>

#include "common/array.hpp"

namespace crossover {

constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// 64 random bits for element `index`.
constexpr std::uint64_t random_bits(std::uint64_t seed, int operand, std::uint64_t index) {
  const std::uint64_t stream = mix64(seed + 0x9e3779b97f4a7c15U * static_cast<std::uint64_t>(operand + 1));
  return mix64(stream + 0x9e3779b97f4a7c15U * (index + 1));
}

/// Uniform in [-1, 1) for floating-point types, all 64-bit integers for i64.
template <class T>
constexpr T random_value(std::uint64_t seed, int operand, std::uint64_t index) {
  const std::uint64_t bits = random_bits(seed, operand, index);
  if constexpr (std::is_same_v<T, std::int64_t>)
    return static_cast<std::int64_t>(bits);
  else if constexpr (std::is_same_v<T, float>)
    return static_cast<float>(static_cast<std::int64_t>(bits) >> 40) * 0x1p-23F;
  else
    return static_cast<double>(static_cast<std::int64_t>(bits) >> 11) * 0x1p-52;
}

/// Fills `part`, which starts at row `first` of input `operand`.
inline void fill_random(const HostArray& part, int operand, Index first, std::uint64_t seed) {
  with_type(part.type, [&]<class T>() {
    const std::span<T> values = vector<T>(part);
    const auto offset = static_cast<std::uint64_t>(first * part.extents.size[1]);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = random_value<T>(seed, operand, offset + i);
  });
}

}  // namespace crossover
