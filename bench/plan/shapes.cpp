#include "bench/plan/shapes.hpp"

#include <stdexcept>
#include <string>

namespace crossover {
namespace {

constexpr Index max_shapes = 10'000;  // of one sweep

void check_shape(const Problem& problem, const Shape& shape, const std::vector<Type>& types) {
  std::string title = problem.name;
  for (std::size_t axis = 0; axis < problem.axes.size(); ++axis)
    title += std::string(" ") + problem.axes[axis].name + "=" + std::to_string(shape.size[axis]);
  if (problem.contradiction)
    if (const std::string why = problem.contradiction(shape); !why.empty())
      throw UsageError(title + ": " + why);
  for (const Type type : types) try {
      std::int64_t product = static_cast<std::int64_t>(size_of(type));
      for (std::size_t axis = 0; axis < problem.axes.size(); ++axis)
        if (problem.axes[axis].role != Role::parameter &&
            __builtin_mul_overflow(product, shape.size[axis], &product))
          throw std::overflow_error("the product of the sizes overflows 64 bits");
      for (const auto* operands : {&problem.in, &problem.state, &problem.out})
        bytes_of(*operands, shape, type);
    } catch (const std::overflow_error& error) {
      throw UsageError(title + ": " + error.what() + ": choose smaller sizes");
    }
}

}  // namespace

void check_shapes(const Options& options) {
  Index shapes = 1;
  for (const std::vector<Index>& sizes : options.sizes) {
    shapes *= static_cast<Index>(sizes.size());
    if (shapes > max_shapes)
      throw UsageError("the lists of sizes make more than " + std::to_string(max_shapes) +
                       " shapes: sweep in several runs");
  }
  for (Index i = 0; i < shapes; ++i) {
    Shape shape;
    Index rest = i;
    for (std::size_t axis = 0; axis < options.sizes.size(); ++axis) {
      const auto count = static_cast<Index>(options.sizes[axis].size());
      shape.size[axis] = options.sizes[axis][static_cast<std::size_t>(rest % count)];
      rest /= count;
    }
    check_shape(*options.problem, shape, options.types);
  }
}

}  // namespace crossover
