// The flags that `predict` alone has: what if, and workloads of one's own.
#pragma once

#include <vector>

#include "bench/flags/flags.hpp"

namespace crossover {

struct PredictFlag {
  const char *name, *value, *group, *meaning;
};
std::vector<PredictFlag> predict_flags();

/// All but problem, sizes and types. Throws UsageError.
void set_prediction(const Flags&, Options&);

}  // namespace crossover
