// The libraries that solvers name in SolverInfo::library, for startup, `devices` and rows.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace crossover::cpu {

/// Each of the functions loads the library first, and throws Unavailable where that fails.
struct Library {
  const char* name;      ///< "BLAS"
  const char* variable;  ///< of the environment, that names the file of another one
  void (*load)();
  void (*multiply_once)(int threads);  ///< a small product: the library's threads and buffers come up
  std::string (*description)();        ///< "OpenBLAS 0.3.21, core type SkylakeX"
  std::string (*caution)();            ///< why its times are no measure of it, in a sentence; or nothing
  /// Of memory that is its own, for each thread: an allowance. oneDNN 2.6.3 had 3 to 6 MiB resident in a
  /// similarity of 1e4 x 100; OpenBLAS has as much, of far more that it maps, which limits count.
  std::size_t bytes_per_thread;
};

std::span<const Library> libraries();
/// Null where `name` is null or no library's.
const Library* find_library(const char* name);

}  // namespace crossover::cpu
