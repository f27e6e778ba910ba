// Reference results of the reductions; declared for common/reductions.cpp alone.
#pragma once

#include "common/problem.hpp"

namespace crossover::reduction {

// A reduction has one output: each of these reads all of its input, whatever the operations allowed.
Oracle sum_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);
Oracle mean_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);
Oracle min_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);
Oracle max_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);
Oracle argmax_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);
Oracle dot_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);
Oracle norm2_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);
Oracle square_sine_sum_oracle(const Shape&, Type, std::span<const HostArray> in, double max_operations);

}  // namespace crossover::reduction
