// Every solver on a device: one list per problem and method, put together in solvers.cpp.
#pragma once

#include <span>
#include <vector>

#include "gpu/context.hpp"

namespace crossover::gpu {

/// The table of contents, in the order in which it is shown. A new method adds its list in solvers.cpp.
std::span<const std::vector<DeviceSolver>> device_solvers();

std::vector<DeviceSolver> row_means_solvers();
std::vector<DeviceSolver> row_means_cublas_solvers();
std::vector<DeviceSolver> row_means_cub_solvers();
std::vector<DeviceSolver> row_means_thrust_solvers();
std::vector<DeviceSolver> similarity_cublas_solvers();
std::vector<DeviceSolver> similarity_fused_solvers();
std::vector<DeviceSolver> reduction_solvers();
std::vector<DeviceSolver> reduction_cub_solvers();
std::vector<DeviceSolver> reduction_thrust_solvers();

}  // namespace crossover::gpu
