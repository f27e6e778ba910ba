// Sums of floating-point elements as Eigen expressions, of two kinds:
//   - blocks at the problems' stated bound. Blocks of f32 are first added in f32, eight elements or squares
//     (three roundings of each) or two products, then in f64: Eigen 3.4 does not vectorise the conversion
//     of an element. A block that leaves f32 is done again in f64.
//   - what a user of Eigen writes, x.sum(), x.dot(y), x.squaredNorm(): all in the elements' own type, with
//     eigen_error() as its bound. Where it leaves the type, the blocks answer instead.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "common/pairwise.hpp"
#include "cpu/narrow_sums.hpp"

namespace crossover::cpu {

template <class T>
using EigenValues = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

/// What a sum of n elements in their own type may be off by, relative to the sum of absolute values. Eigen
/// keeps two vectors of at least two f64 or four f32, so that a sum is of a quarter of the elements, joined
/// with the lanes and the ends that fill no vector.
inline double eigen_error(Index n, Type type) {
  const double roundings = std::min(static_cast<double>(n), static_cast<double>(n) / 4 + 40) + 8;
  return roundings * (type == Type::f32 ? 0x1p-24 : 0x1p-53);
}

namespace eigen_blocks {

inline constexpr Index length = PairwiseSum::block_length;

template <class T>
auto wide(const T* x, Index count) {
  return EigenValues<T>(x, count).template cast<double>();
}

/// Sums of f32 that stand for several terms each, in f64. The compiler vectorises the conversion of an array
/// into another, which pays from some length on.
template <Index most, class Terms>
double sum_of_narrow(const Terms& terms) {
  const Eigen::Array<float, Eigen::Dynamic, 1, 0, most, 1> narrow = terms;  // in place, not on the heap
  if (narrow.size() < 64) return narrow.template cast<double>().sum();
  const Eigen::Array<double, Eigen::Dynamic, 1, 0, most, 1> converted = narrow.template cast<double>();
  return converted.sum();
}

/// Terms in eights: of elements, or of squares.
template <class Term>
double sum_of_eights(const float* x, Index count, Term term) {
  const Index width = count / 8;
  const auto at = [&](Index i) { return term(EigenValues<float>(x + i * width, width)); };
  return sum_of_narrow<length / 8>(((at(0) + at(1)) + (at(2) + at(3))) +
                                   ((at(4) + at(5)) + (at(6) + at(7)))) +
         term(wide(x + 8 * width, count - 8 * width)).sum();
}

inline double sum(const double* x, Index count) { return EigenValues<double>(x, count).sum(); }
inline double sum(const float* x, Index count) {
  const double total = sum_of_eights(x, count, [](const auto& values) { return values; });
  return std::isfinite(total) ? total : wide(x, count).sum();
}

inline double dot(const double* x, const double* y, Index count) {
  return (EigenValues<double>(x, count) * EigenValues<double>(y, count)).sum();
}
inline double dot(const float* x, const float* y, Index count) {
  const Index half = count / 2;
  const auto products = [&](Index i) {
    return EigenValues<float>(x + i, half) * EigenValues<float>(y + i, half);
  };
  double total = sum_of_narrow<length / 2>(products(0) + products(half));
  if (count % 2 != 0) total += static_cast<double>(x[count - 1]) * static_cast<double>(y[count - 1]);
  return narrow::holds_products(total) ? total : (wide(x, count) * wide(y, count)).sum();
}

inline double squares(const double* x, Index count, double unit) {
  return (EigenValues<double>(x, count) * unit).square().sum();
}
inline double squares(const float* x, Index count, double) {
  const double total = sum_of_eights(x, count, [](const auto& values) { return values.square(); });
  return narrow::holds_products(total) ? total : wide(x, count).square().sum();
}

inline double square_sine(const double* x, Index count) {
  const EigenValues<double> values(x, count);
  return (values.square() + values.sin()).sum();
}
inline double square_sine(const float* x, Index count) {
  const EigenValues<float> values(x, count);
  const double total = sum_of_narrow<length>(values.square() + values.sin());
  return std::isfinite(total) ? total
                              : (wide(x, count).square() + values.sin().template cast<double>()).sum();
}

}  // namespace eigen_blocks

}  // namespace crossover::cpu
