// What the user asked for, as values.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/base/usage_error.hpp"
#include "bench/machine/topology.hpp"
#include "bench/measure/cache_state.hpp"
#include "bench/model/model.hpp"
#include "bench/plan/question.hpp"
#include "bench/rows/cost.hpp"
#include "common/backend.hpp"

namespace crossover {

class SimulatedMachine;

enum class Command {
  run,
  plan,
  list,
  devices,
  calibrate,
  scaling,
  find,
  explain,
  compare,
  predict,
  choose,
  wall
};

struct Options {
  Command command = Command::run;
  const Problem* problem = nullptr;  ///< null with a suite, or where the command needs none
  std::string suite;                 ///< empty: none
  std::string list_what;             ///< problems, solvers, columns, suites; empty: all
  bool label_only = false;           ///< devices --label

  std::vector<std::vector<Index>> sizes;  ///< per axis of the problem, the values to sweep
  std::vector<Shape> shapes;              ///< instead of their combinations; empty: those
  std::vector<Type> types;
  std::vector<std::string> backends;            ///< empty: every backend
  std::shared_ptr<SimulatedMachine> simulated;  ///< of the backend sim; null: it was not asked for
  std::vector<std::string> solvers;             ///< empty: every solver of the problem
  std::vector<std::string> rivals;              ///< empty: none
  std::vector<std::string> transfers;           ///< empty: each backend's default
  std::vector<int> threads;                     ///< empty: one per core that may be used
  Binding bind = Binding::none;
  std::string instruction_set;  ///< of openmp-tiled; empty: the best
  int device = 0;

  std::uint64_t seed = 1;
  double budget_s = 5, timeout_s = 60;
  double within_s = std::numeric_limits<double>::infinity();  ///< the whole run
  bool budget_given = false, timeout_given = false;
  double precision = 0.03;  ///< half-width of the interval over the median
  int min_samples = 8;
  Cache cache = Cache::warm;
  Prices prices;
  int concurrent = 0;  ///< callers at once; 0: not asked for

  std::size_t host_memory_limit = 0, device_memory_limit = 0;  ///< bytes; 0: none
  bool over_the_wall = false, recalibrate = false, resume = false, force = false, quiet = false;
  bool quick = false;  ///< calibrate: a rough profile
  std::string output;  ///< choose: the file to write; calibrate: likewise; empty: the cache, "-": stdout
  std::string csv, json, samples, result_dir, label;  ///< empty: none; csv "-": stdout
  std::map<std::string, std::string> inputs;          ///< operand name -> .npy file
  int vary = -1;                                      ///< find, wall: the axis of the search
  Index vary_from = 0, vary_to = 0;                   ///< its range, both included
  std::vector<std::string> compare;  ///< find: two solvers, SOLVER or BACKEND:SOLVER; empty: CPU against GPU
  int most_runs = 600;               ///< find: of each of the two
  std::vector<std::string> files;    ///< explain, compare: CSVs of rows to read
  std::size_t row = 0;               ///< explain: one row, counted from 1; 0: every one
  std::vector<std::string> fail_on;  ///< compare: changes that end with exit status 1
  std::string profile;               ///< a file of `calibrate`; empty: the one it keeps
  WhatIf what_if;                    ///< predict: figures instead of the profile's
  std::optional<OwnWorkload> own{};  ///< predict: instead of a problem
  std::string flags_hash;            ///< of the flags that change results; --resume compares it
  std::string rehearse;              ///< a failure on demand: SOLVER:PHASE:FAILURE[@N]; empty: none

  std::vector<Question> questions = {{}};  ///< find: a search for each
  std::string walls;                       ///< find: a CSV of the walls; empty: none
};

/// Whether anything runs on this machine: the simulated device alone does not.
inline bool measures(const Options& options) {
  return !options.simulated || options.backends.size() > 1 || !options.rivals.empty();
}

}  // namespace crossover
