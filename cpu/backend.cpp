#include "common/backend.hpp"
#include "cpu/execution.hpp"
#include "cpu/team.hpp"

namespace crossover {
namespace {

std::string unavailable(int) { return {}; }

Device describe(int) { return {.name = "host"}; }

/// The team of threads, so that the first call does not pay for it.
std::vector<StartupPart> startup(const Task& task) {
  return {{"threads", [threads = task.threads, cpus = task.cpus] { cpu::start_team(threads, cpus); }}};
}

Footprint footprint(const Task& task) {
  const cpu::HostSolver* solver = cpu::find_host_solver(task.problem->name, task.solver);
  if (!solver) return {};
  Limits limits = task.limits;
  limits.threads = solver->threaded ? task.threads : 1;
  return {.host_bytes = cpu::own_bytes(*task.problem, *solver, task.shape, task.type, limits)};
}

std::vector<const SolverInfo*> table() {
  std::vector<const SolverInfo*> all;
  for (const std::span<const cpu::HostSolver> list : cpu::host_solvers())
    for (const cpu::HostSolver& solver : list) all.push_back(&solver);
  return all;
}

}  // namespace

const Backend& cpu_backend() {
  static const Backend backend{
      .name = "cpu",
      .summary = "host threads, data where it is",
      .transfers = {"none"},
      .solvers = table(),
      .unavailable = unavailable,
      .describe = describe,
      .startup = startup,
      .footprint = footprint,
      .open = cpu::open_host,
  };
  return backend;
}

}  // namespace crossover
