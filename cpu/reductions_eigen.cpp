// Reductions as Eigen expressions, on one thread: as its users write them, and in blocks at the stated bound.
// Extremes are told to propagate NaN.
#include <limits>

#include "cpu/eigen_sums.hpp"
#include "cpu/reductions.hpp"

namespace crossover::cpu {
namespace {

struct EigenBlocks {
  static constexpr Index sum_length = eigen_blocks::length, sine_length = sum_length,
                         extreme_length = sum_length;

  static std::uint64_t wrapped_sum(const std::int64_t* x, Index count) {
    return EigenValues<std::uint64_t>(reinterpret_cast<const std::uint64_t*>(x), count).sum();
  }

  template <class T>
  static double sum(const T* x, Index count) {
    return eigen_blocks::sum(x, count);
  }

  template <class T>
  static double dot(const T* x, const T* y, Index count) {
    return eigen_blocks::dot(x, y, count);
  }

  template <class T>
  static double squares(const T* x, Index count, double unit) {
    return eigen_blocks::squares(x, count, unit);
  }

  template <class T>
  static double square_sine(const T* x, Index count) {
    return eigen_blocks::square_sine(x, count);
  }

  template <int sign, class T>
  static T extreme(const T* x, Index count) {
    const EigenValues<T> values(x, count);
    return sign > 0 ? values.template maxCoeff<Eigen::PropagateNaN>()
                    : values.template minCoeff<Eigen::PropagateNaN>();
  }
};

/// All elements as one block. Extremes are exact in any block, and an argmax that keeps its place is not
/// vectorised: those stay as they are.
struct EigenAsWritten : EigenBlocks {
  static constexpr Index sum_length = std::numeric_limits<Index>::max(), sine_length = sum_length;

  template <class T>
  static double sum(const T* x, Index count) {
    const auto total = static_cast<double>(EigenValues<T>(x, count).sum());
    if (std::isfinite(total)) return total;
    return in_blocks(count, [=](Index i, Index length) { return EigenBlocks::sum(x + i, length); });
  }

  template <class T>
  static double dot(const T* x, const T* y, Index count) {
    const auto total =
        static_cast<double>(EigenValues<T>(x, count).matrix().dot(EigenValues<T>(y, count).matrix()));
    if (narrow::holds_products(total)) return total;
    return in_blocks(count, [=](Index i, Index length) { return EigenBlocks::dot(x + i, y + i, length); });
  }

  template <class T>
  static double squares(const T* x, Index count, double unit) {
    if (unit == 1) {
      const auto total = static_cast<double>(EigenValues<T>(x, count).matrix().squaredNorm());
      if (type_of<T> == Type::f64 || narrow::holds_products(total)) return total;
    }
    return in_blocks(count, [=](Index i, Index length) { return EigenBlocks::squares(x + i, length, unit); });
  }

  template <class T>
  static double square_sine(const T* x, Index count) {
    const EigenValues<T> values(x, count);
    const auto total = static_cast<double>((values.square() + values.sin()).sum());
    if (std::isfinite(total)) return total;
    return in_blocks(count, [=](Index i, Index length) { return EigenBlocks::square_sine(x + i, length); });
  }

 private:
  template <class Block>
  static double in_blocks(Index count, Block block) {
    return sum_blocks(count, [=](Index begin, Index end) { return block(begin, end - begin); });
  }
};

bool is_exact(const HostSolver& solver) {
  return std::string_view(find_problem(solver.problem)->accuracy) == "exact";
}

double error_bound(const Shape& shape, Type type) { return eigen_error(shape[reduction::n], type); }

}  // namespace

std::vector<HostSolver> eigen_reductions() {
  std::vector<HostSolver> all =
      reduction_rows<EigenAsWritten>("eigen",
                                     "one thread, what a user of Eigen writes: x.sum(), x.dot(y), x.norm(), "
                                     "in the elements' own type; error "
                                     "at most n/4 + 48 roundings",
                                     false);
  for (HostSolver& solver : all) {
    if (is_exact(solver))
      solver.strategy = "one thread, Eigen's vectorised expressions";
    else
      solver.error_bound = error_bound;
  }
  std::vector<HostSolver> blocks = reduction_rows<EigenBlocks>(
      "eigen-blocks", "one thread, Eigen's expressions in blocks of 1024, added in f64", false);
  std::erase_if(blocks, is_exact);
  for (HostSolver& solver : blocks) solver.types = {Type::f32, Type::f64};
  all.insert(all.end(), blocks.begin(), blocks.end());
  return all;
}

}  // namespace crossover::cpu
