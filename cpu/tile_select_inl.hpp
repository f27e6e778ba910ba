// Selection from scores that are in L1: most tiles have nothing that can enter, which their maximum tells.
#if defined(CROSSOVER_TILE_SELECT_INL) == defined(HWY_TARGET_TOGGLE)  // read once for each instruction set
#ifdef CROSSOVER_TILE_SELECT_INL
#undef CROSSOVER_TILE_SELECT_INL
#else
#define CROSSOVER_TILE_SELECT_INL
#endif

#include <algorithm>
#include <bit>
#include <cmath>

#include "cpu/tile_vectors_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace crossover::cpu {
namespace HWY_NAMESPACE {

/// b where a is NaN
HWY_INLINE Vector larger(Vector a, Vector b) {
#if HWY_ARCH_X86
  return hn::Max(a, b);  // as the instruction is defined
#else
  return hn::IfThenElse(hn::Gt(a, b), a, b);
#endif
}

/// The highest score of each of tile_rows lanes, NaN left out. `count` is a multiple of tile_rows.
HWY_INLINE void find_maxima(const float* scores, Index count, Vector (&maxima)[tile_vectors]) {
  for (Vector& vector : maxima) vector = hn::Set(f32, lowest);
  for (Index i = 0; i < count; i += tile_rows)
    for (int v = 0; v < tile_vectors; ++v)
      maxima[v] = larger(hn::LoadU(f32, scores + i + v * lanes), maxima[v]);
}

HWY_INLINE float highest(const Vector (&maxima)[tile_vectors]) {
  return hn::GetLane(hn::MaxOfLanes(f32, larger(maxima[0], maxima[1])));
}

/// A number that k lanes' maxima reach, the highest such unless some are equal; -inf where there is none.
HWY_INLINE float kth_highest(Vector (&maxima)[tile_vectors], float top, Index k) {
  for (Index rank = 1; rank < k; ++rank) {
    for (Vector& vector : maxima)
      vector = hn::IfThenElse(hn::Lt(vector, hn::Set(f32, top)), vector, hn::Set(f32, lowest));
    top = highest(maxima);
  }
  return top;
}

/// One bit for each lane that is not below the floor.
HWY_INLINE std::uint32_t reaching(Vector scores, Vector floor) {
  std::uint8_t bits[8] = {};  // as much as is written at most
  hn::StoreMaskBits(f32, hn::Ge(scores, floor), bits);
  return bits[0] | std::uint32_t{bits[1]} << 8;
}

/// At least k scores reach the k-th highest of the lanes' maxima, so that even of ascending scores few are
/// offered.
void select(float* scores, Index count, Index padded, Index first, const Ranking<float>& best) {
  std::fill(scores + count, scores + padded, std::numeric_limits<float>::quiet_NaN());
  Vector maxima[tile_vectors];
  find_maxima(scores, padded, maxima);
  const float top = highest(maxima);
  float floor = best.threshold();
  if (top <= floor) return;  // a NaN floor has room for anything
  if (best.k <= tile_rows) {
    const float kth = kth_highest(maxima, top, best.k);
    if (kth > lowest && !(kth <= floor)) floor = kth;
  }
  if (std::isnan(floor)) {
    for (Index i = 0; i < count; ++i) best.offer(scores[i], first + i);
    return;
  }
  const Vector floors = hn::Set(f32, floor);
  for (Index i = 0; i < count; i += lanes)
    for (std::uint32_t found = reaching(hn::LoadU(f32, scores + i), floors); found != 0; found &= found - 1) {
      const Index place = i + std::countr_zero(found);
      best.offer(scores[place], first + place);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace crossover::cpu
HWY_AFTER_NAMESPACE();

#endif
