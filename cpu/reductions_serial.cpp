// One plain loop per block, compiled without auto-vectorisation so that it is what it says.
#include "cpu/reductions.hpp"

namespace crossover::cpu {
namespace {

struct Serial {
  static constexpr Index sum_length = PairwiseSum::block_length, sine_length = sum_length,
                         extreme_length = sum_length;

  static std::uint64_t wrapped_sum(const std::int64_t* x, Index count) {
    std::uint64_t sum = 0;
    for (Index i = 0; i < count; ++i) sum += static_cast<std::uint64_t>(x[i]);
    return sum;
  }

  template <class T>
  static double sum(const T* x, Index count) {
    double sum = 0;
    for (Index i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
    return sum;
  }

  template <class T>
  static double dot(const T* x, const T* y, Index count) {
    double sum = 0;
    for (Index i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
    return sum;
  }

  template <class T>
  static double squares(const T* x, Index count, double unit) {
    double sum = 0;
    for (Index i = 0; i < count; ++i)
      sum += (static_cast<double>(x[i]) * unit) * (static_cast<double>(x[i]) * unit);
    return sum;
  }

  template <class T>
  static double square_sine(const T* x, Index count) {
    double sum = 0;
    for (Index i = 0; i < count; ++i)
      sum += static_cast<double>(x[i]) * static_cast<double>(x[i]) + static_cast<double>(std::sin(x[i]));
    return sum;
  }

  template <int sign, class T>
  static T extreme(const T* x, Index count) {
    T best = x[0];
    for (Index i = 0; i < count; ++i) {
      if (std::isnan(x[i])) return x[i];
      if (sign * x[i] > sign * best) best = x[i];
    }
    return best;
  }
};

}  // namespace

std::vector<HostSolver> serial_reductions() {
  return reduction_rows<Serial>("serial", "one thread, one plain loop, not vectorised", false);
}

}  // namespace crossover::cpu
