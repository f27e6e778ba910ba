// The in-place execution: inputs stay where they are, nothing is uploaded or downloaded.
#pragma once

#include "common/backend.hpp"
#include "cpu/solvers.hpp"

namespace crossover::cpu {

/// Bytes of outputs, state and workspace, with their sentinels.
std::size_t own_bytes(const Problem&, const HostSolver&, const Shape&, Type, const Limits&);

/// Throws std::invalid_argument where there is no such solver.
std::unique_ptr<Execution> open_host(const Task&);
/// The same with a solver at hand, which must outlive it.
std::unique_ptr<Execution> open_host(const Task&, const HostSolver&);

const HostSolver* find_host_solver(std::string_view problem, std::string_view solver);

}  // namespace crossover::cpu
