// Sizes at which a problem's inputs fill a cache: where curves bend, and a search should look.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "bench/machine/machine.hpp"
#include "bench/model/profile.hpp"
#include "bench/plan/probe.hpp"

namespace crossover {

/// Bytes: one L2, all L2, all L3, and what the devices say of theirs; each once, ascending.
std::vector<std::size_t> cache_capacities(const Machine&, std::span<const ProbedDevice>);
std::vector<std::size_t> cache_capacities(const Profile&);

/// The largest sizes along `axis`, within the range (both included), whose inputs are no larger than a
/// capacity. Capacities that the range does not reach have none.
std::vector<Index> sizes_at_capacities(const Problem&, Shape, Type, int axis, std::pair<Index, Index> range,
                                       std::span<const std::size_t> capacities);

}  // namespace crossover
