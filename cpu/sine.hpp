// sin(x) for loops that the compiler turns into vectors: no branch, no table, no call.
//
// sin(x) = (-1)^k sin(r), r = x - k pi in [-pi/2, pi/2]; k is rounded by adding 1.5 * 2^52, whose last bit is
// then its parity. pi is taken away in parts: the first difference is exact, because a fused multiply-add
// does not round the product, or, without one, because the parts have 33 bits and products with k < 2^20 are
// exact. So r is right to a unit in its last place even beside multiples of pi. sin(r) = r + r^3 P(r^2), P
// fitted by Remez' exchange for the least relative error: 2^-61 for f64, 2^-27 for f32, whose sine is
// computed in f64.
//
// Error against the exact sine, where |x| < exact_reach, in units in the last place: below 2 for f64 (2.5
// where the processor has no fused multiply-add), below 0.6 for f32; see tests/sine.test.cpp. Up to `reach`,
// k pi is off by at most |x| 2^-52.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace crossover::cpu {

#ifdef __FP_FAST_FMA
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif

template <class T>
struct Sine;

template <>
struct Sine<double> {
  static constexpr double exact_reach = 0x1p20, reach = 0x1p44;
  static constexpr std::array<double, 4> pi_for_products{0x1.921fb544p+1, 0x1.0b4611a6p-33, 0x1.3198a2ep-68,
                                                         0x1.b839a252049c1p-103};
  static constexpr std::array<double, 3> pi_for_fused{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53,
                                                      -0x1.f1976b7ed8fbcp-109};
  /// P, highest power first.
  static constexpr std::array factors{0x1.8828f8df9984cp-49,  -0x1.ae43176ab0c6dp-41, 0x1.6123cb11cb1ccp-33,
                                      -0x1.ae6454cafd16dp-26, 0x1.71de3a5287075p-19,  -0x1.a01a01a0148a1p-13,
                                      0x1.11111111110c1p-7,   -0x1.5555555555555p-3};
};

template <>
struct Sine<float> {
  static constexpr double exact_reach = 0x1p20, reach = 0x1p44;
  static constexpr std::array<double, 2> pi_for_products{0x1.921fb544p+1, 0x1.0b4611a626331p-33};
  static constexpr std::array<double, 2> pi_for_fused{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
  static constexpr std::array factors{0x1.5dbce9e4f9c2bp-19, -0x1.9f6fed59d96fcp-13, 0x1.110ed326a5dc2p-7,
                                      -0x1.55554bc634783p-3};
};

/// The sine of `value`, |value| < Sine<T>::reach; of anything else, a number or NaN without meaning.
template <class T>
[[gnu::always_inline]] inline double sine(T value) {
  constexpr double rounder = 0x1.8p52, one_over_pi = 0x1.45f306dc9c883p-2;
  const auto x = static_cast<double>(value);
  const double shifted = x * one_over_pi + rounder;
  const double k = shifted - rounder;
  double r = x;
  if constexpr (fused) {
#pragma GCC unroll 4
    for (const double part : Sine<T>::pi_for_fused) r = __builtin_fma(-k, part, r);
  } else {
#pragma GCC unroll 4
    for (const double part : Sine<T>::pi_for_products) r -= k * part;
  }
  const double square = r * r;
  double series = Sine<T>::factors[0];
#pragma GCC unroll 8
  for (std::size_t i = 1; i < Sine<T>::factors.size(); ++i) series = series * square + Sine<T>::factors[i];
  const double unsigned_sine = r + r * square * series;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(unsigned_sine) ^
                               (std::bit_cast<std::uint64_t>(shifted) << 63));
}

}  // namespace crossover::cpu
