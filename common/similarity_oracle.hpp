#pragma once

#include "common/problem.hpp"

namespace crossover {

/// Problem::oracle of similarity: sampled queries against the whole corpus, in f64, on all cores.
Oracle similarity_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);

}  // namespace crossover
