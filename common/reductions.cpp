// sum              value = x[0] + ... + x[n-1]          min, max   the least, the greatest x[i]
// mean             value = sum / n                      argmax     the first i with the greatest x[i]
// dot              value = sum of x[i] * y[i]           norm2      value = sqrt(sum of x[i] * x[i])
// square_sine_sum  value = sum of x[i] * x[i] + sin(x[i])
//
// One number from n: each element is read once, so memory decides, but for the sine. All have one axis,
// which folds: a part's result is a state of one to three numbers, and states join in the order of their
// parts. Sums of floating-point values are kept in f64, in blocks that are added pairwise, so the error
// does not grow like n. As in NumPy, one NaN makes every result NaN, inf - inf is NaN, and argmax is the
// first NaN if there is one.
#include "common/reductions.hpp"

#include <cmath>
#include <limits>

#include "common/random.hpp"
#include "common/reductions_oracle.hpp"

namespace crossover {
namespace {

using Arrays = std::span<const HostArray>;
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
T& element(const HostArray& array) {
  return vector<T>(array)[0];
}

/// Stores `value` in an array of one element of whatever floating-point type.
void store(const HostArray& array, double value) {
  with_float(array.type, [&]<class T>() { element<T>(array) = static_cast<T>(value); });
}

// Sums: every array of the state is a sum.

void sum_identity(Arrays state) {
  for (const HostArray& array : state) with_type(array.type, [&]<class T>() { element<T>(array) = 0; });
}

void sum_merge(Arrays into, Arrays from) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (into[i].type == Type::i64)  // modulo 2^64
      element<std::int64_t>(into[i]) =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(element<std::int64_t>(into[i])) +
                                    static_cast<std::uint64_t>(element<std::int64_t>(from[i])));
    else
      element<double>(into[i]) += element<double>(from[i]);
  }
}

void sum_finish(const Shape&, Arrays state, Arrays out) {
  if (out[0].type == Type::i64)
    element<std::int64_t>(out[0]) = element<std::int64_t>(state[0]);
  else
    store(out[0], element<double>(state[0]));
}

void mean_finish(const Shape& whole, Arrays state, Arrays out) {
  store(out[0], element<double>(state[0]) / static_cast<double>(whole[reduction::n]));
}

void norm2_finish(const Shape&, Arrays state, Arrays out) {
  const double big = element<double>(state[norm2::big]), mid = element<double>(state[norm2::mid]),
               small = element<double>(state[norm2::small]);
  double norm = std::sqrt(small) / norm2::unit;
  if (big != 0)
    norm = std::sqrt(big + mid / norm2::unit / norm2::unit) * norm2::unit;
  else if (mid != 0)
    norm = std::sqrt(mid + small / norm2::unit / norm2::unit);
  store(out[0], norm);
}

// Extremes. `sign` 1: the greatest, -1: the least.

bool wins(double challenger, double holder, int sign) {
  if (std::isnan(holder)) return false;
  return std::isnan(challenger) || sign * challenger > sign * holder;
}

template <int sign>
void extreme_identity(Arrays state) {
  element<double>(state[0]) = -sign * infinity;
}

template <int sign>
void extreme_merge(Arrays into, Arrays from) {
  if (wins(element<double>(from[0]), element<double>(into[0]), sign))
    element<double>(into[0]) = element<double>(from[0]);
}

void argmax_identity(Arrays state) {
  element<Index>(state[argmax::index]) = -1;
  element<double>(state[argmax::value]) = -infinity;
}

void argmax_merge(Arrays into, Arrays from) {
  if (element<Index>(from[argmax::index]) < 0) return;
  const bool empty = element<Index>(into[argmax::index]) < 0;
  if (!empty && !wins(element<double>(from[argmax::value]), element<double>(into[argmax::value]), 1)) return;
  element<Index>(into[argmax::index]) = element<Index>(from[argmax::index]);
  element<double>(into[argmax::value]) = element<double>(from[argmax::value]);
}

void argmax_finish(const Shape&, Arrays state, Arrays out) {
  element<Index>(out[0]) = element<Index>(state[argmax::index]);
}

/// Operations on each element; an index is one i64, a value one element.
template <int flops, int inputs = 1, bool index = false>
Work work(const Shape& shape, Type type) {
  const auto n = static_cast<double>(shape[reduction::n]);
  const auto size = static_cast<double>(size_of(type));
  return {inputs * n * size, index ? 8.0 : size, flops * n};
}

