// The textbook loop, compiled without auto-vectorisation so that it is what it says.
#include "common/pairwise.hpp"
#include "cpu/solvers.hpp"

namespace crossover::cpu {

void row_means_serial(HostContext&, const HostPiece& piece) {
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    T* mean = vector<T>(piece.out[0]).data();
    for (Index i = 0; i < values.rows; ++i) {
      const T* row = values.row(i);
      const double sum = sum_blocks(values.cols, [&](Index begin, Index end) {
        double block = 0;
        for (Index j = begin; j < end; ++j) block += static_cast<double>(row[j]);
        return block;
      });
      mean[i] = static_cast<T>(sum / static_cast<double>(values.cols));
    }
  });
}

}  // namespace crossover::cpu
