// The same blocks as Eigen expressions, on one thread. Its extremes are told to propagate NaN.
#include <Eigen/Core>

#include "cpu/reductions.hpp"

namespace crossover::cpu {
namespace {

template <class T>
using Values = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

struct EigenBlocks {
  static constexpr Index sum_length = PairwiseSum::block_length, sine_length = sum_length,
                         extreme_length = sum_length;

  static std::uint64_t wrapped_sum(const std::int64_t* x, Index count) {
    return Values<std::uint64_t>(reinterpret_cast<const std::uint64_t*>(x), count).sum();
  }

  template <class T>
  static double sum(const T* x, Index count) {
    return Values<T>(x, count).template cast<double>().sum();
  }

  template <class T>
  static double dot(const T* x, const T* y, Index count) {
    return (Values<T>(x, count).template cast<double>() * Values<T>(y, count).template cast<double>()).sum();
  }

  template <class T>
  static double squares(const T* x, Index count, double unit) {
    return (Values<T>(x, count).template cast<double>() * unit).square().sum();
  }

  template <class T>
  static double square_sine(const T* x, Index count) {
    const Values<T> values(x, count);
    return (values.template cast<double>().square() + values.sin().template cast<double>()).sum();
  }

  template <int sign, class T>
  static T extreme(const T* x, Index count) {
    const Values<T> values(x, count);
    return sign > 0 ? values.template maxCoeff<Eigen::PropagateNaN>()
                    : values.template minCoeff<Eigen::PropagateNaN>();
  }
};

}  // namespace

std::vector<HostSolver> eigen_reductions() {
  return reduction_rows<EigenBlocks>("eigen", "one thread, Eigen's vectorised expressions", false);
}

}  // namespace crossover::cpu
