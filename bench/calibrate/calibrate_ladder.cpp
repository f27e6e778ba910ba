// The shapes that a solver's seconds are interpolated between, and how often each is called.
#include <algorithm>
#include <cmath>

#include "bench/calibrate/calibrate.hpp"

namespace crossover {
namespace {

constexpr double fewest_elements = 100;
constexpr double fewest_of_a_grid = 1000;
constexpr double short_call_s = 0.1;   // the sampler calls those once untimed before each sample
constexpr double point_s = 0.012;      // for the samples of a short call
constexpr double largest_share = 0.8;  // of what a group has left, for one shape
constexpr int interval_samples = 8, most_samples = 32, fewest_samples = 3;

/// To two digits that count: sizes that can be read and typed.
Index two_digits(double value) {
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(value)) - 1));
  return std::max<Index>(1, std::llround(std::round(value / unit) * unit));
}

/// `count` sizes from `low` to `high`, each the same multiple of the one before.
std::vector<Index> geometric(double low, double high, int count) {
  std::vector<Index> sizes;
  for (int i = 0; i < count; ++i)
    sizes.push_back(
        two_digits(low * std::pow(std::max(high / low, 1.0), i / static_cast<double>(count - 1))));
  return sizes;
}

double bytes_of_inputs(const Problem& problem, const Shape& shape, Type type) {
  return static_cast<double>(bytes_of(problem.in, shape, type));
}

/// The axes that have data, in the order in which a ladder varies them: map, fold, inner.
struct Axes {
  std::vector<int> outer;
  std::vector<int> inner;
  std::size_t count() const { return outer.size() + inner.size(); }
};

Axes axes_of(const Problem& problem) {
  Axes axes;
  for (int i = 0; i < static_cast<int>(problem.axes.size()); ++i) {
    const Role role = problem.axes[static_cast<std::size_t>(i)].role;
    if (role != Role::parameter) (role == Role::inner ? axes.inner : axes.outer).push_back(i);
  }
  return axes;
}

/// Parameters at their defaults, everything else 1.
Shape smallest(const Problem& problem) {
  Shape shape;
  for (int i = 0; i < static_cast<int>(problem.axes.size()); ++i) {
    const Axis& axis = problem.axes[static_cast<std::size_t>(i)];
    shape[i] = axis.role == Role::parameter ? axis.fallback : 1;
  }
  return shape;
}

/// How many indices of the axis have so many bytes of inputs, the other sizes as in `shape`.
double most_along(const Problem& problem, Shape shape, int axis, Type type, double most_bytes) {
  constexpr Index many = 1'000'000;  // what does not grow with it counts for little
  shape[axis] = many;
  return most_bytes / (bytes_of_inputs(problem, shape, type) / static_cast<double>(many));
}

std::vector<Shape> along_one(const Problem& problem, int axis, Type type, double most_bytes, int steps) {
  std::vector<Shape> shapes;
  const double most = most_along(problem, smallest(problem), axis, type, most_bytes);
  for (const Index size : geometric(fewest_elements, most, steps)) {
    shapes.push_back(smallest(problem));
    shapes.back()[axis] = size;
  }
  return shapes;
}

/// The same numbers of elements for each width, so that a width's effect is seen at every size.
std::vector<Shape> over_widths(const Problem& problem, int outer, int inner, Type type, double most_bytes,
                               std::span<const Index> widths, int steps) {
  Shape unit = smallest(problem);
  const double most = most_along(problem, unit, outer, type, most_bytes);
  std::vector<Shape> shapes;
  for (const Index elements : geometric(fewest_of_a_grid, most, steps))
    for (const Index width : widths)
      if (elements >= width) {
        shapes.push_back(unit);
        shapes.back()[inner] = width;
        shapes.back()[outer] = two_digits(static_cast<double>(elements) / static_cast<double>(width));
      }
  return shapes;
}

