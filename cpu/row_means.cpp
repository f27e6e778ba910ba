// Row means on the CPU. The matrix is read once, so the memory's bandwidth is the limit: rows are dealt
// to the threads that first touched them (static), and each row is summed in vector registers.
#include <Eigen/Core>
#include <array>

#include "common/pairwise.hpp"
#include "cpu/lanes.hpp"
#include "cpu/solvers.hpp"

namespace crossover::cpu {
namespace {

/// Sum of one block in f64, in independent lanes so that additions overlap.
template <class T>
double block_sum(const T* values, Index count) {
  return fold_lanes(
      count, 0.0, [](double sum, T value) { return sum + static_cast<double>(value); },
      [](double a, double b) { return a + b; }, values);
}

template <class T>
double row_sum(const T* row, Index cols) {
  if (cols <= PairwiseSum::block_length) return block_sum(row, cols);
  return sum_blocks(cols, [&](Index begin, Index end) { return block_sum(row + begin, end - begin); });
}

void solve_eigen(HostContext&, const HostPiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    using Row = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
    T* mean = vector<T>(piece.out[0]).data();
    for (Index i = 0; i < values.rows; ++i) {
      const double sum = sum_blocks(values.cols, [&](Index begin, Index end) {
        return Row(values.row(i) + begin, end - begin).template cast<double>().sum();
      });
      mean[i] = static_cast<T>(sum / static_cast<double>(values.cols));
    }
  });
}

void solve_openmp(HostContext& context, const HostPiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    T* mean = vector<T>(piece.out[0]).data();
#pragma omp parallel for schedule(static) num_threads(context.threads)
    for (Index i = 0; i < values.rows; ++i)
      mean[i] = static_cast<T>(row_sum(values.row(i), values.cols) / static_cast<double>(values.cols));
  });
}

}  // namespace

std::span<const HostSolver> row_means_solvers() {
  static const std::array solvers = {
      HostSolver{{.problem = "row_means",
                  .name = "serial",
                  .strategy = "one thread, one plain loop, not vectorised",
                  .threaded = false},
                 row_means_serial},
      HostSolver{{.problem = "row_means",
                  .name = "eigen",
                  .strategy = "one thread, Eigen's vectorised sum of each row",
                  .threaded = false},
                 solve_eigen},
      HostSolver{{.problem = "row_means",
                  .name = "openmp",
                  .strategy = "rows dealt to threads, each row summed in vector registers"},
                 solve_openmp},
  };
  return solvers;
}

}  // namespace crossover::cpu
