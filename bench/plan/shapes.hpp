// Which shapes there can be.
#pragma once

#include "bench/plan/options.hpp"

namespace crossover {

/// Every combination of sizes and types: none may contradict the problem or overflow 63 bits of bytes. Throws
/// UsageError.
void check_shapes(const Options&);

}  // namespace crossover
