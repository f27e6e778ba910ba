// One word for the flags that change what a group's rows say: --resume compares it.
#pragma once

#include <string>

#include "bench/plan/options.hpp"

namespace crossover {

/// 16 hexadecimal digits. `simulation`: the flags of the simulated device as text. Reads sizes and times of
/// the input files.
std::string flags_hash_of(const Options&, const std::string& simulation);

}  // namespace crossover
