#include "gpu/solvers.hpp"

namespace crossover::gpu {

std::span<const std::vector<DeviceSolver>> device_solvers() {
  static const std::vector<std::vector<DeviceSolver>> table{
      row_means_solvers(),        row_means_cublas_solvers(), row_means_cub_solvers(),
      row_means_thrust_solvers(), similarity_fused_solvers(), similarity_cublas_solvers(),
      reduction_solvers(),        reduction_cub_solvers(),    reduction_thrust_solvers(),
  };
  return table;
}

}  // namespace crossover::gpu
