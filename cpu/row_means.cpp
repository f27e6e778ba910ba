// Row means on the CPU. The matrix is read once, so the memory's bandwidth is the limit: rows are dealt
// to the threads that first touched them (static), and each row is summed in vector registers.
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "common/pairwise.hpp"
#include "cpu/lanes.hpp"
#include "cpu/solvers.hpp"

namespace crossover::cpu {
namespace {

using Floats [[gnu::vector_size(64)]] = float;
using Half [[gnu::vector_size(32)]] = float;
using Doubles [[gnu::vector_size(64)]] = double;

constexpr Index lane_block = lane_count * PairwiseSum::block_length;  // a lane adds block_length of them

/// In f64 throughout.
template <class T>
double lane_sum(const T* values, Index count) {
  return fold_lanes(
      count, 0.0, [](double sum, T value) { return sum + static_cast<double>(value); },
      [](double a, double b) { return a + b; }, values);
}

/// f32 values in fours, then in f64: a conversion for every element costs a tenth of the bandwidth. A four
/// that overflows, or is not finite, is left to the caller to notice in the sum. `count`: of fours of 16.
double sum_of_fours(const float* values, Index count) {
  Doubles low{}, high{};
  for (Index i = 0; i < count; ++i, values += 64) {
    Floats four[4];
    for (int line = 0; line < 4; ++line) {
      std::memcpy(&four[line], values + 16 * line, sizeof(Floats));
      __builtin_prefetch(reinterpret_cast<const char*>(values + 16 * line) + prefetch_bytes);
    }
    const Floats sum = (four[0] + four[1]) + (four[2] + four[3]);
    Half halves[2];
    std::memcpy(halves, &sum, sizeof halves);
    low += __builtin_convertvector(halves[0], Doubles);
    high += __builtin_convertvector(halves[1], Doubles);
  }
  low += high;
  return ((low[0] + low[1]) + (low[2] + low[3])) + ((low[4] + low[5]) + (low[6] + low[7]));
}

double block_sum(const double* values, Index count) { return lane_sum(values, count); }

double block_sum(const float* values, Index count) {
  const Index fours = count / 64;
  const double sum = sum_of_fours(values, fours) + lane_sum(values + 64 * fours, count - 64 * fours);
  return std::isfinite(sum) ? sum : lane_sum(values, count);
}

template <class T>
double row_sum(const T* row, Index cols) {
  if (cols <= lane_block) return block_sum(row, cols);
  PairwiseSum sum;
  for (Index begin = 0; begin < cols; begin += lane_block)
    sum.add(block_sum(row + begin, std::min(lane_block, cols - begin)));
  return sum.total();
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
