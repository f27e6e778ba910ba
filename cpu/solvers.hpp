// The table of CPU solvers, and the context they run in.
#pragma once

#include <omp.h>

#include <span>
#include <string>
#include <vector>

#include "common/solver.hpp"

namespace crossover::cpu {

using HostSolver = Solver<Space::host>;
using HostContext = Context<Space::host>;
using HostPiece = Piece<Space::host>;

/// The table of contents: one list per problem file. A new problem adds its row in solvers.cpp.
std::span<const std::span<const HostSolver>> host_solvers();

// One list per problem file; the same problem's solvers in the order in which tables show them.
std::span<const HostSolver> row_means_solvers();
std::span<const HostSolver> reduction_solvers();
std::span<const HostSolver> similarity_solvers();

// Methods that need compile flags of their own (plain loops without vectorisation, one unit per
// expensive template) stand in files of their own.
void row_means_serial(HostContext&, const HostPiece&);

void similarity_serial(HostContext&, const HostPiece&);
void similarity_eigen_full(HostContext&, const HostPiece&);
void similarity_eigen_tiled(HostContext&, const HostPiece&);
void similarity_blas_full(HostContext&, const HostPiece&);
void similarity_blas_tiled(HostContext&, const HostPiece&);
void similarity_onednn_tiled(HostContext&, const HostPiece&);
void similarity_tiled(HostContext&, const HostPiece&);
std::size_t similarity_serial_workspace(const Shape&, Type, const Limits&);
std::size_t similarity_eigen_full_workspace(const Shape&, Type, const Limits&);
std::size_t similarity_eigen_full_inside(const Shape&, Type, const Limits&);
std::size_t similarity_eigen_tiled_workspace(const Shape&, Type, const Limits&);
std::size_t similarity_blas_full_workspace(const Shape&, Type, const Limits&);
std::size_t similarity_blas_tiled_workspace(const Shape&, Type, const Limits&);
std::size_t similarity_onednn_tiled_workspace(const Shape&, Type, const Limits&);
std::size_t similarity_tiled_workspace(const Shape&, Type, const Limits&);
std::string similarity_blas_cannot(const Shape&, Type);

}  // namespace crossover::cpu
