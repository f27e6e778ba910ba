// The command line -> Options, with a sentence for everything that cannot be meant.
#pragma once

#include "bench/plan/options.hpp"

namespace crossover {

/// Throws EarlyExit, UsageError. Looks at files that are named, changes none.
Options parse_options(int argc, const char* const* argv);

}  // namespace crossover
