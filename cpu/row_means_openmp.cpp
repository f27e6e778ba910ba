// Row means in vector registers. Rows are dealt to the threads that first touched them (static); where there
// are few for each thread, elements are, and a row that threads share is put together from their sums.
#include <algorithm>
#include <functional>

#include "common/pairwise.hpp"
#include "cpu/narrow_sums.hpp"
#include "cpu/parts.hpp"
#include "cpu/row_means.hpp"

namespace crossover::cpu {
namespace {

constexpr Index lane_block = lane_count * PairwiseSum::block_length;  // a lane adds block_length of them
constexpr Index even_rows = 16;  // for each thread: one row more than the others have is then at most 6 %

template <bool ahead>
[[gnu::always_inline]] inline double block_sum(const double* values, Index count) {
  return fold_lanes<ahead>(
      count, 0.0, [](double sum, double value) { return sum + value; }, std::plus<>(), values);
}

template <bool ahead>
[[gnu::always_inline]] inline double block_sum(const float* values, Index count) {
  return narrow_sum<ahead>(values, count);
}

template <bool ahead, class T>
[[gnu::noinline]] double sum_of_blocks(const T* values, Index count) {
  return sum_blocks<lane_block>(
      count, [=](Index begin, Index end) { return block_sum<ahead>(values + begin, end - begin); });
}

template <bool ahead, class T>
[[gnu::always_inline]] inline double sum_of(const T* values, Index count) {
  return count <= lane_block ? block_sum<ahead>(values, count) : sum_of_blocks<ahead>(values, count);
}

/// A thread's share of a matrix: elements [begin, end), and its sums of the rows that it has not whole.
struct Share {
  Index begin, end;
  double head, tail;
};
constexpr std::size_t share_bytes = 64;  // a cache line each

template <bool ahead, class T>
void shared_rows(const Matrix<const T>& values, T* mean, int threads, std::span<std::byte> workspace) {
  const auto cols = static_cast<double>(values.cols);
  const auto share_of = [&](int thread) -> Share& {
    return *reinterpret_cast<Share*>(workspace.data() + static_cast<std::size_t>(thread) * share_bytes);
  };
  const Index lines = (values.rows * values.cols + lane_count - 1) / lane_count;
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int thread = 0; thread < threads; ++thread) {
    const auto bound = [&](Index t) {
      return std::min(values.rows * values.cols, lines * t / threads * lane_count);
    };
    Share share{bound(thread), bound(thread + 1), 0, 0};
    for (Index begin = share.begin; begin < share.end;) {
      const Index row = begin / values.cols, end = std::min(share.end, (row + 1) * values.cols);
      const double sum = sum_of<ahead>(values.data + begin, end - begin);
      if (end - begin == values.cols)
        mean[row] = static_cast<T>(sum / cols);
      else
        (begin == share.begin ? share.head : share.tail) = sum;
      begin = end;
    }
    share_of(thread) = share;
  }
  double sum = 0;
  for (int thread = 0; thread < threads; ++thread) {  // where a share begins inside a row, another ended
    const Share& share = share_of(thread);
    if (share.begin % values.cols != 0) {
      sum += share.head;
      if (share.end < (share.begin / values.cols + 1) * values.cols) continue;
      mean[share.begin / values.cols] = static_cast<T>(sum / cols);
    }
    sum = share.begin % values.cols == 0 && share.end - share.begin < values.cols ? share.head : share.tail;
  }
}

template <bool ahead, class T>
[[gnu::always_inline]] inline T mean_of(const Matrix<const T>& values, Index row) {
  return static_cast<T>(sum_of<ahead>(values.row(row), values.cols) / static_cast<double>(values.cols));
}

template <bool ahead, class T>
void means(const Matrix<const T>& values, T* mean, int threads, std::span<std::byte> workspace) {
  if (threads == 1) {
    for (Index row = 0; row < values.rows; ++row) mean[row] = mean_of<ahead>(values, row);
  } else if (values.rows < even_rows * threads) {
    shared_rows<ahead>(values, mean, threads, workspace);
  } else {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (Index row = 0; row < values.rows; ++row) mean[row] = mean_of<ahead>(values, row);
  }
}

}  // namespace

std::size_t row_means_openmp_workspace(const Shape&, Type, const Limits& limits) {
  return static_cast<std::size_t>(limits.threads) * share_bytes;
}

void row_means_openmp(HostContext& context, const HostPiece& piece) {
  const std::size_t bytes = piece.in[0].bytes();
  const auto threads = static_cast<int>(
      std::clamp<Index>(static_cast<Index>(bytes) / smallest_part_bytes, 1, context.threads));
  with_float(piece.in[0].type, [&]<class T>() {
    const Matrix<const T> values = matrix<const T>(piece.in[0]);
    T* mean = vector<T>(piece.out[0]).data();
    if (asks_ahead(bytes, 1, context.limits))
      means<true>(values, mean, threads, piece.workspace);
    else
      means<false>(values, mean, threads, piece.workspace);
  });
}

}  // namespace crossover::cpu
