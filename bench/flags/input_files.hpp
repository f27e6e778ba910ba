// Sizes and types of a run: from flags, from the headers of .npy files, or from the problem's defaults.
#pragma once

#include "bench/flags/flags.hpp"

namespace crossover {

/// Fills in problem-dependent `sizes`, `types` and `inputs`; `options.problem` is set. Throws UsageError
/// where flags and files contradict each other, or the problem.
void set_shapes(const Flags&, Options& options);

}  // namespace crossover
