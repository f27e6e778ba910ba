// Sums of f32 kept in f64, but for the first additions: a conversion for every element costs half of the
// bandwidth of L3 (on Zen 4 the two conversions of a cache line alone, from L1, run at 89 GB/s, with the
// additions at 50, where a core reads L3 at 100). Sums of eight elements are f32, which rounds three times;
// of eight squares, four times, of which a norm's root leaves half; and of two products, twice. Each time by
// at most 2^-24 of the absolute values: with the rounding of the result that is within the 2^-22 stated for
// f32.
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

struct Itself {
  float operator()(float v) const { return v; }
};
struct Square {
  float operator()(float v) const { return v * v; }
};

/// What is left behind lines of 64: out of line, so that a block without it stays in registers.
template <class Term>
[[gnu::noinline]] double short_sum(const float* x, Index count, Term term) {
  std::array<double, lanes> sums{};
  double* const sum = sums.data();
  Index i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    const float* four = x + i;
#pragma omp simd
    for (Index j = 0; j < lanes; ++j)
      sum[j] += static_cast<double>((term(four[j]) + term(four[j + lanes])) +
                                    (term(four[j + 2 * lanes]) + term(four[j + 3 * lanes])));
  }
  for (; i + lanes <= count; i += lanes)
#pragma omp simd
    for (Index j = 0; j < lanes; ++j) sum[j] += static_cast<double>(term(x[i + j]));
  double rest = 0;
  for (; i < count; ++i) rest += static_cast<double>(term(x[i]));
  return join_lanes(sums, plus) + rest;
}

/// Terms in eights. A lane of f64 takes count / 64 + 9 of them.
template <bool ahead, class Term>
[[gnu::always_inline]] inline double sum_of_eights(const float* x, Index count, Term term) {
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
      narrow[j] =
          (term(four[j]) + term(four[j + wide])) + (term(four[j + 2 * wide]) + term(four[j + 3 * wide]));
#pragma omp simd
    for (Index j = 0; j < lanes; ++j) sum[j] += static_cast<double>(narrow[j] + narrow[j + lanes]);
  }
  const double total = join_lanes(sums, plus);
  return i < count ? total + short_sum(x + i, count - i, term) : total;
}

/// Neither infinite, nor so small that products may be missing.
inline bool holds_products(double sum) { return std::isfinite(sum) && std::fabs(sum) >= least_sum; }

}  // namespace narrow

/// The sum of a block.
template <bool ahead>
[[gnu::always_inline]] inline double narrow_sum(const float* x, Index count) {
  const double total = narrow::sum_of_eights<ahead>(x, count, narrow::Itself());
  return std::isfinite(total) ? total : narrow::sum_in_f64(x, count);
}

/// The sum of a block's squares.
template <bool ahead>
[[gnu::always_inline]] inline double narrow_squares(const float* x, Index count) {
  const double total = narrow::sum_of_eights<ahead>(x, count, narrow::Square());
  return narrow::holds_products(total) ? total : narrow::dot_in_f64(x, x, count);
}

/// The inner product of a block.
template <bool ahead>
[[gnu::always_inline]] inline double narrow_dot(const float* x, const float* y, Index count) {
  using namespace narrow;
  std::array<double, wide> sums{};
  double* const sum = sums.data();
  Index i = 0;
  for (; i + 2 * wide <= count; i += 2 * wide) {
    if constexpr (ahead) {
      prefetch_ahead<2 * wide>(x + i);
      prefetch_ahead<2 * wide>(y + i);
    }
    const float *a = x + i, *b = y + i;
#pragma omp simd
    for (Index j = 0; j < wide; ++j) sum[j] += static_cast<double>(a[j] * b[j] + a[j + wide] * b[j + wide]);
  }
  double total = join_lanes(sums, plus);
  if (i < count) total += dot_in_f64(x + i, y + i, count - i);
  return holds_products(total) ? total : dot_in_f64(x, y, count);
}

}  // namespace crossover::cpu
