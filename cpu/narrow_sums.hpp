// Sums of f32 kept in f64, but for the first additions: a conversion for every element costs half of the
// bandwidth of L3 (on Zen 4 the two conversions of a cache line alone, from L1, run at 89 GB/s, with the
// additions at 50, where a core reads L3 at 100). Sums of eight elements, or of two products, are f32: they
// round three times, and two, each time by at most 2^-24 of the absolute values; with the rounding of the
// result that is the bound of 2^-22 that is stated for f32.
//
// Where a block overflows, is not finite, or may have lost products that were too small, it is done again in
// f64.
#pragma once

#include <array>
#include <cmath>

#include "cpu/lanes.hpp"

namespace crossover::cpu {

namespace narrow {

inline constexpr Index lanes = 8;  // a vector of f64
inline constexpr Index wide = 2 * lanes;
/// Fewer products than 2^20 lose at most 2^-130 by underflow: nothing beside a sum of this size.
inline constexpr double least_sum = 0x1p-100;

inline constexpr auto plus = [](double a, double b) { return a + b; };

[[gnu::noinline]] inline double sum_in_f64(const float* x, Index count) {
  return fold_lanes<false>(
      count, 0.0, [](double sum, float v) { return sum + static_cast<double>(v); }, plus, x);
}

[[gnu::noinline]] inline double dot_in_f64(const float* x, const float* y, Index count) {
  return fold_lanes<false>(
      count, 0.0,
      [](double sum, float v, float w) { return sum + static_cast<double>(v) * static_cast<double>(w); },
      plus, x, y);
}

/// What is left behind lines of 64: out of line, so that a block without it stays in registers.
[[gnu::noinline]] inline double short_sum(const float* x, Index count) {
  std::array<double, lanes> sums{};
  double* const sum = sums.data();
  Index i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    const float* four = x + i;
#pragma omp simd
    for (Index j = 0; j < lanes; ++j)
      sum[j] +=
          static_cast<double>((four[j] + four[j + lanes]) + (four[j + 2 * lanes] + four[j + 3 * lanes]));
  }
  for (; i + lanes <= count; i += lanes)
#pragma omp simd
    for (Index j = 0; j < lanes; ++j) sum[j] += static_cast<double>(x[i + j]);
  double rest = 0;
  for (; i < count; ++i) rest += static_cast<double>(x[i]);
  return join_lanes(sums, plus) + rest;
}

}  // namespace narrow

/// The sum of a block; a lane of f64 takes count / 64 + 9 terms.
template <bool ahead>
[[gnu::always_inline]] inline double narrow_sum(const float* x, Index count) {
  using namespace narrow;
  std::array<double, lanes> sums{};
  double* const sum = sums.data();
  Index i = 0;
  for (; i + 4 * wide <= count; i += 4 * wide) {
    if constexpr (ahead) prefetch_ahead<4 * wide>(x + i);
    const float* four = x + i;
    std::array<float, wide> fours;
    float* const narrow = fours.data();
#pragma omp simd
    for (Index j = 0; j < wide; ++j)
      narrow[j] = (four[j] + four[j + wide]) + (four[j + 2 * wide] + four[j + 3 * wide]);
#pragma omp simd
    for (Index j = 0; j < lanes; ++j) sum[j] += static_cast<double>(narrow[j] + narrow[j + lanes]);
  }
  double total = join_lanes(sums, plus);
  if (i < count) total += short_sum(x + i, count - i);
  return std::isfinite(total) ? total : sum_in_f64(x, count);
}

/// The inner product of a block; x and y may be one array.
template <bool ahead>
[[gnu::always_inline]] inline double narrow_dot(const float* x, const float* y, Index count) {
  using namespace narrow;
  std::array<double, wide> sums{};
  double* const sum = sums.data();
  Index i = 0;
  for (; i + 2 * wide <= count; i += 2 * wide) {
    if constexpr (ahead) {
      prefetch_ahead<2 * wide>(x + i);
      if (x != y) prefetch_ahead<2 * wide>(y + i);
    }
    const float *a = x + i, *b = y + i;
#pragma omp simd
    for (Index j = 0; j < wide; ++j) sum[j] += static_cast<double>(a[j] * b[j] + a[j + wide] * b[j + wide]);
  }
  double total = join_lanes(sums, plus);
  if (i < count) total += dot_in_f64(x + i, y + i, count - i);
  return std::isfinite(total) && std::fabs(total) >= least_sum ? total : dot_in_f64(x, y, count);
}

}  // namespace crossover::cpu
