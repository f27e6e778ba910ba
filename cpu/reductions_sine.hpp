// The block of square_sine_sum in vector registers, in a unit of its own: see reductions_sine.cpp.
#pragma once

#include "common/array.hpp"

namespace crossover::cpu {

/// The sum of x^2 + sin(x) over [0, count), in f64; any x, NaN and infinity too. Error of a term: below 2.5
/// units in the last place of f64, of x^2 + |sin x|.
double square_sine_block(const double* x, Index count);
/// The same of f32, whose sine is right to 2^-27.
double square_sine_block(const float* x, Index count);

}  // namespace crossover::cpu
