#include "bench/machine/version.hpp"

namespace crossover {

std::string build_commit() { return CROSSOVER_COMMIT; }
std::string build_flags() { return CROSSOVER_FLAGS; }

std::string version_text() {
  const std::string cuda = CROSSOVER_CUDA_VERSION;
  return "crossover " CROSSOVER_VERSION " (commit " CROSSOVER_COMMIT ", " +
         (cuda.empty() ? "without CUDA" : "CUDA " + cuda) + ")";
}

}  // namespace crossover
