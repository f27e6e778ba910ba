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
#include <cstdint>
#include <cstring>

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
  Vector others[tile_vectors];  // every second tile, so that comparisons wait less for one another
  for (int v = 0; v < tile_vectors; ++v) maxima[v] = others[v] = hn::Set(f32, lowest);
  Index i = 0;
  for (; i + 2 * tile_rows <= count; i += 2 * tile_rows)
    for (int v = 0; v < tile_vectors; ++v) {
      maxima[v] = larger(hn::LoadU(f32, scores + i + v * lanes), maxima[v]);
      others[v] = larger(hn::LoadU(f32, scores + i + tile_rows + v * lanes), others[v]);
    }
  for (int v = 0; v < tile_vectors; ++v) {
    if (i < count) maxima[v] = larger(hn::LoadU(f32, scores + i + v * lanes), maxima[v]);
    maxima[v] = larger(others[v], maxima[v]);
  }
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
HWY_INLINE std::uint32_t reaching(const float* scores, Vector floor) {
  std::uint8_t bytes[8] = {};  // as much as is written at most
  hn::StoreMaskBits(f32, hn::Ge(hn::LoadU(f32, scores), floor), bytes);
  std::uint16_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits;
}

/// The places of scores that are not below a floor, lowest first. Nothing predicts where they are: no branch
/// depends on it but the one that ends the search.
class Found {
 public:
  static constexpr Index most = 64 * tile_rows;  ///< scores

  HWY_INLINE Found(const float* scores, Index count, Vector floor) {
    for (Index t = 0; t * tile_rows < count; ++t, scores += tile_rows) {
      bits_[t] = reaching(scores, floor) | reaching(scores + lanes, floor) << lanes;
      tiles_ |= std::uint64_t{bits_[t] != 0} << t;
    }
  }
  HWY_INLINE bool more() const { return tiles_ != 0; }
  HWY_INLINE Index next() {
    const int tile = std::countr_zero(tiles_);
    const std::uint32_t bits = bits_[tile];
    bits_[tile] = bits & (bits - 1);
    tiles_ &= ~(std::uint64_t{bits_[tile] == 0} << tile);
    return tile * tile_rows + std::countr_zero(bits);
  }

 private:
  static_assert(tile_rows <= 32);
  std::uint32_t bits_[64];
  std::uint64_t tiles_ = 0;  // those whose bits are not all 0
};

using Key = std::int64_t;
constexpr Key no_key = std::numeric_limits<Key>::min();

/// The higher, the better the rank. The score is a number, the place below 2^32.
HWY_INLINE Key key_of(float score, Index place) {
  const auto bits = std::bit_cast<std::int32_t>(score + 0.0F);  // -0 becomes 0
  const auto ordered = static_cast<std::uint32_t>(bits < 0 ? bits ^ 0x7FFFFFFF : bits);
  return static_cast<Key>(std::uint64_t{ordered} << 32 | static_cast<std::uint32_t>(~place));
}
HWY_INLINE Index place_of(Key key) { return static_cast<Index>(~static_cast<std::uint32_t>(key)); }

/// Into the k highest keys, in order, without a branch.
HWY_INLINE void enter(Key* keys, Index k, Key key) {
#pragma GCC unroll 1
  for (Key* const end = keys + k; keys != end; ++keys) {
    const Key held = *keys;
    const bool higher = key > held;
    *keys = higher ? key : held;
    key = higher ? held : key;
  }
}

constexpr Index most_keys = 16;  // with more of them, offers cost less

/// What Ranking::offer() would do with all that was found, where the list is empty: all of it enters, at
/// ranks that nothing predicts either.
HWY_INLINE void fill_empty(const float* scores, Index first, Found& found, const Ranking<float>& best) {
  Key keys[most_keys];
  std::fill_n(keys, best.k, no_key);
  while (found.more()) {
    const Index place = found.next();
    enter(keys, best.k, key_of(scores[place], place));
  }
  for (Index rank = 0; rank < best.k && keys[rank] != no_key; ++rank) {
    best.score[rank] = scores[place_of(keys[rank])];
    best.index[rank] = first + place_of(keys[rank]);
  }
}

/// At least k scores reach the k-th highest of the lanes' maxima, so that even of ascending scores few are
/// offered.
void select(float* scores, Index count, Index padded, Index first, const Ranking<float>& best) {
  std::fill(scores + count, scores + padded, std::numeric_limits<float>::quiet_NaN());
  Vector maxima[tile_vectors];
  find_maxima(scores, padded, maxima);
  const float top = highest(maxima);
  float floor = best.threshold();
  if (top < floor || (top == floor && first > best.index[best.k - 1])) return;  // a NaN floor: there is room
  if (best.k <= tile_rows) {
    const float kth = kth_highest(maxima, top, best.k);
    if (kth > lowest && !(kth <= floor)) floor = kth;
  }
  if (std::isnan(floor)) {
    for (Index i = 0; i < count; ++i) best.offer(scores[i], first + i);
    return;
  }
  const Vector floors = hn::Set(f32, floor);
  for (Index i = 0; i < count; i += Found::most) {
    Found found(scores + i, std::min(padded - i, Found::most), floors);
    if (best.k <= most_keys && best.index[0] == best.no_index) {
      fill_empty(scores + i, first + i, found, best);
      continue;
    }
    while (found.more()) {
      const Index place = i + found.next();
      best.offer(scores[place], first + place);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace crossover::cpu
HWY_AFTER_NAMESPACE();

#endif
