// What the reductions' methods share. A Method says how one block of elements is reduced:
//
//   std::uint64_t wrapped_sum(const std::int64_t*, Index)
//   double sum(const T*, Index), dot(const T*, const T*, Index), square_sine(const T*, Index)
//   double squares(const T*, Index, double unit)       sum of (x * unit)^2, in f64
//   T extreme<sign>(const T*, Index)                   1: greatest, -1: least; NaN where there is one
//   Index sum_length, sine_length, extreme_length      the longest block of each kind
//
// and Parts makes states of them, the same for every method. A thread reduces one contiguous part; parts
// are merged in order. So sums depend on n and on how many threads take part, in their last digits, never
// on the threads' timing; min, max, argmax and sums of integers depend on neither.
#pragma once

#include <algorithm>
#include <cmath>

#include "common/pairwise.hpp"
#include "common/reductions.hpp"
#include "cpu/parts.hpp"
#include "cpu/solvers.hpp"

namespace crossover::cpu {

/// Writes the state of the elements `in`, whose first has index `first` in the whole work.
using PartFunction = void (*)(std::span<const HostArray> in, Index first, std::span<const HostArray> state);

/// Cuts the piece into a part of at least `smallest_part` elements per thread, joins their states with the
/// piece's own, and finishes.
void fold_parts(const Problem&, PartFunction, Index smallest_part, HostContext&, const HostPiece&);

/// Room for each thread's state.
std::size_t fold_workspace(const Shape&, Type, const Limits&);

template <class Method>
struct Parts {
  using Arrays = std::span<const HostArray>;

  static void sum(Arrays in, Index, Arrays state) {
    if (in[0].type == Type::i64) {
      const std::int64_t* x = vector<const std::int64_t>(in[0]).data();
      std::uint64_t total = 0;
      for (Index begin = 0; begin < in[0].count(); begin += Method::sum_length)
        total += Method::wrapped_sum(x + begin, std::min(Method::sum_length, in[0].count() - begin));
      vector<std::int64_t>(state[0])[0] = static_cast<std::int64_t>(total);
      return;
    }
    sum_by<Method::sum_length>(in, state, [](const auto* x, Index count) { return Method::sum(x, count); });
  }

  static void square_sine_sum(Arrays in, Index, Arrays state) {
    sum_by<Method::sine_length>(in, state,
                                [](const auto* x, Index count) { return Method::square_sine(x, count); });
  }

  static void dot(Arrays in, Index, Arrays state) {
    with_float(in[0].type, [&]<class T>() {
      const T *x = vector<const T>(in[0]).data(), *y = vector<const T>(in[1]).data();
      vector<double>(state[0])[0] = sum_blocks<Method::sum_length>(
          in[0].count(),
          [=](Index begin, Index end) { return Method::dot(x + begin, y + begin, end - begin); });
    });
  }

  /// Squares of f32 fit into f64 as they are; a block of f64 that leaves the safe range is redone.
  static void norm2(Arrays in, Index, Arrays state) {
    PairwiseSum sums[3];
    with_float(in[0].type, [&]<class T>() {
      const T* x = vector<const T>(in[0]).data();
      for (Index begin = 0; begin < in[0].count(); begin += Method::sum_length) {
        const Index count = std::min(Method::sum_length, in[0].count() - begin);
        const double plain = Method::squares(x + begin, count, 1.0);
        if (type_of<T> == Type::f64 && plain > norm2::most)
          sums[norm2::big].add(Method::squares(x + begin, count, 1 / norm2::unit));
        else if (type_of<T> == Type::f64 && plain < norm2::least)
          sums[norm2::small].add(Method::squares(x + begin, count, norm2::unit));
        else
          sums[norm2::mid].add(plain);
      }
    });
    for (std::size_t i = 0; i < state.size(); ++i) vector<double>(state[i])[0] = sums[i].total();
  }

  static void min(Arrays in, Index, Arrays state) { extreme<-1>(in, state); }
  static void max(Arrays in, Index, Arrays state) { extreme<1>(in, state); }

  /// Blocks are only remembered; the winning one is searched at the end.
  static void argmax(Arrays in, Index first, Arrays state) {
    with_float(in[0].type, [&]<class T>() {
      const T* x = vector<const T>(in[0]).data();
      const Winner<T> winner = winning_block<1>(x, in[0].count());
      vector<Index>(state[argmax::index])[0] = first + find(x, winner, in[0].count());
      vector<double>(state[argmax::value])[0] = static_cast<double>(winner.value);
    });
  }

