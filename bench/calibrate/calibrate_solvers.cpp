// The solvers' ladders: a process for each problem and type, which calls every solver shape by shape, by
// rising work, until the group's share of the time is spent.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/base/interrupt.hpp"
#include "bench/calibrate/calibrate_points.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/measure/process.hpp"
#include "bench/measure/sampler.hpp"

namespace crossover {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t least_bytes = 64 * mebibyte, most_bytes = 1024 * mebibyte;
constexpr double weight_of_grids = 2;  // three axes: their points take longest
constexpr double longest_call_s = 30;  // of what was forecast to take far less

/// Its share of the time, in no unit.
double weight_of(const SolverGroup& group) {
  const std::vector<Axis>& axes = group.problem->axes;
  const auto parameters = std::ranges::count(axes, Role::parameter, &Axis::role);
  const bool is_grid = static_cast<std::ptrdiff_t>(axes.size()) - parameters > 2;
  return static_cast<double>(group.cases.size() * group.shapes.size()) * (is_grid ? weight_of_grids : 1);
}

/// Threads, the most first: of what is cut short, one thread is missed least.
std::vector<int> thread_counts(const Calibrating& calibrating) {
  std::set<int, std::greater<>> counts(calibrating.options.threads.begin(),
                                       calibrating.options.threads.end());
  if (counts.empty()) counts = {1, std::max(1, calibrating.machine.usable)};
  return {counts.begin(), counts.end()};
}

std::vector<Case> cases_of(const Backend& backend, const Problem& problem, Type type,
                           std::span<const int> threads) {
  static constexpr std::array alone = {1};
  std::vector<Case> cases;
  for (const SolverInfo* solver : backend.solvers) {
    if (solver->problem != std::string_view(problem.name)) continue;
    if (!solver->types.empty() && std::ranges::find(solver->types, type) == solver->types.end()) continue;
    const bool has_team = solver->threaded && std::string_view(backend.name) == cpu_backend().name;
    for (const int count : has_team ? threads : std::span<const int>(alone))
      cases.push_back({&backend, solver, count, backend.transfers.front()});
  }
  return cases;
}

/// DRAM figures need several times the last level.
std::size_t largest_inputs(const Machine& machine, bool quick) {
  const std::size_t last_level =
      machine.l3.bytes * static_cast<std::size_t>(std::max(1, machine.l3.instances));
  const std::size_t allowed = host_memory_limits().tightest().available_bytes / 4;
  return std::min(std::clamp((quick ? 2 : 4) * last_level, least_bytes, most_bytes), allowed);
}

std::vector<SolverGroup> groups_of(const Calibrating& calibrating, std::span<const ProbedDevice> devices,
                                   bool with_device) {
  std::vector<const Backend*> usable = {&cpu_backend()};
  for (const auto& [backend, report] : devices)
    if (with_device && report.reason.empty() && backend->limits) usable.push_back(backend);
  const std::vector<int> threads = thread_counts(calibrating);
  std::vector<SolverGroup> groups;
  for (const Problem* problem : problems())
    for (const Type type : problem->types)
      for (const Backend* backend : usable) {
        SolverGroup group{backend, problem, type, cases_of(*backend, *problem, type, threads), {}};
        group.shapes = ladder(*problem, type, largest_inputs(calibrating.machine, calibrating.options.quick),
                              !calibrating.options.quick);
        if (!group.cases.empty()) groups.push_back(std::move(group));
      }
  // What those with one axis leave, those with the longest calls need.
  std::ranges::stable_sort(groups, {}, [](const SolverGroup& group) { return group.problem->axes.size(); });
  return groups;
}

void merge(SolverFigures one, Profile& profile) {
  const auto same = [&](const SolverFigures& other) {
    return other.problem == one.problem && other.type == one.type && other.backend == one.backend &&
           other.solver == one.solver && other.threads == one.threads;
  };
  const auto found = std::ranges::find_if(profile.solvers, same);
  if (found == profile.solvers.end()) {
    profile.solvers.push_back(std::move(one));
    return;
  }
  found->points.push_back(one.points.front());
  found->host_bytes_beyond = std::max(one.host_bytes_beyond, found->host_bytes_beyond);
}

void sort_points(Profile& profile) {
  for (SolverFigures& solver : profile.solvers)
    std::ranges::stable_sort(solver.points, {}, [&](const SolverPoint& point) {
      return find_problem(solver.problem)->work(point.shape, solver.type).flops;
    });
}

/// What became of all groups, for the warnings.
struct Tally {
  int points = 0, disturbed = 0;
  std::set<std::string> left_out;  ///< solvers that ended, with the reason
};

void measure_group(const Calibrating& calibrating, const SolverGroup& group,
                   std::span<const ProbedDevice> devices, double group_s, Tally& tally, Profile& profile) {
  const std::string title =
      std::string(group.backend->name) + " " + group.problem->name + " " + name_of(group.type);
  calibrating.say(title);
  Watch watch;
  watch.first_deadline_s = longest_call_s + 2 * group_s;
  watch.interrupted = interrupted;
  watch.on_event = [&](const Event& event) {
    if (event.contains("ended")) {
      if (!event.at("unavailable"))
        tally.left_out.insert(title + ": " + event.at("ended").get<std::string>() +
                              " was left out: " + event.at("reason").get<std::string>());
      return watch.first_deadline_s;
    }
    if (std::optional<SolverFigures> one = solver_figures_of(event.at("point"), "a process that calibrated"))
      merge(std::move(*one), profile);
    ++tally.points;
    tally.disturbed += event.at("disturbed").get<bool>();
    return watch.first_deadline_s;
  };
  const ChildEnd end = run_child(
      [&](const Report& report) {
        climb({calibrating, group, devices, group_s, report});
      },
      watch);
  if (end.interrupted) throw CalibrationInterrupted();
  if (!end.clean()) tally.left_out.insert(title + ": the process that measured it " + describe(end));
}

}  // namespace

void measure_solvers(const Calibrating& calibrating, std::span<const ProbedDevice> devices,
                     Profile& profile) {
  const std::vector<SolverGroup> groups = groups_of(calibrating, devices, profile.device.has_value());
  double weight = 0;
  for (const SolverGroup& group : groups) weight += weight_of(group);
  Tally tally;
  for (const SolverGroup& group : groups) {
    const double group_s = std::max(0.0, calibrating.left_s()) * weight_of(group) / weight;
    measure_group(calibrating, group, devices, group_s, tally, profile);
    weight -= weight_of(group);
  }
  sort_points(profile);
  profile.warnings.insert(profile.warnings.end(), tally.left_out.begin(), tally.left_out.end());
  if (too_often_disturbed(tally.disturbed, static_cast<std::size_t>(tally.points)))
    profile.warnings.push_back("other programs had the processors during " + std::to_string(tally.disturbed) +
                               " of " + std::to_string(tally.points) +
                               " points of the solvers: calibrate again on a quiet machine");
}

}  // namespace crossover