/// Every combination of `values[i]` along `axes[i]`.
std::vector<Shape> combined(const Problem& problem, std::span<const int> axes,
                            std::span<const std::vector<Index>> values) {
  std::vector<Shape> shapes{smallest(problem)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::vector<Shape> longer;
    for (const Shape& shape : shapes)
      for (const Index size : values[i]) {
        longer.push_back(shape);
        longer.back()[axes[i]] = size;
      }
    shapes = std::move(longer);
  }
  return shapes;
}

/// Of three axes or more, by their roles: queries, corpus, dim of similarity.
std::vector<Shape> over_roles(const Problem& problem, const Axes& axes, bool fine) {
  std::vector<int> order;
  std::vector<std::vector<Index>> values;
  for (const std::vector<int>& some : {axes.outer, axes.inner})
    for (const int axis : some) {
      const Role role = problem.axes[static_cast<std::size_t>(axis)].role;
      order.push_back(axis);
      if (role == Role::map)
        values.push_back(fine ? std::vector<Index>{1, 30, 1000} : std::vector<Index>{1, 100});
      else if (role == Role::fold)
        values.push_back(fine ? std::vector<Index>{1000, 10'000, 100'000} : std::vector<Index>{1000, 10'000});
      else
        values.push_back(fine ? std::vector<Index>{10, 100, 1000} : std::vector<Index>{10, 1000});
    }
  return combined(problem, order, values);
}

}  // namespace

std::vector<Shape> ladder(const Problem& problem, Type type, std::size_t most_bytes, bool fine) {
  const Axes axes = axes_of(problem);
  const auto bytes = static_cast<double>(most_bytes);
  const std::vector<Index> widths =
      fine ? std::vector<Index>{10, 100, 1000, 10'000} : std::vector<Index>{10, 1000};
  std::vector<Shape> shapes;
  if (axes.count() == 1)
    shapes =
        along_one(problem, axes.outer.empty() ? axes.inner[0] : axes.outer[0], type, bytes, fine ? 12 : 5);
  else if (axes.outer.size() == 1 && axes.inner.size() == 1)
    shapes = over_widths(problem, axes.outer[0], axes.inner[0], type, bytes, widths, fine ? 7 : 3);
  else
    shapes = over_roles(problem, axes, fine);
  std::erase_if(shapes, [&](const Shape& shape) {
    return bytes_of_inputs(problem, shape, type) > 1.1 * bytes ||  // two digits round up
           (problem.contradiction && !problem.contradiction(shape).empty());
  });
  std::ranges::stable_sort(shapes, {}, [&](const Shape& shape) { return problem.work(shape, type).flops; });
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  return shapes;
}

std::vector<std::size_t> spread_out(std::size_t count) {
  std::vector<std::size_t> order;
  if (count > 0) order.push_back(0);
  if (count > 1) order.push_back(count - 1);
  std::vector<std::pair<std::size_t, std::size_t>> gaps = {{0, count > 0 ? count - 1 : 0}};
  for (std::size_t i = 0; i < gaps.size(); ++i) {  // the widest are in front
    const auto [low, high] = gaps[i];
    const std::size_t middle = low + (high - low) / 2;
    if (middle == low) continue;
    order.push_back(middle);
    gaps.emplace_back(low, middle);
    gaps.emplace_back(middle, high);
  }
  return order;
}

int samples_for(double call_s, double group_left_s, std::size_t solvers) {
  if (call_s <= 0 && group_left_s <= 0) return interval_samples;  // of every solver, its smallest shape
  if (group_left_s <= 0) return 0;
  const double sample_s = call_s * (call_s < short_call_s ? 2 : 1), around_s = 2 * call_s;  // verified twice
  const double affordable_s =
      largest_share * group_left_s / static_cast<double>(std::max<std::size_t>(solvers, 1)) - around_s;
  if (affordable_s < fewest_samples * sample_s) return 0;
  if (affordable_s < interval_samples * sample_s) return fewest_samples;
  const double wished = sample_s > 0 ? point_s / sample_s : most_samples;
  return static_cast<int>(std::clamp<double>(wished, interval_samples, most_samples));
}

}  // namespace crossover
