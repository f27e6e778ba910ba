// Arithmetic decides here, so this unit is compiled for the longest vectors; the loops that memory decides
// for are not (see CMakeLists.txt).
#include "cpu/reductions_sine.hpp"

#include <cmath>

#include "cpu/lanes.hpp"
#include "cpu/sine.hpp"

namespace crossover::cpu {
namespace {

/// Redone with the library's sine where an element is out of its reach, NaN and infinity among them. Elements
/// between exact_reach and reach have sines that are off by less than x^2 is by its rounding.
template <class T>
double block(const T* x, Index count) {
  constexpr int lanes = 16;
  constexpr auto plus = [](double a, double b) { return a + b; };
  std::array<double, lanes> squares{}, sines{};
  double *const square = squares.data(), *const sine_of = sines.data();
  const auto add = [=](int lane, T v) {
    square[lane] += static_cast<double>(v) * static_cast<double>(v);
    sine_of[lane] += sine(v);
  };
  Index i = 0;
  for (; i + lanes <= count; i += lanes)
#pragma omp simd
    for (int j = 0; j < lanes; ++j) add(j, x[i + j]);
  for (int j = 0; i + j < count; ++j) add(j, x[i + j]);
  const double sum_of_squares = join_lanes(squares, plus);
  if (sum_of_squares < Sine<T>::reach * Sine<T>::reach) return sum_of_squares + join_lanes(sines, plus);
  double sum_of_sines = 0;
  for (i = 0; i < count; ++i) sum_of_sines += std::sin(static_cast<double>(x[i]));
  return sum_of_squares + sum_of_sines;
}

}  // namespace

double square_sine_block(const double* x, Index count) { return block(x, count); }
double square_sine_block(const float* x, Index count) { return block(x, count); }

}  // namespace crossover::cpu
