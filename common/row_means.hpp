#pragma once

#include "common/problem.hpp"

namespace crossover {

const Problem& row_means_problem();

/// The axes of row_means, as positions in a Shape.
namespace row_means {
enum Axis { rows, cols };
}

}  // namespace crossover
