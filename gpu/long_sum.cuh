// Sums on a device whose error does not grow with their length.
#pragma once

namespace crossover::gpu {

constexpr bool is_finite_value(auto value) { return value - value == 0; }

/// a becomes the rounded sum of both, `lost` grows by the exact rest (Knuth's two-sum).
template <class T>
__device__ void two_sum(T& a, T b, T& lost) {
  const T sum = a + b, of_b = sum - a;
  lost += (a - (sum - of_b)) + (b - of_b);
  a = sum;
}

/// A sum of any number of f64, with what its roundings lost; that is NaN where the sum is not finite.
struct LongSum {
  double sum = 0, lost = 0;

  __device__ void add(double value) { two_sum(sum, value, lost); }
  __device__ double total() const { return is_finite_value(lost) ? sum + lost : sum; }
};

}  // namespace crossover::gpu
