// The same blocks in vector registers, a contiguous part of the input to each thread.
#include <bit>
#include <limits>

#include "cpu/lanes.hpp"
#include "cpu/reductions.hpp"

namespace crossover::cpu {
namespace {

/// sin(x) = (-1)^k sin(r), r = x - k pi in [-pi/2, pi/2], by its Taylor series: to degree 19 in f64,
/// 11 in f32, whose next terms are below 2.5 and 1 units of rounding. pi is split in two, the first part
/// short enough for exact products while |x| < 2^20 (f64) or 2^12 (f32). Further out r is off by about
/// |x| units of rounding; beside the x^2 that the sine is added to here, that is less than rounding x^2,
/// and r keeps its size up to `reach`. k is rounded by adding 1.5 * 2^(mantissa bits).
template <class T>
struct Sine;

template <>
struct Sine<double> {
  using Bits = std::uint64_t;
  static constexpr double high = 0x1.921fb544p+1, low = 0x1.0b4611a626331p-33, rounder = 0x1.8p52;
  static constexpr double reach = 0x1p44;
  static constexpr int degree = 19;
};

template <>
struct Sine<float> {
  using Bits = std::uint32_t;
  static constexpr float high = 0x1.92p+1F, low = 0x1.fb5444p-11F, rounder = 0x1.8p23F;
  static constexpr double reach = 0x1p20;
  static constexpr int degree = 11;
};

/// The series' factors, innermost first: 1/degree!, ..., -1/3!.
template <class T>
constexpr auto sine_factors = [] {
  std::array<T, (Sine<T>::degree - 1) / 2> factors{};
  long double factorial = 1;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const auto power = static_cast<long double>(2 * i + 3);
    factorial *= -(power - 1) * power;
    factors[factors.size() - 1 - i] = static_cast<T>(1 / factorial);
  }
  return factors;
}();

template <class T>
T sine(T x) {
  using S = Sine<T>;
  using Bits = typename S::Bits;
  const T shifted = x * static_cast<T>(0x1.45f306dc9c883p-2) + S::rounder;  // its last bit: the parity of k
  const T k = shifted - S::rounder;
  const T r = (x - k * S::high) - k * S::low;
  const T square = r * r;
  T series = 0;
#pragma GCC unroll 16
  for (const T factor : sine_factors<T>) series = series * square + factor;
  const T value = r + r * (square * series);
  return std::bit_cast<T>(std::bit_cast<Bits>(value) ^ (std::bit_cast<Bits>(shifted) << (8 * sizeof(T) - 1)));
}

constexpr auto plus = [](auto a, auto b) { return a + b; };

struct Vector {
  static std::uint64_t wrapped_sum(const std::int64_t* x, Index count) {
    return fold_lanes(
        count, std::uint64_t{0},
        [](std::uint64_t sum, std::int64_t v) { return sum + static_cast<std::uint64_t>(v); }, plus, x);
  }

  template <class T>
  static double sum(const T* x, Index count) {
    return fold_lanes(
        count, 0.0, [](double sum, T v) { return sum + static_cast<double>(v); }, plus, x);
  }

  template <class T>
  static double dot(const T* x, const T* y, Index count) {
    return fold_lanes(
        count, 0.0,
        [](double sum, T v, T w) { return sum + static_cast<double>(v) * static_cast<double>(w); }, plus, x,
        y);
  }

  template <class T>
  static double squares(const T* x, Index count, double unit) {
    const auto step = [unit](double sum, T v) {
      const double scaled = static_cast<double>(v) * unit;
      return sum + scaled * scaled;
    };
    return fold_lanes(count, 0.0, step, plus, x);
  }

  /// A block with an element that `sine` does not reach, NaN and infinity among them, is redone.
  template <class T>
  static double square_sine(const T* x, Index count) {
    const double sum_of_squares = squares(x, count, 1.0);
    if (sum_of_squares < Sine<T>::reach * Sine<T>::reach)
      return sum_of_squares +
             fold_lanes(
                 count, 0.0, [](double sum, T v) { return sum + static_cast<double>(sine(v)); }, plus, x);
    double sum_of_sines = 0;
    for (Index i = 0; i < count; ++i) sum_of_sines += static_cast<double>(std::sin(x[i]));
    return sum_of_squares + sum_of_sines;
  }

  /// A lane that holds a NaN keeps it: nothing compares greater.
  template <int sign, class T>
  static T extreme(const T* x, Index count) {
    const auto step = [](T best, T v) { return (sign * v > sign * best) | (v != v) ? v : best; };
    return fold_lanes(count, x[0], step, step, x);
  }
};

}  // namespace

std::vector<HostSolver> openmp_reductions() {
  return reduction_rows<Vector>("openmp", "a contiguous part per thread, reduced in vector registers", true);
}

}  // namespace crossover::cpu
