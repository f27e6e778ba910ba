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

/// argmax's state: the index in the whole work (-1: nothing seen yet), and the value there.
namespace argmax {
enum State { index, value };
}

/// norm2's state: three sums of squares, so that none of them leaves the range of f64. A block of
/// values whose plain sum of squares is at most `most` and at least `least` adds it to `mid`; a block
/// above adds the squares of value / unit to `big`, one below those of value * unit to `small`. NaN
/// goes anywhere.
namespace norm2 {
enum State { big, mid, small };
inline constexpr double unit = 0x1p600;
inline constexpr double most = 0x1p900, least = 0x1p-900;
}  // namespace norm2

}  // namespace crossover
