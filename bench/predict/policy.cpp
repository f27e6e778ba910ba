#include "bench/predict/policy.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "bench/base/output_file.hpp"
#include "bench/base/printable.hpp"
#include "bench/model/possible.hpp"
#include "bench/plan/plan.hpp"
#include "bench/predict/chosen_profile.hpp"

namespace crossover {
namespace {

/// Once set up: as a call among very many.
constexpr double ever = 1e300;

constexpr double most_looks = 500'000;  // ten times those of a measured profile; seconds

double seconds_of(const std::optional<Figure>& figure) { return figure ? figure->value : 0; }

/// Empty where the shape lies outside what was calibrated, or does not fit.
std::optional<PolicyCost> cost_of(const Profile& profile, const ModelCase& subject) {
  const Predicted predicted = predict(profile, subject);
  if (!predicted.prediction || !predicted.prediction->within || !predicted.prediction->fits)
    return std::nullopt;
  const Prediction& p = *predicted.prediction;
  return PolicyCost{.setup_s = seconds_of(p.allocate_s) + seconds_of(p.pin_s) + seconds_of(p.release_s),
                    .stationary_s = std::max(0.0, p.call_s.value - p.reuse_call_s.value),
                    .again_s = p.reuse_call_s.value,
                    .low = p.call_s.low / p.call_s.value,
                    .high = p.call_s.high / p.call_s.value};
}

/// Of one call, with its buffers ready where `reuse` is 0, else of one of so many.
double total_s(const PolicyCost& cost, double reuse) {
  return reuse == 0 ? cost.stationary_s + cost.again_s
                    : (cost.setup_s + cost.stationary_s) / reuse + cost.again_s;
}

std::vector<std::vector<Index>> grid_of(const Profile& profile, const Problem& problem, Type type) {
  std::vector<std::set<Index>> sizes(problem.axes.size());
  for (const SolverFigures& figures : profile.solvers)
    if (figures.problem == problem.name && figures.type == type)
      for (const SolverPoint& point : figures.points)
        for (std::size_t axis = 0; axis < sizes.size(); ++axis)
          sizes[axis].insert(point.shape[static_cast<int>(axis)]);
  std::vector<std::vector<Index>> grid;
  for (const std::set<Index>& axis : sizes) grid.emplace_back(axis.begin(), axis.end());
  return grid;
}

/// Candidates that a caller with data in memory of that kind can take.
bool can_take(const PolicyCandidate& candidate, const std::string& transfer) {
  return candidate.transfer == "none" || candidate.transfer == transfer;
}

/// Marks the two that are fastest at one shape.
void mark_fastest(const std::vector<PolicyCandidate>& candidates, std::size_t shape,
                  const std::string& transfer, double reuse, std::vector<bool>& needed) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (candidates[i].costs[shape] && can_take(candidates[i], transfer))
      order.emplace_back(total_s(*candidates[i].costs[shape], reuse), i);
  std::ranges::sort(order);
  for (std::size_t i = 0; i < std::min<std::size_t>(2, order.size()); ++i) needed[order[i].second] = true;
}

void drop_needless(PolicyTable& table) {
  std::vector<bool> needed(table.candidates.size());
  std::set<std::string> transfers;
  for (const PolicyCandidate& candidate : table.candidates) transfers.insert(candidate.transfer);
  const std::size_t shapes = table.candidates.empty() ? 0 : table.candidates.front().costs.size();
  for (std::size_t shape = 0; shape < shapes; ++shape)
    for (const std::string& transfer : transfers)
      for (const double reuse : {0.0, 1.0, 10.0, 100.0, ever})
        mark_fastest(table.candidates, shape, transfer, reuse, needed);
  std::vector<PolicyCandidate> kept;
  for (std::size_t i = 0; i < table.candidates.size(); ++i)
    if (needed[i]) kept.push_back(std::move(table.candidates[i]));
  table.candidates = std::move(kept);
}

/// The mean of the logarithms; what is 0 counts as a nanosecond, as in the header.
double between(double first, double second, double part) {
  if (!(std::max(first, second) > 0)) return 0;
  return std::exp((1 - part) * std::log(std::max(first, 1e-9)) + part * std::log(std::max(second, 1e-9)));
}

/// How far the interval's ends have to move away, in logarithms, so that what lies between two costs holds
/// the prediction's interval too. `part`: of the way from the first to the second, in logarithms of the size.
double doubt_between(const PolicyCost& first, const PolicyCost& second, double part,
                     const PolicyCost& predicted) {
  const double seconds =
      between(first.stationary_s, second.stationary_s, part) + between(first.again_s, second.again_s, part);
  const double predicted_s = predicted.stationary_s + predicted.again_s;
  const double low_s = seconds * between(first.low, second.low, part),
               high_s = seconds * between(first.high, second.high, part);
  return std::max({0.0, std::log(low_s / (predicted_s * predicted.low)),
                   std::log(predicted_s * predicted.high / high_s)});
}

ModelCase case_of(const PolicyTable& table, const PolicyCandidate& candidate, const Shape& shape) {
  return {table.problem,     shape, table.type, candidate.backend, candidate.solver, candidate.threads,
          candidate.transfer};
}

/// From a shape to the next size of one axis, by the prediction in the middle.
double doubt_after(const Profile& profile, const ModelCase& subject, int axis, Index next,
                   const PolicyCost& first, const PolicyCost& second) {
  const auto from = static_cast<double>(subject.shape[axis]), to = static_cast<double>(next);
  ModelCase middle = subject;
  middle.shape[axis] = std::llround(std::sqrt(from * to));
  if (middle.shape[axis] <= subject.shape[axis] || middle.shape[axis] >= next) return 0;  // there is none
  const std::optional<PolicyCost> predicted = cost_of(profile, middle);
  if (!predicted) return 0;
  const double part = std::log(static_cast<double>(middle.shape[axis]) / from) / std::log(to / from);
  return doubt_between(first, second, part, *predicted) / (4 * part * (1 - part));
}

void set_doubts(const Profile& profile, const PolicyTable& table, const std::vector<Shape>& shapes,
                PolicyCandidate& candidate) {
  std::size_t stride = 1;
  for (std::size_t axis = table.sizes.size(); axis-- > 0; stride *= table.sizes[axis].size())
    for (std::size_t i = 0; i + stride < shapes.size(); ++i) {
      std::optional<PolicyCost>&first = candidate.costs[i], &second = candidate.costs[i + stride];
      const bool is_last = i / stride % table.sizes[axis].size() + 1 == table.sizes[axis].size();
      if (is_last || !first || !second) continue;
      const int along = static_cast<int>(axis);
      first->doubt[axis] = doubt_after(profile, case_of(table, candidate, shapes[i]), along,
                                       shapes[i + stride][along], *first, *second);
    }
}

/// Every point of every solver is looked at for each shape of the grid, which is the product of all sizes
/// where the shapes of a profile are scattered.
double looks_of(const Profile& profile, const PolicyTable& table) {
  double points = 0;
  for (const SolverFigures& figures : profile.solvers)
    if (figures.problem == table.problem->name && figures.type == table.type)
      points += static_cast<double>(figures.points.size());
  for (const std::vector<Index>& axis : table.sizes) points *= static_cast<double>(axis.size());
  return points;
}

PolicyTable table_of(const Profile& profile, const Problem& problem, Type type, double& looks_left) {
  PolicyTable table{&problem, type, grid_of(profile, problem, type), {}};
  looks_left -= looks_of(profile, table);
  if (looks_left < 0)
    throw UsageError(
        "the shapes of the profile '" + profile.label + "', at " + problem.name + " " + name_of(type) +
        ", are scattered, or too many for tables: give one that crossover calibrate has written");
  const std::vector<Shape> shapes = sweep(table.sizes);
  for (const ModelCase& subject : predictable(profile, problem, shapes.back(), type)) {
    PolicyCandidate& candidate = table.candidates.emplace_back(
        PolicyCandidate{subject.backend, subject.solver, subject.threads, subject.transfer, {}});
    for (const Shape& shape : shapes) {
      ModelCase at = subject;
      at.shape = shape;
      const bool possible = why_impossible(problem, shape, type).empty();
      candidate.costs.push_back(possible ? cost_of(profile, at) : std::nullopt);
    }
  }
  drop_needless(table);
  for (PolicyCandidate& candidate : table.candidates) set_doubts(profile, table, shapes, candidate);
  return table;
}

}  // namespace

