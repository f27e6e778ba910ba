#include "gpu/solvers.hpp"

namespace crossover::gpu {

std::span<const std::vector<DeviceSolver>> device_solvers() {
  static const std::vector<std::vector<DeviceSolver>> table{};
  return table;
}

}  // namespace crossover::gpu
