// The cliff before the memory wall: a size that still fits, but for which every byte costs far more.
#pragma once

#include <span>
#include <string>

#include "bench/rows/row.hpp"

namespace crossover {

/// What became slow between the next smaller size among `earlier` (same problem, type, solver, threads and
/// transfer) and `row`, in a sentence: throughput more than halved while more than 0.8 of the free memory
/// was needed. Bytes and operations per second must have fallen, and the share of the floor where it is
/// known: work that grows faster than its data is no cliff, nor is data that has left a cache. Empty where
/// there is none.
std::string cliff_before_wall(const Row& row, std::span<const Row> earlier);

}  // namespace crossover
