// Rows scaled to length 1. Squares are summed in f64, so that rows of 1e30, of 1e-30 and of denormals do not
// overflow or vanish; each value is rounded to f32 once.
#pragma once

#include <cmath>

#include "common/array.hpp"

namespace crossover::cpu {

/// 1 / |row|, of the sum of a row's squares; 0 for a row of zeros, NaN for a row that is not finite.
inline double inverse_norm(double squares) {
  const double of_zero = squares == 0 ? 0 : 1;  // selections, so that loops over it vectorise
  const double root = std::sqrt(squares == 0 ? 1 : squares);
  return of_zero / root + (squares - squares);  // infinity - infinity is NaN
}

inline double inverse_norm(const float* row, Index count) {
  double squares = 0;
#pragma omp simd reduction(+ : squares)
  for (Index j = 0; j < count; ++j) squares += static_cast<double>(row[j]) * static_cast<double>(row[j]);
  return inverse_norm(squares);
}

inline void scale_row(const float* row, Index count, double factor, float* scaled) {
  for (Index j = 0; j < count; ++j) scaled[j] = static_cast<float>(static_cast<double>(row[j]) * factor);
}

}  // namespace crossover::cpu
