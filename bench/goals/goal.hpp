// What the programs of bench/goals share: medians taken alternately, a line for each goal, and a problem with
// its inputs and an open execution.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/machine/machine.hpp"
#include "bench/worker/inputs.hpp"
#include "common/backend.hpp"
#include "common/execution.hpp"

namespace crossover::goals {

/// A name that `crossover-goals N NAME` chooses by, and a measurement that says whether the goal was met.
using Goals = std::vector<std::pair<std::string, std::function<bool()>>>;

/// Row means and reductions; in reductions.cpp.
Goals reduction_goals(int rounds, int threads);

/// Similarity's time and memory; in similarity.cpp. The latter start processes: before there are any threads.
Goals similarity_goals(int rounds, int threads);
Goals similarity_memory_goals(int threads);

/// Libraries' rows against what their users write; in fairness.cpp.
Goals fairness_goals(int rounds, int threads);

double seconds_of(const std::function<void()>& work);

/// Medians of `ours` and `theirs`, alternating, after one untimed call each before every sample if `warm_up`.
std::pair<double, double> alternate(int rounds, const std::function<void()>& ours,
                                    const std::function<void()>& theirs, bool warm_up);

/// Prints a line; true where ratio >= goal.
bool report(const std::string& what, double ratio, double goal, const std::string& detail);

std::string milliseconds(double ours_s, double theirs_s);

/// A solver on a shape, ready to be called.
struct Bench {
  HostMemory memory;
  const Problem& problem;
  Shape shape;
  std::unique_ptr<Inputs> inputs;  ///< its own; empty where they were given
  std::vector<HostArray> in;
  std::unique_ptr<Execution> execution;

  Bench(const char* name, const Shape& sizes, Type type, const char* solver, int threads);
  /// On arrays that outlive it.
  Bench(const char* name, const Shape& sizes, Type type, const char* solver, int threads,
        std::vector<HostArray> given);
  void call();
};

}  // namespace crossover::goals
