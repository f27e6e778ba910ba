// References for the reductions, in long double (64 bits of mantissa on x86): a product of two f64 is
// rounded at 2^-64 and cannot leave the range, and blocks added pairwise keep the error of a sum below
// 1088 * 2^-64 of its absolute values, 2^-12 of the bound that solvers are held to.
//
// The bounds: f64 sums 2^-42 = 2048 * 2^-53: 1024 for a block summed one by one, 64 for the pairwise
// levels, 1 each for terms and finish, the rest for parts and pieces joined one by one. f32 sums
// may add eight elements, or two products, in f32 (three roundings of 2^-24, each of what is added), and
// round once at the end: 2^-22. f32 sines are good to two units of 2^-23, plus the final rounding: 2^-21.
#include "common/reductions_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/pairwise.hpp"
#include "common/reductions.hpp"
#include "common/sampling.hpp"

namespace crossover::reduction {
namespace {

using Arrays = std::span<const HostArray>;
using Exact = long double;

/// Sums `term(i)`, which returns a Total, over [0, count).
template <class Term>
Total total_of(Index count, Term&& term) {
  BasicPairwiseSum<Exact> sum, magnitude;
  for (Index begin = 0; begin < count; begin += PairwiseSum::block_length) {
    const Index end = std::min(count, begin + PairwiseSum::block_length);
    Total block{0, 0};
    for (Index i = begin; i < end; ++i) {
      const Total one = term(i);
      block.sum += one.sum;
      block.magnitude += one.magnitude;
    }
    sum.add(block.sum);
    magnitude.add(block.magnitude);
  }
  return {sum.total(), magnitude.total()};
}

bool may_overflow(const Total& total) {
  return std::isfinite(total.magnitude) && total.magnitude > Exact{0x1p1023};
}

/// Holds one output against `total`.
template <class T>
Oracle holding(Total total, Exact underflow, double bound) {
  return [=](std::span<const HostArray> out) {
    Comparison comparison(bound, 1);
    comparison.add_total(0, vector<T>(out[0])[0], total, underflow, may_overflow(total));
    return comparison.result();
  };
}

/// What rounding to the smallest numbers of T can cost a sum of `count` terms.
template <class T>
Exact underflow_of(Index count) {
  return static_cast<Exact>(count) * std::numeric_limits<double>::denorm_min() +
         std::numeric_limits<T>::denorm_min();
}

template <class T>
constexpr double sum_bound = type_of<T> == Type::f32 ? 0x1p-22 : 0x1p-42;

template <class T>
Total plain_total(const HostArray& values) {
  const T* x = vector<const T>(values).data();
  return total_of(values.count(), [x](Index i) { return Total{x[i], std::fabs(Exact{x[i]})}; });
}

Oracle wrapped_sum_oracle(const HostArray& values) {
  std::uint64_t sum = 0;
  for (const std::int64_t value : vector<const std::int64_t>(values))
    sum += static_cast<std::uint64_t>(value);
  return [want = static_cast<std::int64_t>(sum)](Arrays out) {
    const std::int64_t got = vector<std::int64_t>(out[0])[0];
    Check check;
    check.checked = check.of = 1;
    if (got != want) {
      check.ok = false;
      check.max_error = std::fabs(static_cast<double>(got) - static_cast<double>(want));
      check.what = "the sum is " + std::to_string(got) + ", expected " + std::to_string(want);
    }
    return check;
  };
}

/// The first i with the greatest sign * values[i], or the first NaN.
template <class T>
Index extreme_index(std::span<const T> values, int sign) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) return static_cast<Index>(i);
    if (sign > 0 ? values[i] > values[best] : values[i] < values[best]) best = i;
  }
  return static_cast<Index>(best);
}

Oracle extreme_oracle(Type type, const HostArray& values, int sign) {
  return with_float(type, [&]<class T>() -> Oracle {
    const std::span<const T> x = vector<const T>(values);
    const T want = x[static_cast<std::size_t>(extreme_index(x, sign))];
    return [want](Arrays out) {
      Comparison comparison(0, 1);
      comparison.add(0, vector<T>(out[0])[0], want, 0);
      return comparison.result();
    };
  });
}

}  // namespace

Oracle sum_oracle(const Shape& shape, Type type, Arrays in, double) {
  if (type == Type::i64) return wrapped_sum_oracle(in[0]);
  return with_float(type, [&]<class T>() {
    return holding<T>(plain_total<T>(in[0]), underflow_of<T>(shape[reduction::n]), sum_bound<T>);
  });
}

Oracle mean_oracle(const Shape& shape, Type type, Arrays in, double) {
  return with_float(type, [&]<class T>() {
    Total total = plain_total<T>(in[0]);
    const auto count = static_cast<Exact>(shape[reduction::n]);
    total.sum /= count;
    if (!may_overflow(total)) total.magnitude /= count;
    return holding<T>(total, underflow_of<T>(1), sum_bound<T>);
  });
}

Oracle min_oracle(const Shape&, Type type, Arrays in, double) { return extreme_oracle(type, in[0], -1); }
Oracle max_oracle(const Shape&, Type type, Arrays in, double) { return extreme_oracle(type, in[0], 1); }

Oracle argmax_oracle(const Shape&, Type type, Arrays in, double) {
  return with_float(type, [&]<class T>() -> Oracle {
    const Index want = extreme_index(vector<const T>(in[0]), 1);
    return [want](Arrays out) {
      Comparison comparison(0, 1);
      comparison.add(0, static_cast<double>(vector<Index>(out[0])[0]), static_cast<double>(want), 0);
      return comparison.result();
    };
  });
}

Oracle dot_oracle(const Shape& shape, Type type, Arrays in, double) {
  return with_float(type, [&]<class T>() {
    const T *x = vector<const T>(in[0]).data(), *y = vector<const T>(in[1]).data();
    const Total total = total_of(shape[reduction::n], [x, y](Index i) {
      const Exact product = Exact{x[i]} * y[i];
      return Total{product, std::fabs(product)};
    });
    return holding<T>(total, underflow_of<T>(shape[reduction::n]), sum_bound<T>);
  });
}

Oracle norm2_oracle(const Shape& shape, Type type, Arrays in, double) {
  return with_float(type, [&]<class T>() {
    const T* x = vector<const T>(in[0]).data();
    const Exact norm = std::sqrt(total_of(shape[reduction::n], [x](Index i) {
                                   const Exact square = Exact{x[i]} * x[i];
                                   return Total{square, 0};
                                 }).sum);
    // The magnitude is held down: unlike partial sums, a norm may not overflow before its answer does.
    return holding<T>({norm, std::min(norm, Exact{0x1p1023})}, underflow_of<T>(1), sum_bound<T>);
  });
}

Oracle square_sine_sum_oracle(const Shape& shape, Type type, Arrays in, double) {
  return with_float(type, [&]<class T>() {
    const T* x = vector<const T>(in[0]).data();
    const Total total = total_of(shape[reduction::n], [x](Index i) {
      const Exact square = Exact{x[i]} * x[i], sine = std::sin(static_cast<double>(x[i]));
      return Total{square + sine, square + std::fabs(sine)};
    });
    return holding<T>(total, underflow_of<T>(shape[reduction::n]),
                      type_of<T> == Type::f32 ? 0x1p-21 : 0x1p-42);
  });
}

}  // namespace crossover::reduction
