#include "bench/goals/libmvec.hpp"

#include <math.h>

namespace crossover::goals {

double libmvec_square_sine_sum(const double* x, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += x[i] * x[i] + sin(x[i]);
  return sum;
}

double libmvec_square_sine_sum(const float* x, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i)
    sum += static_cast<double>(x[i]) * static_cast<double>(x[i]) + static_cast<double>(sinf(x[i]));
  return sum;
}

}  // namespace crossover::goals
