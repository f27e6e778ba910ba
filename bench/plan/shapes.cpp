#include "bench/plan/shapes.hpp"

#include <string>

#include "bench/model/possible.hpp"

namespace crossover {
namespace {

constexpr Index max_shapes = 10'000;  // of one sweep

void check_shape(const Problem& problem, const Shape& shape, const std::vector<Type>& types) {
  std::string title = problem.name;
  for (std::size_t axis = 0; axis < problem.axes.size(); ++axis)
    title += std::string(" ") + problem.axes[axis].name + "=" + std::to_string(shape.size[axis]);
  for (const Type type : types)
    if (const std::string why = why_impossible(problem, shape, type); !why.empty())
      throw UsageError(title + ": " + why);
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
