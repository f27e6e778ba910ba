#include "bench/model/possible.hpp"

#include <stdexcept>

namespace crossover {

std::string why_impossible(const Problem& problem, const Shape& shape, Type type) {
  if (problem.contradiction)
    if (std::string why = problem.contradiction(shape); !why.empty()) return why;
  const std::string advice = ": choose smaller sizes";
  auto product = static_cast<std::int64_t>(size_of(type));
  for (std::size_t axis = 0; axis < problem.axes.size(); ++axis)
    if (problem.axes[axis].role != Role::parameter &&
        __builtin_mul_overflow(product, shape.size[axis], &product))
      return "the product of the sizes overflows 64 bits" + advice;
  try {
    for (const auto* operands : {&problem.in, &problem.state, &problem.out}) bytes_of(*operands, shape, type);
  } catch (const std::overflow_error& error) {
    return error.what() + advice;
  }
  return {};
}

}  // namespace crossover
