// The commands that run nothing.
#pragma once

#include "bench/plan/options.hpp"

namespace crossover {

/// `crossover plan`: bytes of every case against what is free and allowed.
std::string plan_text(const Options&);

/// `crossover devices`: CPU, caches, memory and its limits, each further backend or the reason it is absent.
std::string devices_text(const Options&);

}  // namespace crossover
