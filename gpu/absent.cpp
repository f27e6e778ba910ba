// The CUDA backend of a build without CUDA: the same shape, and the reason.
#include "common/backend.hpp"

namespace crossover {
namespace {

std::string unavailable(int) {
  return "built without CUDA: build again with bench/run --with-cuda, which fetches a compiler where there "
         "is "
         "none, or with a CUDA toolkit (nvcc on PATH, CUDACXX or CUDA_HOME)";
}

Device describe(int) { return {}; }
std::vector<StartupPart> startup(const Task&) { return {}; }
Footprint footprint(const Task&) {
  return {.host_bytes = 0, .pinned_bytes = 0, .device_bytes = std::nullopt};
}

std::unique_ptr<Execution> open(const Task&) {
  throw std::invalid_argument("the cuda backend was not built");
}

}  // namespace

const Backend& cuda_backend() {
  static const Backend backend{
      .name = "cuda",
      .summary = "NVIDIA GPU, data moved there and back",
      .transfers = {"pageable", "pinned"},
      .solvers = {},
      .unavailable = unavailable,
      .describe = describe,
      .startup = startup,
      .footprint = footprint,
      .open = open,
  };
  return backend;
}

}  // namespace crossover
