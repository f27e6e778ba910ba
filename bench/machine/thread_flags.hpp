// --threads and --bind, as typed. Every function throws UsageError with a sentence that quotes the text.
#pragma once

#include <string>
#include <vector>

#include "bench/base/usage_error.hpp"
#include "bench/machine/machine.hpp"

namespace crossover {

/// A comma list of counts, `all` (CPUs that may be used) and `physical` (cores among them), each count once,
/// in the order given.
std::vector<int> parse_threads(const std::string& text, const Machine&);

/// none, close or spread; refused where the OpenMP runtime was told to bind threads by itself.
Binding parse_binding(const std::string& text, const Machine&);

/// 1, 2, 4, ... up to all CPUs that may be used, and those.
std::vector<int> doubling_threads(const Machine&);

}  // namespace crossover
