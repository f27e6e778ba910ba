// What the CPU solvers and the harness must reach, as ratios of medians taken alternately in one run:
//   - row means and reductions against the read bandwidth of the same memory, and more: reductions.cpp;
//   - openmp-tiled similarity, normalisation and selection included, against Eigen's product alone;
//   - a call timed by the harness against the same call timed by a bare loop.
// Prints one line per goal and exits with 1 where one is missed. Usage: crossover-goals [rounds [part of a
// name]]
#include <Eigen/Core>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/goals/goal.hpp"
#include "bench/memory_guard.hpp"
#include "bench/process.hpp"
#include "bench/sampler.hpp"
#include "bench/statistics.hpp"

namespace crossover::goals {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

bool similarity_goal(int rounds, int threads, Index corpus, Index dim, Index queries) {
  Bench bench("similarity", {{corpus, queries, dim, 3}}, Type::f32, "openmp-tiled", threads);
  const Eigen::Map<const RowMajor> a(static_cast<const float*>(bench.in[0].data), corpus, dim);
  const Eigen::Map<const RowMajor> b(static_cast<const float*>(bench.in[1].data), queries, dim);
  RowMajor scores = RowMajor::Zero(queries, corpus);
  const auto product = [&] {
    Eigen::setNbThreads(threads);
    scores.noalias() = b * a.transpose();
  };
  const double flops =
      2.0 * static_cast<double>(corpus) * static_cast<double>(queries) * static_cast<double>(dim);
  const bool quick = flops < 5e9;
  const auto [ours_s, theirs_s] = alternate(
      quick ? 20 * rounds : rounds, [&] { bench.call(); }, product, quick);
  char what[64];
  std::snprintf(what, sizeof what, "similarity %lldx%lld,%lld: Eigen's product alone",
                static_cast<long long>(corpus), static_cast<long long>(dim), static_cast<long long>(queries));
  return report(what, theirs_s / ours_s, 1.0, milliseconds(ours_s, theirs_s));
}

/// In a process of its own: everything resident, less inputs and outputs, must stay below 64 MiB.
bool similarity_memory_goal(int threads, Index corpus, Index dim, Index queries) {
  double overhead_bytes = 0;
  Watch watch;
  watch.on_event = [&](const Event& event) {
    overhead_bytes = event.at("bytes");
    return no_deadline_s;
  };
  run_child(
      [&](const Report& say) {
        Bench bench("similarity", {{corpus, queries, dim, 3}}, Type::f32, "openmp-tiled", threads);
        reset_peak();
        bench.call();
        const auto data = bytes_of(bench.problem.in, bench.shape, Type::f32) +
                          bytes_of(bench.problem.out, bench.shape, Type::f32);
        say({{"bytes", static_cast<double>(peak_bytes()) - static_cast<double>(data)}});
      },
      watch);
  char detail[64];
  std::snprintf(detail, sizeof detail, "%.1f MiB beyond inputs and outputs", overhead_bytes / 0x1p20);
  return report("similarity openmp-tiled: 64 MiB over its peak", 64 * 0x1p20 / overhead_bytes, 1.0, detail);
}

bool harness_goal(int threads) {
  Bench bench("row_means", {{40'000, 1'000}}, Type::f64, "openmp", threads);
  std::vector<double> timed;
  World world = real_world(
      [&](const Event& event) {
        if (event.at("event") == "sample" && event.at("kind") == "call")
          timed.push_back(event.at("seconds").at("call"));
      },
      0);
  const Oracle oracle = bench.problem.oracle(bench.shape, Type::f64, bench.in, 2e9);
  std::vector<double> bare, ratios;
  for (int block = 0; block < 16; ++block) {
    std::vector<double> own;
    for (int i = 0; i < 9; ++i) own.push_back(seconds_of([&] { bench.call(); }));
    timed.clear();
    sample_all(world, {{0, bench.execution.get(), true}}, oracle,
               {.budget_s = 0.3, .precision = 1e-9, .min_samples = 8});
    bare.push_back(median(own));
    ratios.push_back(median(own) / median(timed));
  }
  return report("harness: bare loop over timed call", median(ratios), 0.99,
                milliseconds(median(timed), median(bare)));
}

}  // namespace
}  // namespace crossover::goals

int main(int argc, char** argv) {
  using namespace crossover;
  using namespace crossover::goals;
  const int rounds = argc > 1 ? std::max(3, std::atoi(argv[1])) : 9;
  const std::string only = argc > 2 ? argv[2] : "";
  const int threads = machine_facts().usable;
  Goals goals = {
      // First, while this process has no threads of its own: these fork.
      {"memory", [&] { return similarity_memory_goal(threads, 1'000'000, 100, 1'000); }},
      {"memory", [&] { return similarity_memory_goal(threads, 100'000, 1'000, 10'000); }},
      {"harness", [&] { return harness_goal(threads); }},
      {"similarity-1", [&] { return similarity_goal(rounds, threads, 1'000, 100, 100); }},
      {"similarity-2", [&] { return similarity_goal(rounds, threads, 10'000, 100, 1'000); }},
      {"similarity-3", [&] { return similarity_goal(rounds, threads, 1'000'000, 100, 1'000); }},
      {"similarity-4", [&] { return similarity_goal(rounds, threads, 100'000, 1'000, 1'000); }},
      {"similarity-5", [&] { return similarity_goal(std::min(rounds, 3), threads, 100'000, 1'000, 10'000); }},
  };
  for (auto& goal : reduction_goals(rounds, threads)) goals.push_back(std::move(goal));
  bool met = true;
  for (const auto& [name, measure] : goals)
    if (name.find(only) != name.npos) met = measure() && met;
  return met ? 0 : 1;
}
