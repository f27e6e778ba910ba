// Which shapes a problem can have at all.
#pragma once

#include <string>

#include "common/problem.hpp"

namespace crossover {

/// Why there is no such case: sizes that contradict each other, or whose bytes overflow 63 bits. Empty: there
/// is.
std::string why_impossible(const Problem&, const Shape&, Type);

}  // namespace crossover
