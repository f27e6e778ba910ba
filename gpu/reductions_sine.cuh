// sin(x) = (-1)^k sin(r), r = x - k pi in [-pi/2, pi/2], by its Taylor series: to degree 19 in f64, 11 in
// f32, whose next terms are below 2.5 and 1 units of rounding. With a fused multiply-add x - k pi_high is
// exact, so two parts of pi are enough while x is below `reach`; further out it is for the library, whose
// sine is right anywhere and slower. k is rounded by adding 1.5 * 2^(mantissa bits), which leaves its parity
// in the last bit.
#pragma once

#include <cmath>

namespace crossover::gpu {

template <class T>
struct Sine;

template <>
struct Sine<double> {
  static constexpr double pi_high = 0x1.921fb54442d18p+1, pi_low = 0x1.1a62633145c07p-53;
  static constexpr double inverse = 0x1.45f306dc9c883p-2, rounder = 0x1.8p52, reach = 0x1p44;
  static constexpr int degree = 19;
};

template <>
struct Sine<float> {
  static constexpr float pi_high = 0x1.921fb6p+1F, pi_low = -0x1.777a5cp-24F;
  static constexpr float inverse = 0x1.45f306p-2F, rounder = 0x1.8p23F, reach = 0x1p20F;
  static constexpr int degree = 11;
};

/// 1/power!, with the sign that it has in the series of the sine.
constexpr double sine_factor(int power) {
  double factorial = 1;
  for (int i = 3; i <= power; i += 2) factorial *= -static_cast<double>(i - 1) * i;
  return 1 / factorial;
}

/// Of the series without its first term, divided by r^3.
template <class T, int power = 3>
__device__ T sine_series(T square) {
  constexpr T factor = static_cast<T>(sine_factor(power));
  if constexpr (power == Sine<T>::degree)
    return factor;
  else
    return fma(sine_series<T, power + 2>(square), square, factor);
}

__device__ inline double negated_where_odd(double value, double shifted) {
  return __longlong_as_double(__double_as_longlong(value) ^ (__double_as_longlong(shifted) << 63));
}

__device__ inline float negated_where_odd(float value, float shifted) {
  return __uint_as_float(__float_as_uint(value) ^ (__float_as_uint(shifted) << 31));
}

/// For |x| below Sine<T>::reach.
template <class T>
__device__ T sine(T x) {
  using S = Sine<T>;
  const T shifted = fma(x, S::inverse, S::rounder);
  const T k = shifted - S::rounder;
  const T r = fma(-k, S::pi_low, fma(-k, S::pi_high, x));
  const T square = r * r;
  return negated_where_odd(fma(r * square, sine_series(square), r), shifted);
}

}  // namespace crossover::gpu
