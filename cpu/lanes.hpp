// A loop over elements kept in vector registers: independent lanes, so that neither additions nor
// comparisons wait for each other. Plain arrays under `omp simd`, which compile well for every width of
// vector; GCC's vector types of 64 bytes are taken apart element by element where registers are shorter.
//
// `ahead`: data is asked for before its turn; see asks_ahead().
#pragma once

#include <array>

#include "common/array.hpp"

namespace crossover::cpu {

inline constexpr int lane_count = 32;
inline constexpr Index prefetch_bytes = 8192;  // ahead of the element in work

/// Asks for the cache lines of `elements` elements, prefetch_bytes ahead; memory that is not there is no
/// error.
template <int elements, class T>
[[gnu::always_inline]] inline void prefetch_ahead(const T* input) {
  const auto* next = reinterpret_cast<const char*>(input) + prefetch_bytes;
  for (std::size_t line = 0; line < elements * sizeof(T); line += 64) __builtin_prefetch(next + line);
}

/// The lanes joined: each with one that is half of them away while a vector holds that many, then as scalars,
/// which wait less for one another than shuffled vectors.
template <std::size_t count, class A, class Join>
[[gnu::always_inline]] inline A join_lanes(std::array<A, count>& lanes, Join join) {
  static_assert(count >= 8 && (count & (count - 1)) == 0);
  A* const lane = lanes.data();
#pragma GCC unroll 4
  for (std::size_t width = count / 2; width >= 8; width /= 2)
#pragma omp simd
    for (std::size_t j = 0; j < width; ++j) lane[j] = join(lane[j], lane[j + width]);
  return join(join(join(lane[0], lane[1]), join(lane[2], lane[3])),
              join(join(lane[4], lane[5]), join(lane[6], lane[7])));
}

/// `initial` stepped by the elements of each input, lane = step(lane, inputs[i]...), and the lanes joined.
/// No lane takes more than count / lane_count + 9 elements.
template <bool ahead, class A, class Step, class Join, class... T>
[[gnu::always_inline]] inline A fold_lanes(Index count, A initial, Step step, Join join, const T*... inputs) {
  std::array<A, lane_count> lanes;
  lanes.fill(initial);
  A* const lane = lanes.data();
  Index i = 0;
  for (; i + lane_count <= count; i += lane_count) {
    if constexpr (ahead) (prefetch_ahead<lane_count>(inputs + i), ...);
#pragma omp simd
    for (int j = 0; j < lane_count; ++j) lane[j] = step(lane[j], inputs[i + j]...);
  }
  for (; i + 8 <= count; i += 8)
#pragma omp simd
    for (int j = 0; j < 8; ++j) lane[j] = step(lane[j], inputs[i + j]...);
  A rest = initial;
  for (; i < count; ++i) rest = step(rest, inputs[i]...);
  return join(join_lanes(lanes, join), rest);
}

}  // namespace crossover::cpu
