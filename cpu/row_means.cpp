// Row means on the CPU: the table, and the way of a library. The matrix is read once, so the memory's
// bandwidth is the limit.
#include <Eigen/Core>
#include <array>

#include "common/pairwise.hpp"
#include "cpu/row_means.hpp"

namespace crossover::cpu {
namespace {

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
                  .strategy = "rows dealt to threads, each row summed in vector registers",
                  .workspace = row_means_openmp_workspace},
                 row_means_openmp},
  };
  return solvers;
}

}  // namespace crossover::cpu
