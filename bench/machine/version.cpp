// What this program was built from; the build system says it to this file.
#include "bench/machine/version.hpp"

namespace crossover {

std::string version_text() {
  const std::string cuda = CROSSOVER_CUDA_VERSION;
  return "crossover " CROSSOVER_VERSION " (commit " CROSSOVER_COMMIT ", " +
         (cuda.empty() ? "without CUDA" : "CUDA " + cuda) + ")";
}

}  // namespace crossover
