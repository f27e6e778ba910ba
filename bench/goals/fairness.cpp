// What libraries' rows must reach, so that nobody's row is slower than what its users write: `eigen` against
// Eigen's one-liner written here, and `openmp` row means beyond the caches against a product with a vector,
// which reads several rows at once.
#include <Eigen/Core>
#include <cstdio>

#include "bench/goals/goal.hpp"

namespace crossover::goals {
namespace {

template <class T>
using Line = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
template <class T>
using Rows = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

/// The element is all that a one-liner leaves behind.
template <class T>
std::function<void()> one_liner(const Bench& bench, T& result, Eigen::Matrix<T, Eigen::Dynamic, 1>& means) {
  const std::string name = bench.problem.name;
  const T* const x = vector<const T>(bench.in[0]).data();
  const Index n = bench.in[0].count();
  if (name == "row_means") {
    const Index rows = bench.shape[0], cols = bench.shape[1];
    return [=, &means] { means = Rows<T>(x, rows, cols).rowwise().mean(); };
  }
  if (name == "sum") return [=, &result] { result = Line<T>(x, n).sum(); };
  if (name == "mean") return [=, &result] { result = Line<T>(x, n).mean(); };
  if (name == "norm2") return [=, &result] { result = Line<T>(x, n).matrix().norm(); };
  const T* const y = vector<const T>(bench.in[1]).data();
  return [=, &result] { result = Line<T>(x, n).matrix().dot(Line<T>(y, n).matrix()); };
}

bool one_liner_goal(int rounds, const char* problem, const Shape& shape, Type type, const char* solver,
                    double goal) {
  Bench bench(problem, shape, type, solver, 1);
  return with_float(type, [&]<class T>() {
    volatile T sink = 0;
    T result = 0;
    Eigen::Matrix<T, Eigen::Dynamic, 1> means(shape[0]);
    const std::function<void()> written = one_liner<T>(bench, result, means);
    const auto [ours_s, theirs_s] = alternate(
        50 * rounds, [&] { bench.call(); },
        [&] {
          written();
          sink = result;
        },
        true);
    return report(std::string(problem) + " " + name_of(type) + " " + solver + ": Eigen's one-liner",
                  theirs_s / ours_s, goal, milliseconds(ours_s, theirs_s));
  });
}

/// In f32 blocks convert every eighth element, or every second product, which the one-liner leaves out.
bool one_liner_goals(int rounds) {
  bool met = true;
  for (const Type type : {Type::f32, Type::f64})
    for (const char* solver : {"eigen", "eigen-blocks"}) {
      const bool in_blocks = std::string(solver) == "eigen-blocks";
      const double goal = !in_blocks ? 0.95 : type == Type::f32 ? 0.5 : 0.9;
      met = one_liner_goal(rounds, "row_means", {{1'000, 1'000}}, type, solver, goal) && met;
      for (const char* problem : {"sum", "mean", "dot", "norm2"})
        met = one_liner_goal(rounds, problem, {{1'000'000}}, type, solver, goal) && met;
    }
  return met;
}

bool product_with_vector_goal(int rounds, int threads, Type type) {
  const Index rows = 100'000, cols = 1'000;
  Bench bench("row_means", {{rows, cols}}, type, "openmp", threads);
  return with_float(type, [&]<class T>() {
    using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
    const T* const x = vector<const T>(bench.in[0]).data();
    const Vector weights = Vector::Constant(cols, T{1} / T{cols});
    Vector means(rows);
    const auto product = [&] {
#pragma omp parallel for schedule(static) num_threads(threads)
      for (int part = 0; part < threads; ++part) {
        const Index begin = rows * part / threads, count = rows * (part + 1) / threads - begin;
        means.segment(begin, count).noalias() = Rows<T>(x + begin * cols, count, cols) * weights;
      }
    };
    const auto [ours_s, theirs_s] = alternate(
        2 * rounds, [&] { bench.call(); }, product, false);
    return report("row_means " + std::string(name_of(type)) + " 100000x1000, " + std::to_string(threads) +
                      (threads == 1 ? " thread" : " threads") + ": a product",
                  theirs_s / ours_s, 0.95, milliseconds(ours_s, theirs_s));
  });
}

bool product_with_vector_goals(int rounds, int threads) {
  bool met = true;
  for (const Type type : {Type::f32, Type::f64})
    for (int team = 1; team <= threads; team += std::max(1, threads - 1))
      met = product_with_vector_goal(rounds, team, type) && met;
  return met;
}

}  // namespace

Goals fairness_goals(int rounds, int threads) {
  return {{"fairness-eigen", [=] { return one_liner_goals(rounds); }},
          {"fairness-rows", [=] { return product_with_vector_goals(rounds, threads); }}};
}

}  // namespace crossover::goals
