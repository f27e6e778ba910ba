// Rivals: what a user would pick instead, measured as rows of the same table: NumPy, PyTorch, FAISS,
// scikit-learn, CuPy. Each answers in a Python process of its own (bench/rivals/rival_server.py, compiled
// into the program).
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "common/backend.hpp"

namespace crossover {

/// In the order in which they are listed.
std::span<const char* const> rival_names();

/// What was found out about one of them.
struct RivalReport {
  std::string name{};
  std::string python{};   ///< that has it
  std::string version{};  ///< of its libraries and of Python, in words
  std::string device{};   ///< "host", or the name of the device that it computes on; empty: none
  std::string reason{};   ///< why it cannot answer here, and what to do; empty where it can
};

/// Its version and the Python that has it, from the working folder where it lies below it; else why there is
/// none.
std::string source_of(const RivalReport&);

/// The Pythons that are looked at, the first on PATH and the distribution's: CROSSOVER_PYTHON alone where
/// that is set.
std::vector<std::string> rival_pythons();

/// Loads each in a process of its own, within a minute; half of the time until `end_s` (by steady_now_s())
/// may go into one.
std::vector<RivalReport> probe_rivals(std::span<const std::string> names,
                                      double end_s = std::numeric_limits<double>::infinity());

/// Their table of solvers; Task::program is the Python. It is none of backends(): only --rivals leads here.
const Backend& rivals_backend();

/// The text of bench/rivals/rival_libraries.py and rival_server.py, one behind the other.
std::string_view rivals_program();

}  // namespace crossover
