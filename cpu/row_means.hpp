// The method of row means that stands in a file of its own.
#pragma once

#include "cpu/solvers.hpp"

namespace crossover::cpu {

/// A row's mean depends on the number of threads, in its last digits, where there are few rows for each.
void row_means_openmp(HostContext&, const HostPiece&);
std::size_t row_means_openmp_workspace(const Shape&, Type, const Limits&);

}  // namespace crossover::cpu
