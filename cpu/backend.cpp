#include "common/backend.hpp"
#include "cpu/execution.hpp"
#include "cpu/libraries.hpp"
#include "cpu/team.hpp"

namespace crossover {
namespace {

std::string unavailable(int) { return {}; }

/// With the libraries that are installed: they are loaded for it. Why others are not: "no BLAS".
Device describe(int) {
  Device host{.name = "host"};
  for (const cpu::Library& library : cpu::libraries()) try {
      host.facts.emplace_back(library.name, library.description());
    } catch (const Unavailable& absent) {
      host.facts.emplace_back(std::string("no ") + library.name, absent.what());
    }
  return host;
}

const cpu::Library* library_of(const Task& task) {
  const cpu::HostSolver* solver = cpu::find_host_solver(task.problem->name, task.solver);
  return solver ? cpu::find_library(solver->library) : nullptr;
}

/// The team of threads, so that the first call does not pay for it; the solver's library likewise.
std::vector<StartupPart> startup(const Task& task) {
  std::vector<StartupPart> parts = {
      {"threads", [threads = task.threads, cpus = task.cpus] {
         cpu::take_asked_teams();  // some runtimes read the environment again where they were forked
         cpu::start_team(threads, cpus);
       }}};
  if (const cpu::Library* library = library_of(task)) {
    parts.push_back({"library", [library] { library->load(); }});
    parts.push_back({"product", [library, threads = task.threads] { library->multiply_once(threads); }});
  }
  return parts;
}

std::string caution(const Task& task) {
  const cpu::Library* library = library_of(task);
  return library ? library->caution() : std::string();
}

Footprint footprint(const Task& task) {
  const cpu::HostSolver* solver = cpu::find_host_solver(task.problem->name, task.solver);
  if (!solver) return {};
  Limits limits = task.limits;
  limits.threads = solver->threaded ? task.threads : 1;
  const cpu::Library* library = cpu::find_library(solver->library);
  const std::size_t inside =
      inside_bytes(*solver, task.shape, task.type, limits) +
      (library ? library->bytes_per_thread * static_cast<std::size_t>(limits.threads) : 0);
  return {.host_bytes = cpu::own_bytes(*task.problem, *solver, task.shape, task.type, limits) + inside};
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
      .caution = caution,
      .footprint = footprint,
      .open = cpu::open_host,
  };
  return backend;
}

}  // namespace crossover
