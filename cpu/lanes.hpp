// A loop over elements kept in vector registers: 32 independent lanes, so that neither additions nor
// comparisons wait for each other, and the next blocks asked for early, which the hardware's own
// prefetchers do too late for one thread to reach the memory's bandwidth.
#pragma once

#include <array>

#include "common/array.hpp"

namespace crossover::cpu {

inline constexpr int lane_count = 32;
inline constexpr Index prefetch_bytes = 8192;  // ahead of the element in work

/// `initial` stepped by the elements of each input, lane[i % 32] = step(lane, inputs[i]...), and the
/// lanes joined. Asks for memory behind the inputs, but never reads it.
template <class A, class Step, class Join, class... T>
A fold_lanes(Index count, A initial, Step step, Join join, const T*... inputs) {
  std::array<A, lane_count> lanes;
  lanes.fill(initial);
  A* const lane = lanes.data();
  Index i = 0;
  for (; i + lane_count <= count; i += lane_count) {
    const auto prefetch = [i](const auto* input) {
      const auto* next = reinterpret_cast<const char*>(input + i) + prefetch_bytes;
      for (std::size_t line = 0; line < lane_count * sizeof(*input); line += 64)
        __builtin_prefetch(next + line);
    };
    (prefetch(inputs), ...);
#pragma omp simd
    for (int j = 0; j < lane_count; ++j) lane[j] = step(lane[j], inputs[i + j]...);
  }
  for (int j = 0; i + j < count; ++j) lane[j] = step(lane[j], inputs[i + j]...);
#pragma GCC unroll 8
  for (int width = lane_count / 2; width > 0; width /= 2)
#pragma omp simd
    for (int j = 0; j < width; ++j) lane[j] = join(lane[j], lane[j + width]);
  return lane[0];
}

}  // namespace crossover::cpu
