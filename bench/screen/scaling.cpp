#include "bench/screen/scaling.hpp"

#include <algorithm>
#include <cmath>

#include "bench/base/suggest.hpp"
#include "bench/machine/thread_flags.hpp"

namespace crossover {
namespace {

/// Downwards, to two digits that count: sizes that can be read and typed.
Index two_digits(double value) {
  double unit = 1;
  while (value / unit >= 100) unit *= 10;
  return std::max<Index>(1, static_cast<Index>(std::floor(value / unit) * unit));
}

double input_bytes(const Operand& operand, const Shape& shape, Type type) {
  auto bytes = static_cast<double>(size_of(operand.type(type)));
  for (const int axis : operand.axes) bytes *= static_cast<double>(shape[axis]);
  return bytes;
}

double input_bytes(const Problem& problem, const Shape& shape, Type type) {
  double bytes = 0;
  for (const Operand& operand : problem.in) bytes += input_bytes(operand, shape, type);
  return bytes;
}

/// The problem's usual sizes, with the outermost axis of its largest input `factor` times as long; the other
/// inputs shrink with it, but do not grow.
Shape scaled(const Problem& problem, Type type, double factor) {
  Shape usual;
  for (std::size_t axis = 0; axis < problem.axes.size(); ++axis)
    usual[static_cast<int>(axis)] = problem.axes[axis].fallback;
  const Operand* largest = &problem.in.front();
  for (const Operand& operand : problem.in)
    if (input_bytes(operand, usual, type) > input_bytes(*largest, usual, type)) largest = &operand;
  Shape shape = usual;
  for (const Operand& operand : problem.in) {
    const int axis = operand.axes.front();
    const double by = axis == largest->axes.front() ? factor : std::min(1.0, factor);
    shape[axis] = two_digits(static_cast<double>(usual[axis]) * by);
  }
  return shape;
}

/// The largest of those whose inputs have at most `bytes`.
Shape shape_within(const Problem& problem, Type type, double bytes) {
  double low = std::log(1e-9), high = std::log(1e6);
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    const bool fits = input_bytes(problem, scaled(problem, type, std::exp(middle)), type) <= bytes;
    (fits ? low : high) = middle;
  }
  return scaled(problem, type, std::exp(low));
}

/// What `scaling` is about where no solver is named: ours with a team, else every one with a team.
std::vector<std::string> usual_solvers(const Problem& problem) {
  std::vector<std::string> ours, all;
  for (const SolverInfo* solver : cpu_backend().solvers) {
    const std::string name = solver->name;
    if (solver->problem != std::string_view(problem.name) || !solver->threaded) continue;
    all.push_back(name);
    if (name == "openmp" || name == "openmp-tiled") ours.push_back(name);
  }
  return ours.empty() ? all : ours;
}

}  // namespace

std::vector<Shape> scaling_shapes(const Problem& problem, Type type, const Machine& machine,
                                  std::size_t available_bytes) {
  const std::size_t last_level =
      machine.l3.bytes ? machine.l3.bytes * static_cast<std::size_t>(std::max(1, machine.l3.instances))
                       : default_limits(machine, 1).last_level_bytes;
  const std::size_t in_dram = std::min(4 * last_level, available_bytes / 4);
  std::vector<Shape> shapes;
  double before = 0;
  for (const std::size_t bytes :
       {machine.l1d.bytes / 2, machine.l2.bytes / 2, machine.l3.bytes / 2, in_dram}) {
    if (bytes == 0) continue;
    const Shape shape = shape_within(problem, type, static_cast<double>(bytes));
    const double taken = input_bytes(problem, shape, type);
    if (taken <= 1.5 * before || taken > static_cast<double>(bytes)) continue;  // another level's size again
    if (problem.contradiction && !problem.contradiction(shape).empty()) continue;
    shapes.push_back(shape);
    before = taken;
  }
  return shapes;
}

void complete_scaling(Options& options, bool has_sizes, const Machine& machine, std::size_t available_bytes) {
  const Problem& problem = *options.problem;
  for (const SolverInfo* solver : cpu_backend().solvers)
    if (solver->problem == std::string_view(problem.name) && !solver->threaded &&
        std::ranges::find(options.solvers, solver->name) != options.solvers.end())
      throw UsageError(std::string("--solver: ") + solver->name +
                       " always runs on one thread, and has nothing to scale; there are " +
                       joined(usual_solvers(problem)));
  if (options.solvers.empty()) options.solvers = usual_solvers(problem);
  if (options.solvers.empty())
    throw UsageError(std::string(problem.name) + " has no CPU solver with a team of threads");
  if (options.threads.empty()) options.threads = doubling_threads(machine);
  std::ranges::sort(options.threads);
  if (has_sizes) return;
  if (options.types.size() != 1)
    throw UsageError("--type: sizes are chosen for one type at a time; give one, or give sizes");
  options.shapes = scaling_shapes(problem, options.types.front(), machine, available_bytes);
  if (options.shapes.empty())
    throw UsageError(std::string("no size of ") + problem.name +
                     " suits this machine's caches and memory: give sizes, as for crossover run");
}

}  // namespace crossover
