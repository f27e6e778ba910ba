#pragma once

#include "common/problem.hpp"

namespace crossover {

const Problem& sum_problem();
const Problem& mean_problem();
const Problem& min_problem();
const Problem& max_problem();
const Problem& argmax_problem();
const Problem& dot_problem();
const Problem& norm2_problem();
const Problem& square_sine_sum_problem();

/// The only axis of a reduction.
namespace reduction {
enum Axis { n };
}

}  // namespace crossover
