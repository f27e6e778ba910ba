// Row means on the CPU: the table, and the ways of a library. The matrix is read once, so the memory's
// bandwidth is the limit.
#include "cpu/row_means.hpp"

#include <array>

#include "common/row_means.hpp"
#include "cpu/eigen_sums.hpp"

namespace crossover::cpu {
namespace {

template <class T>
T mean_of_blocks(const Matrix<const T>& values, Index row) {
  const double sum = sum_blocks(values.cols, [&](Index begin, Index end) {
    return eigen_blocks::sum(values.row(row) + begin, end - begin);
  });
  return static_cast<T>(sum / static_cast<double>(values.cols));
}

void row_means_eigen(HostContext&, const HostPiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    using Rows = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    T* const mean = vector<T>(piece.out[0]).data();
    Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>(mean, values.rows) =
        Eigen::Map<const Rows>(values.data, values.rows, values.cols).rowwise().mean();
    for (Index row = 0; row < values.rows; ++row)
      if (!std::isfinite(mean[row])) mean[row] = mean_of_blocks(values, row);
  });
}

void row_means_eigen_blocks(HostContext&, const HostPiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    T* const mean = vector<T>(piece.out[0]).data();
    for (Index row = 0; row < values.rows; ++row) mean[row] = mean_of_blocks(values, row);
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
                  .strategy = "one thread, what a user of Eigen writes: x.rowwise().mean(), in the elements' "
                              "own type; error at most cols/4 + 48 roundings",
                  .threaded = false,
                  .error_bound = [](const Shape& shape,
                                    Type type) { return eigen_error(shape[row_means::cols], type); }},
                 row_means_eigen},
      HostSolver{{.problem = "row_means",
                  .name = "eigen-blocks",
                  .strategy = "one thread, Eigen's sums of blocks of 1024, added in f64",
                  .threaded = false},
                 row_means_eigen_blocks},
      HostSolver{{.problem = "row_means",
                  .name = "openmp",
                  .strategy = "rows dealt to threads, each row summed in vector registers",
                  .workspace = row_means_openmp_workspace},
                 row_means_openmp},
  };
  return solvers;
}

}  // namespace crossover::cpu
