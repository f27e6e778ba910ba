// The same blocks in vector registers, a contiguous part of the input to each thread: at the bandwidth of L3,
// and of DRAM. Sums of f32: see cpu/narrow_sums.hpp.
#include <limits>
#include <type_traits>

#include "cpu/narrow_sums.hpp"
#include "cpu/reductions.hpp"
#include "cpu/reductions_sine.hpp"

namespace crossover::cpu {
namespace {

constexpr auto plus = [](auto a, auto b) { return a + b; };

template <class T>
using Flag =
    std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;  // as wide as T: one mask for both

template <bool ahead>
struct Vector {
  /// A lane adds at most PairwiseSum::block_length terms, so that the bound of PairwiseSum holds.
  static constexpr Index sum_length = lane_count * PairwiseSum::block_length, sine_length = 4096,
                         extreme_length = 8192;

  static std::uint64_t wrapped_sum(const std::int64_t* x, Index count) {
    return fold_lanes<ahead>(
        count, std::uint64_t{0},
        [](std::uint64_t sum, std::int64_t v) { return sum + static_cast<std::uint64_t>(v); }, plus, x);
  }

  static double sum(const float* x, Index count) { return narrow_sum<ahead>(x, count); }
  static double sum(const double* x, Index count) {
    return fold_lanes<ahead>(
        count, 0.0, [](double sum, double v) { return sum + v; }, plus, x);
  }

  static double dot(const float* x, const float* y, Index count) { return narrow_dot<ahead>(x, y, count); }
  static double dot(const double* x, const double* y, Index count) {
    return fold_lanes<ahead>(
        count, 0.0, [](double sum, double v, double w) { return sum + v * w; }, plus, x, y);
  }

  static double squares(const float* x, Index count, double) { return narrow_squares<ahead>(x, count); }
  static double squares(const double* x, Index count, double unit) {
    if (unit == 1)
      return fold_lanes<ahead>(
          count, 0.0, [](double sum, double v) { return sum + v * v; }, plus, x);
    const auto step = [unit](double sum, double v) {
      const double scaled = v * unit;
      return sum + scaled * scaled;
    };
    return fold_lanes<ahead>(count, 0.0, step, plus, x);
  }

  template <class T>
  static double square_sine(const T* x, Index count) {
    return square_sine_block(x, count);
  }

  /// Two elements at once: one comparison finds a NaN in either.
  template <int sign, class T>
  static T extreme(const T* x, Index count) {
    constexpr int lanes = 16;
    const auto better = [](T a, T b) { return (sign > 0 ? a > b : a < b) ? a : b; };
    std::array<T, lanes> bests;
    std::array<Flag<T>, lanes> nans{};
    bests.fill(x[0]);
    T* const best = bests.data();
    Flag<T>* const nan = nans.data();
    Index i = 0;
    for (; i + 2 * lanes <= count; i += 2 * lanes) {
      if constexpr (ahead) prefetch_ahead<2 * lanes>(x + i);
#pragma omp simd
      for (int j = 0; j < lanes; ++j) {
        const T v = x[i + j], w = x[i + lanes + j];
        best[j] = better(better(v, w), best[j]);
        nan[j] |= __builtin_isunordered(v, w) ? -1 : 0;
      }
    }
    T found = x[0];
    Flag<T> any = 0;
    for (; i < count; ++i) {
      found = better(x[i], found);
      any |= std::isnan(x[i]) ? -1 : 0;
    }
    for (int j = 0; j < lanes; ++j) {
      found = better(best[j], found);
      any |= nan[j];
    }
    return any != 0 ? std::numeric_limits<T>::quiet_NaN() : found;
  }
};

}  // namespace

std::vector<HostSolver> openmp_reductions() {
  return reduction_rows<Vector<false>, Vector<true>>(
      "openmp", "a contiguous part per thread, reduced in vector registers", true);
}

}  // namespace crossover::cpu
