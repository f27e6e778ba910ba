// `crossover scaling`: time against threads. A run like any other, with sizes chosen for the caches of this
// machine and its rows read along the number of threads: where more of them stop to help, and which ceiling
// explains it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/machine/calibration.hpp"
#include "bench/plan/options.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

/// Shapes whose inputs fill half of a core's L1, half of its L2, half of an L3, and four times all L3 (DRAM),
/// at most a quarter of `available_bytes`; fewer where a level is not there or the problem has no such shape.
std::vector<Shape> scaling_shapes(const Problem&, Type, const Machine&, std::size_t available_bytes);

/// Completes what `scaling` was not told: solvers, threads, and, without `has_sizes`, the shapes. The problem
/// and the types are set. Throws UsageError where there is nothing that scales.
void complete_scaling(Options&, bool has_sizes, const Machine&, std::size_t available_bytes);

/// Of valid rows by rising threads, none empty: the first that is within 5 % of the fastest, or whose
/// interval holds the fastest's median.
std::size_t flat_from(std::span<const Row* const> by_threads);

/// One problem at one shape and type: a table by threads for each solver, and a sentence on each. Null: the
/// machine could not be calibrated.
std::string render_scaling(std::span<const Row>, const Machine&, const Calibration*, int width = 80);

}  // namespace crossover
