// Sums on a device whose error does not grow with their length.
#pragma once

#include <cmath>

namespace crossover::gpu {

/// A sum of any number of f64, with what its roundings lost (Knuth's TwoSum).
class LongSum {
 public:
  __device__ void add(double value) {
    const double next = sum_ + value, of_value = next - sum_;
    lost_ += (sum_ - (next - of_value)) + (value - of_value);
    sum_ = next;
  }
  __device__ double total() const { return std::isfinite(sum_) ? sum_ + lost_ : sum_; }

 private:
  double sum_ = 0, lost_ = 0;
};

}  // namespace crossover::gpu
