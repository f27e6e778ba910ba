// What the CPU solvers and the harness must reach, as ratios of medians taken alternately in one run:
//   - row means and reductions against the read bandwidth of the same memory, and more: reductions.cpp;
//   - openmp-tiled similarity, normalisation and selection included, against the fastest library's product
//     alone: similarity.cpp;
//   - rows of libraries, against what their users write: fairness.cpp;
//   - a call timed by the harness against the same call timed by a bare loop.
// Prints one line per goal and exits with 1 where one is missed. Usage: crossover-goals [rounds [part of a
// name]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/base/statistics.hpp"
#include "bench/goals/goal.hpp"
#include "bench/machine/memory_guard.hpp"
#include "bench/measure/process.hpp"
#include "bench/measure/sampler.hpp"

namespace crossover::goals {
namespace {

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
  Goals goals =
      similarity_memory_goals(threads);  // first, while this process has no threads of its own: they fork
  goals.emplace_back("harness", [&] { return harness_goal(threads); });
  for (auto& goal : similarity_goals(rounds, threads)) goals.push_back(std::move(goal));
  for (auto& goal : reduction_goals(rounds, threads)) goals.push_back(std::move(goal));
  for (auto& goal : fairness_goals(rounds, threads)) goals.push_back(std::move(goal));
  const auto wanted = [&](const std::string& name) {  // of those that take minutes only what was named
    return only.empty() ? !name.starts_with("long-") : name.find(only) != name.npos;
  };
  bool met = true;
  for (const auto& [name, measure] : goals)
    if (wanted(name)) met = measure() && met;
  return met ? 0 : 1;
}