 private:
  template <Index length, class Block>
  static void sum_by(Arrays in, Arrays state, Block block) {
    with_float(in[0].type, [&]<class T>() {
      const T* x = vector<const T>(in[0]).data();
      vector<double>(state[0])[0] = sum_blocks<length>(
          in[0].count(), [=](Index begin, Index end) { return block(x + begin, end - begin); });
    });
  }

  template <int sign>
  static void extreme(Arrays in, Arrays state) {
    with_float(in[0].type, [&]<class T>() {
      vector<double>(state[0])[0] =
          static_cast<double>(winning_block<sign>(vector<const T>(in[0]).data(), in[0].count()).value);
    });
  }

  template <class T>
  struct Winner {
    Index begin;
    T value;
  };

  /// The first block that holds the extreme of [0, count), or a NaN, which ends the search.
  template <int sign, class T>
  static Winner<T> winning_block(const T* x, Index count) {
    Winner<T> winner{0, x[0]};
    for (Index begin = 0; begin < count; begin += Method::extreme_length) {
      const Index length = std::min(Method::extreme_length, count - begin);
      const T value = Method::template extreme<sign>(x + begin, length);
      if (std::isnan(value)) return {begin, value};
      if (sign * value > sign * winner.value) winner = {begin, value};
    }
    return winner;
  }

  /// Where the winner first stands. A stretch at a time, so that the compiler can compare in vectors.
  template <class T>
  static Index find(const T* x, const Winner<T>& winner, Index count) {
    constexpr Index stretch = 64;
    const bool nan = std::isnan(winner.value);
    const auto is_it = [=](T v) { return nan ? v != v : v == winner.value; };
    Index i = winner.begin;
    for (; i + stretch <= count; i += stretch) {
      int found = 0;
#pragma omp simd reduction(| : found)
      for (Index j = 0; j < stretch; ++j) found |= is_it(x[i + j]) ? 1 : 0;
      if (found != 0) break;
    }
    while (!is_it(x[i])) ++i;
    return i;
  }
};

/// A solver's function: the parts of one problem, made by one method, with prefetches where they help.
template <auto problem, PartFunction plain, PartFunction ahead>
void solve_parts(HostContext& context, const HostPiece& piece) {
  std::size_t bytes = 0;
  for (const HostArray& array : piece.in) bytes += array.bytes();
  const auto element = static_cast<Index>(piece.in.size() * size_of(piece.in[0].type));
  const bool sine = problem == square_sine_sum_problem;
  fold_parts(problem(), asks_ahead(bytes, piece.in.size(), context.limits) ? ahead : plain,
             sine ? smallest_sine_part : smallest_part_bytes / element, context, piece);
}

/// The eight solvers of one method; Ahead is the same with prefetches.
template <class Method, class Ahead = Method>
std::vector<HostSolver> reduction_rows(const char* name, const char* strategy, bool threaded) {
  using P = Parts<Method>;
  using A = Parts<Ahead>;
  const auto row = [=](const char* problem, auto solve) {
    return HostSolver{{.problem = problem,
                       .name = name,
                       .strategy = strategy,
                       .threaded = threaded,
                       .workspace = fold_workspace},
                      solve};
  };
  return {
      row("sum", solve_parts<sum_problem, P::sum, A::sum>),
      row("mean", solve_parts<mean_problem, P::sum, A::sum>),
      row("min", solve_parts<min_problem, P::min, A::min>),
      row("max", solve_parts<max_problem, P::max, A::max>),
      row("argmax", solve_parts<argmax_problem, P::argmax, A::argmax>),
      row("dot", solve_parts<dot_problem, P::dot, A::dot>),
      row("norm2", solve_parts<norm2_problem, P::norm2, A::norm2>),
      row("square_sine_sum", solve_parts<square_sine_sum_problem, P::square_sine_sum, A::square_sine_sum>),
  };
}

std::vector<HostSolver> serial_reductions();
std::vector<HostSolver> eigen_reductions();
std::vector<HostSolver> openmp_reductions();

}  // namespace crossover::cpu
