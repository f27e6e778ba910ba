#include "cpu/solvers.hpp"

#include <array>

namespace crossover::cpu {

std::span<const std::span<const HostSolver>> host_solvers() {
  static const std::array table = {
      row_means_solvers(),
      similarity_solvers(),
      reduction_solvers(),
  };
  return table;
}

}  // namespace crossover::cpu
