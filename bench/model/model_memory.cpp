#include "bench/model/model_memory.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "bench/base/interpolation.hpp"
#include "bench/base/statistics.hpp"
#include "bench/model/roofline.hpp"
#include "common/backend.hpp"

namespace crossover {
namespace {

double bytes_of_operands(std::span<const Operand> operands, const ModelCase& subject) {
  double bytes = 0;
  for (const Operand& operand : operands) {
    const Extents extents = extents_of(operand, subject.shape);
    bytes += static_cast<double>(extents.size[0]) * static_cast<double>(extents.size[1]) *
             static_cast<double>(size_of(operand.type(subject.type)));
  }
  return bytes;
}

Footprint footprint_of(const Profile& profile, const ModelCase& subject, const Backend& backend) {
  Limits limits = limits_of(profile, subject.threads);
  if (subject.backend != "cpu" && profile.device)
    limits.cache_bytes = limits.last_level_bytes = profile.device->l2_bytes;
  return backend.footprint({.problem = subject.problem,
                            .solver = subject.solver,
                            .shape = subject.shape,
                            .type = subject.type,
                            .threads = subject.threads,
                            .transfer = subject.transfer,
                            .in = {},
                            .limits = limits});
}

/// Points that allocate about as much, as one: their medians.
struct Bin {
  std::vector<double> x, value, low, high;  ///< x: ln(bytes)
};

constexpr double bins_per_e = 4;  ///< a factor of 1.28 each

}  // namespace

MemoryNeed memory_need(const Profile& profile, const ModelCase& subject) {
  const Problem& problem = *subject.problem;
  const double inputs = bytes_of_operands(problem.in, subject),
               results = bytes_of_operands(problem.out, subject) + bytes_of_operands(problem.state, subject);
  const bool is_host = subject.backend == "cpu";
  MemoryNeed need{.host_bytes = inputs + results,
                  .device_bytes = is_host ? 0 : inputs + results,
                  .own_bytes = is_host ? results : inputs + results};
  const Backend* backend = find_backend(subject.backend);
  if (!(inputs + results < 9e18) || !backend || !backend->find_solver(problem.name, subject.solver))
    return need;
  const Footprint own = footprint_of(profile, subject, *backend);
  const auto host = static_cast<double>(own.host_bytes + own.pinned_bytes);
  need.host_bytes = inputs + host;
  if (!is_host)
    need.device_bytes = std::max(need.device_bytes, static_cast<double>(own.known_device_bytes()));
  need.own_bytes = is_host ? host : host + need.device_bytes;
  return need;
}

std::optional<Figure> memory_seconds(const Profile& profile, const ModelCase& subject,
                                     const SolverFigures& figures, Figure SolverPoint::*seconds) {
  std::map<long, Bin> bins;
  ModelCase at = subject;
  for (const SolverPoint& point : figures.points) {
    const Figure& figure = point.*seconds;
    if (!(figure.value > 0)) continue;
    at.shape = point.shape;
    const double x = std::log(std::max(1.0, memory_need(profile, at).own_bytes));
    Bin& bin = bins[std::lround(bins_per_e * x)];
    bin.x.push_back(x);
    bin.value.push_back(figure.value);
    bin.low.push_back(figure.low > 0 ? figure.low : figure.value);
    bin.high.push_back(std::max(figure.high, figure.value));
  }
  if (bins.empty()) return std::nullopt;
  std::vector<Knot> knots;
  for (const auto& [step, bin] : bins) {
    const double x = median(bin.x);
    knots.push_back({x,
                     {.y = std::log(median(bin.value)) - x,
                      .low = std::log(median(bin.low)) - x,
                      .high = std::log(median(bin.high)) - x,
                      .known = true}});
  }
  const double x = std::log(std::max(1.0, memory_need(profile, subject).own_bytes));
  const Estimate estimate = interpolate(knots, x, 0, true);
  return Figure{std::exp(estimate.y + x), std::exp(estimate.low + x), std::exp(estimate.high + x)};
}

}  // namespace crossover
