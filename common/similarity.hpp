#pragma once

#include "common/problem.hpp"

namespace crossover {

const Problem& similarity_problem();

/// The axes of similarity, as positions in a Shape.
namespace similarity {
enum Axis { corpus, queries, dim, k };
}

}  // namespace crossover
