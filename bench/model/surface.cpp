#include "bench/model/surface.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "bench/base/format.hpp"

namespace crossover {
namespace {

constexpr double near_the_least = 2;  ///< times as long as the machine allows

constexpr double negligible = 0.05;  ///< ln(size / the nearest measured)
constexpr double far = 3.4;          ///< likewise: 30 times

/// Of ln(seconds), to each side: two runs of a program differ by more, however well each was measured.
constexpr double least_doubt = 0.005;

Index elements(const Operand& operand, const Shape& shape) { return extents_of(operand, shape).count(); }

}  // namespace

struct Surface::Query {
  const Quantity& quantity;
  Measure measure;
  std::array<double, max_axes> x;
};

Surface::Surface(const Problem& problem, Type type, std::span<const SolverPoint> points)
    : problem_(problem), type_(type) {
  const int ladder = problem.in.front().axes.front();
  for (int axis = static_cast<int>(problem.axes.size()); axis-- > 0;)
    if (axis != ladder) axes_.push_back(axis);
  axes_.push_back(ladder);
  for (const SolverPoint& point : points) points_.push_back(&point);
  std::ranges::sort(points_, [this](const SolverPoint* a, const SolverPoint* b) {
    for (const int axis : axes_)
      if (a->shape[axis] != b->shape[axis]) return a->shape[axis] < b->shape[axis];
    return false;
  });
  std::set<Index> sizes, counts;
  for (const SolverPoint* point : points_) {
    sizes.insert(point->shape[ladder]);
    counts.insert(elements(problem.in.front(), point->shape));
  }
  by_elements_ = counts.size() <= sizes.size();
}

double Surface::coordinate(const Shape& shape, int axis) const {
  const bool counted = axis == axes_.back() && by_elements_;
  return std::log(static_cast<double>(counted ? elements(problem_.in.front(), shape) : shape[axis]));
}

double Surface::amount(Measure measure, const Quantity& quantity, const Shape& shape) const {
  if (measure == Measure::none) return 1;
  if (measure == Measure::least_s) return quantity.least_s ? quantity.least_s(shape) : 0;
  const Work work = problem_.work(shape, type_);
  return measure == Measure::flops ? work.flops : work.bytes_in;
}

/// ln(quantity / measure), its least and its greatest; infinite where some point has no such measure.
std::pair<double, double> Surface::range(const Quantity& quantity, Measure measure) const {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  double low = infinite, high = -infinite;
  for (const SolverPoint* point : points_) {
    const double of = amount(measure, quantity, point->shape), seconds = (point->*quantity.seconds).value;
    if (!(seconds > 0)) continue;
    if (!(of > 0)) return {-infinite, infinite};
    low = std::min(low, std::log(seconds / of));
    high = std::max(high, std::log(seconds / of));
  }
  return {low, high};
}

/// That in which the quantity has the least range. The least time counts where some point comes near it: else
/// its steps, from cache to cache, are not the solver's.
Measure Surface::steadiest(const Quantity& quantity) const {
  Measure best = Measure::none;
  double least = std::numeric_limits<double>::infinity();
  for (const Measure measure : quantity.measures) {
    const auto [low, high] = range(quantity, measure);
    if (measure == Measure::least_s && low > std::log(near_the_least)) continue;
    if (high - low < least) {
      least = high - low;
      best = measure;
    }
  }
  return best;
}

Estimate Surface::at_point(const SolverPoint& point, const Query& query) const {
  const Figure& seconds = point.*query.quantity.seconds;
  if (!(seconds.value > 0)) return {};
  const double of = amount(query.measure, query.quantity, point.shape);
  Estimate estimate{.y = std::log(seconds.value / of), .known = true};
  estimate.low = seconds.low > 0 ? std::log(seconds.low / of) : estimate.y;
  estimate.high = std::log(std::max(seconds.high, seconds.value) / of);
  const double least_s = query.quantity.least_s ? query.quantity.least_s(point.shape) : 0;
  if (least_s > 0) estimate.slack = std::log(seconds.value / least_s);
  return estimate;
}

/// Points that agree in the first `depth` axes.
Estimate Surface::over(std::span<const SolverPoint* const> points, std::size_t depth,
                       const Query& query) const {
  if (depth == axes_.size()) return at_point(*points.front(), query);
  const int axis = axes_[depth];
  std::vector<Knot> knots;
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin;
    while (end < points.size() && points[end]->shape[axis] == points[begin]->shape[axis]) ++end;
    const Estimate estimate = over(points.subspan(begin, end - begin), depth + 1, query);
    if (estimate.known) knots.push_back({coordinate(points[begin]->shape, axis), estimate});
    begin = end;
  }
  if (knots.empty()) return {};
  const auto at = static_cast<std::size_t>(axis);
  const bool grows = query.measure != Measure::none && problem_.axes[at].role != Role::parameter;
  return interpolate(knots, query.x[at], axis, grows);
}

Surface::Value Surface::at(const Shape& shape, const Quantity& quantity) const {
  if (points_.empty()) return {};
  Query query{quantity, steadiest(quantity), {}};
  for (const int axis : axes_) query.x[static_cast<std::size_t>(axis)] = coordinate(shape, axis);
  Estimate estimate = over(points_, 0, query);
  if (!estimate.known) return {};
  estimate.low = std::min(estimate.low, estimate.y - least_doubt);
  estimate.high = std::max(estimate.high, estimate.y + least_doubt);
  const double of = amount(query.measure, quantity, shape);
  Value value{
      .seconds = {of * std::exp(estimate.y), of * std::exp(estimate.low), of * std::exp(estimate.high)},
      .beyond = estimate.beyond,
      .known = true};
  if (quantity.least_s) {
    // The interval goes along: that the points and the machine's limit disagree makes nothing surer.
    const double least_s = quantity.least_s(shape) * std::exp(std::min(0.0, estimate.slack));
    const double factor = std::max(1.0, least_s / value.seconds.value);
    for (double Figure::*part : {&Figure::value, &Figure::low, &Figure::high}) value.seconds.*part *= factor;
  }
  return value;
}

bool Surface::Value::is_within() const {
  return std::ranges::all_of(beyond, [](double by) { return std::fabs(by) < negligible; });
}

bool Surface::Value::is_far() const {
  return std::ranges::any_of(beyond, [](double by) { return std::fabs(by) > far; });
}

std::string Surface::basis(const Value& value) const {
  std::string text;
  for (const int axis : axes_) {
    const double by = value.beyond[static_cast<std::size_t>(axis)];
    if (std::fabs(by) < negligible) continue;
    const bool is_ladder = axis == axes_.back();
    text += (text.empty() ? "" : ", ") +
            (is_ladder ? std::string("at ")
                       : std::string(problem_.axes[static_cast<std::size_t>(axis)].name) + " ") +
            format_ratio(std::exp(by)) + (by > 0 ? " the largest " : " the smallest ") +
            (is_ladder ? "shape measured" : "measured");
  }
  return text.empty() ? "interpolated" : text;
}

}  // namespace crossover