std::vector<PolicyTable> policy_tables(const Profile& profile) {
  std::vector<PolicyTable> tables;
  double looks_left = most_looks;
  for (const Problem* problem : problems())
    for (const Type type : problem->types) {
      const bool known = std::ranges::any_of(profile.solvers, [&](const SolverFigures& figures) {
        return figures.problem == problem->name && figures.type == type && !figures.points.empty();
      });
      if (known) tables.push_back(table_of(profile, *problem, type, looks_left));
    }
  std::erase_if(tables, [](const PolicyTable& table) { return table.candidates.empty(); });
  return tables;
}

int choose_command(const Options& options) {
  const Profile profile = chosen_profile(options, machine_facts());
  const std::vector<PolicyTable> tables = policy_tables(profile);
  if (tables.empty())
    throw UsageError("the profile '" + profile.label + "' has no solvers to choose among: calibrate again");
  const std::string text =
      options.output.ends_with(".json") ? policy_json(profile, tables) : policy_header(profile, tables);
  OutputFile(options.output, options.force ? Existing::replace : Existing::refuse).write(text);
  std::size_t solvers = 0;
  for (const PolicyTable& table : tables) solvers += table.candidates.size();
  if (!options.quiet)
    print(stdout, options.output + ": " + std::to_string(tables.size()) + " tables of problems and types, " +
                      std::to_string(solvers) + " solvers in all, " +
                      std::to_string((text.size() + 999) / 1000) + " kB\n");
  return 0;
}

}  // namespace crossover
