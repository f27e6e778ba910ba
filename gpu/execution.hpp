// The on-device execution: inputs are uploaded, a solver works on the device, results are downloaded.
#pragma once

#include "common/backend.hpp"
#include "gpu/solvers.hpp"

namespace crossover::gpu {

/// Device bytes of inputs, outputs, state and workspace with their sentinels, by arithmetic: exactly what an
/// execution takes. Empty where a library inside takes what nobody knows.
std::optional<std::size_t> device_bytes(const Task&, const DeviceSolver&);

/// Device and host bytes of a task; device bytes are unknown where there is no such solver or transfer mode.
Footprint footprint_of(const Task&);

/// Null where there is none.
const DeviceSolver* find_device_solver(std::string_view problem, std::string_view solver);

/// Whether it works with the process's cuBLAS handle.
bool uses_cublas(const SolverInfo&);

/// Throws std::invalid_argument where there is no such solver or transfer mode, Unavailable where the
/// solver's library is not installed or it cannot take the shape.
std::unique_ptr<Execution> open_device(const Task&);

/// The same for a solver outside the table, which outlives the execution.
std::unique_ptr<Execution> open_device(const Task&, const DeviceSolver&);

}  // namespace crossover::gpu