/// What all of them share; the sums' own state.
Problem reduction_problem(const char* name, const char* summary, const char* formula) {
  return {
      .name = name,
      .summary = summary,
      .formula = formula,
      .accuracy =
          "error at most 2^-22 (f32) or 2^-42 (f64) of the sum of absolute values; i64 exact "
          "modulo 2^64",
      .axes = {{"n", Role::fold, 50'000'000, "elements"}},
      .types = {Type::f32, Type::f64},
      .in = {{"values", {reduction::n}, same_type, true}},
      .state = {{"sum", {}, accumulator_type}},
      .out = {{"value", {}}},
      .work = work<1>,
      .fill = fill_random,
      .identity = sum_identity,
      .merge = sum_merge,
      .finish = sum_finish,
      .oracle = nullptr,
  };
}

Problem extreme_problem(const char* name, const char* summary, const char* formula) {
  Problem problem = reduction_problem(name, summary, formula);
  problem.accuracy = "exact";
  problem.state = {{"extreme", {}, always<Type::f64>}};
  return problem;
}

}  // namespace

const Problem& sum_problem() {
  static const Problem problem = [] {
    Problem p = reduction_problem("sum", "the sum of n elements", "value = sum over i of values[i]");
    p.types = {Type::i64, Type::f32, Type::f64};
    p.oracle = reduction::sum_oracle;
    return p;
  }();
  return problem;
}

const Problem& mean_problem() {
  static const Problem problem = [] {
    Problem p = reduction_problem("mean", "the mean of n elements", "value = sum over i of values[i] / n");
    p.accuracy = "error at most 2^-22 (f32) or 2^-42 (f64) of the mean absolute value";
    p.finish = mean_finish;
    p.oracle = reduction::mean_oracle;
    return p;
  }();
  return problem;
}

const Problem& min_problem() {
  static const Problem problem = [] {
    Problem p = extreme_problem("min", "the least of n elements", "value = min over i of values[i]");
    p.identity = extreme_identity<-1>;
    p.merge = extreme_merge<-1>;
    p.oracle = reduction::min_oracle;
    return p;
  }();
  return problem;
}

const Problem& max_problem() {
  static const Problem problem = [] {
    Problem p = extreme_problem("max", "the greatest of n elements", "value = max over i of values[i]");
    p.identity = extreme_identity<1>;
    p.merge = extreme_merge<1>;
    p.oracle = reduction::max_oracle;
    return p;
  }();
  return problem;
}

const Problem& argmax_problem() {
  static const Problem problem = [] {
    Problem p = extreme_problem("argmax", "where the greatest of n elements is first found",
                                "index = least i with values[i] = max over j of values[j]");
    p.state = {{"index", {}, always<Type::i64>}, {"value", {}, always<Type::f64>}};
    p.out = {{"index", {}, always<Type::i64>}};
    p.work = work<1, 1, true>;
    p.identity = argmax_identity;
    p.merge = argmax_merge;
    p.finish = argmax_finish;
    p.oracle = reduction::argmax_oracle;
    return p;
  }();
  return problem;
}

const Problem& dot_problem() {
  static const Problem problem = [] {
    Problem p =
        reduction_problem("dot", "the inner product of two vectors", "value = sum over i of x[i] * y[i]");
    p.accuracy = "error at most 2^-22 (f32) or 2^-42 (f64) of the sum of |x[i] * y[i]|";
    p.in = {{"x", {reduction::n}, same_type, true}, {"y", {reduction::n}, same_type, true}};
    p.work = work<2, 2>;
    p.oracle = reduction::dot_oracle;
    return p;
  }();
  return problem;
}

const Problem& norm2_problem() {
  static const Problem problem = [] {
    Problem p =
        reduction_problem("norm2", "the Euclidean norm", "value = sqrt(sum over i of values[i] * values[i])");
    p.accuracy = "error at most 2^-22 (f32) or 2^-42 (f64) of the norm";
    p.state = {{"big", {}, accumulator_type}, {"mid", {}, accumulator_type}, {"small", {}, accumulator_type}};
    p.work = work<2>;
    p.finish = norm2_finish;
    p.oracle = reduction::norm2_oracle;
    return p;
  }();
  return problem;
}

const Problem& square_sine_sum_problem() {
  static const Problem problem = [] {
    Problem p = reduction_problem("square_sine_sum", "the sum of squares and sines: arithmetic with memory",
                                  "value = sum over i of values[i]^2 + sin(values[i])");
    p.accuracy =
        "error at most 2^-21 (f32, where sines may be f32) or 2^-42 (f64) of the sum of x^2 + |sin x|";
    p.work = work<4>;  // a product, a sine, two additions
    p.oracle = reduction::square_sine_sum_oracle;
    return p;
  }();
  return problem;
}

}  // namespace crossover
