#include "bench/machine/version.hpp"

#include "bench/machine/processor.hpp"

namespace crossover {

constinit const char build_version[] =
    "crossover " CROSSOVER_VERSION " (commit " CROSSOVER_COMMIT ", " CROSSOVER_CUDA ")";

std::string build_commit() { return CROSSOVER_COMMIT; }
std::string build_flags() { return CROSSOVER_FLAGS; }

std::string version_text() { return std::string(build_version) + "\nmade for " + build_made_for; }

}  // namespace crossover
