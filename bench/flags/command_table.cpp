#include "bench/flags/command_table.hpp"

#include <array>

#include "bench/flags/usage.hpp"

namespace crossover {

std::span<const CommandInfo> command_table() {
  static constexpr std::array table = {
      CommandInfo{Command::run, "run", "measure, verify and compare", run_notes},
      CommandInfo{Command::plan, "plan", "bytes, and what fits, per solver; runs nothing", plan_notes},
      CommandInfo{Command::list, "list", "problems, solvers, columns or suites", list_notes},
      CommandInfo{Command::devices, "devices", "CPU, caches, memory and its limits; GPUs", devices_notes},
      CommandInfo{Command::scaling, "scaling", "time against threads, and what bounds it", scaling_notes},
      CommandInfo{Command::find, "find", "where two solvers change places along one size", find_notes},
      CommandInfo{Command::wall, "wall", "the largest size that fits, per solver and memory", wall_notes},
      CommandInfo{Command::explain, "explain", "rows of a CSV in sentences", explain_notes},
      CommandInfo{Command::compare, "compare", "two CSVs of rows, case by case", compare_notes},
      CommandInfo{Command::calibrate, "calibrate", "this machine's profile, for predictions",
                  calibrate_notes},
      CommandInfo{Command::predict, "predict", "every phase of every solver, from a profile alone",
                  predict_notes},
      CommandInfo{Command::choose, "choose", "decisions from a profile, as a C++ header or JSON",
                  choose_notes},
  };
  return table;
}

}  // namespace crossover
