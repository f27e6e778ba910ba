// Every backend of this build, and how they are found by name.
#include <array>

#include "common/backend.hpp"

namespace crossover {

std::span<const Backend* const> backends() {
  static const std::array<const Backend*, 2> table{
      &cpu_backend(),
      &cuda_backend(),
  };
  return table;
}

const Backend* find_backend(std::string_view name) {
  for (const Backend* backend : backends())
    if (backend->name == name) return backend;
  return nullptr;
}

const SolverInfo* Backend::find_solver(std::string_view problem, std::string_view solver) const {
  for (const SolverInfo* candidate : solvers)
    if (candidate->problem == problem && candidate->name == solver) return candidate;
  return nullptr;
}

}  // namespace crossover
