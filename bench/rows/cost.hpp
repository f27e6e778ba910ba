// What calls cost where a machine is paid by the hour, and whether that changes the verdict.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "bench/rows/row.hpp"

namespace crossover {

/// Of renting a machine, per second, in whatever currency it was given; empty: not given. A machine with a
/// GPU has one price, its CPUs included: whoever computes on the GPU pays for both.
struct Prices {
  std::optional<double> cpu_per_s{}, gpu_per_s{};
};

/// The price of the machine that the row's case occupies.
std::optional<double> price_of(const Row&, const Prices&);

/// Fills cost_per_million_calls of the rows that are ok: call_s, one call after the other, for the whole
/// machine.
void charge(std::span<Row>, const Prices&);

/// The cheapest case of the CPU's machine against that of the GPU's, each the fastest of its own that starts
/// in ordinary memory. Decided where the intervals of their calls, times their prices, are more than 3 %
/// apart. A sentence where that is another verdict than the one about time; empty where both agree, or where
/// one of the two has no cost.
std::string render_cost(std::span<const Row>, int width);

}  // namespace crossover
