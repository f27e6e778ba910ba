// Which rows a headline is about, and which of them are a device's.
#pragma once

#include "bench/rows/row.hpp"

namespace crossover {

/// Pinned operands take a producer that writes there: headlines are about rows that do not ask for it.
inline bool starts_in_ordinary_memory(const Row& row) { return row.transfer != "pinned"; }

/// On a GPU, real or simulated: its data has to move there.
inline bool computes_on_device(const Row& row) { return !row.transfer.empty() && row.transfer != "none"; }

}  // namespace crossover
