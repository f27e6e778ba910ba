// How verdicts name a row, and which rows a headline is about.
#pragma once

#include <span>
#include <string>

#include "bench/rows/row.hpp"

namespace crossover {

/// The solver, with its backend, transfer and threads as far as other rows of that name in the group differ
/// in them: "openmp", "openmp t2", "cuda sum", "tiled pinned".
std::string verdict_name(const Row&, std::span<const Row* const> group);

/// Pinned operands take a producer that writes there: headlines are about rows that do not ask for it.
inline bool starts_in_ordinary_memory(const Row& row) { return row.transfer != "pinned"; }

/// On a GPU, real or simulated: its data has to move there.
inline bool computes_on_device(const Row& row) { return !row.transfer.empty() && row.transfer != "none"; }

}  // namespace crossover
