// The sum of squares and sines as g++ makes it of a plain loop under -ffast-math: with glibc's libmvec. That
// unit includes nothing but this, so that no inline function of other code is compiled under those rules.
#pragma once

#include <cstdint>

namespace crossover::goals {

double libmvec_square_sine_sum(const double* x, std::int64_t count);
double libmvec_square_sine_sum(const float* x, std::int64_t count);

}  // namespace crossover::goals
