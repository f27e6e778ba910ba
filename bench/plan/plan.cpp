#include "bench/plan/plan.hpp"

#include <algorithm>
#include <thread>

#include "bench/base/format.hpp"
#include "bench/base/suggest.hpp"
#include "bench/machine/machine.hpp"
#include "bench/model/profile_threads.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/rows/row.hpp"
#include "bench/rows/suites.hpp"

namespace crossover {
namespace {

bool chosen(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

bool has_type(const SolverInfo& solver, Type type) {
  return solver.types.empty() ||
         std::find(solver.types.begin(), solver.types.end(), type) != solver.types.end();
}

bool has_transfer(const Backend& backend, std::string_view transfer) {
  return std::ranges::find(backend.transfers, transfer) != backend.transfers.end();
}

/// Those asked for that it has, and behind them, where it moves data at all, those it lacks: they become
/// rows that say so. Its default where nothing asked for concerns it.
std::vector<std::string> transfers_of(const Backend& backend, const Options& options) {
  const bool moves = backend.transfers.front() != std::string_view("none");
  std::vector<std::string> transfers;
  for (const char* transfer : backend.transfers)
    if (!options.transfers.empty() && chosen(options.transfers, transfer)) transfers.emplace_back(transfer);
  for (const std::string& transfer : options.transfers)
    if (moves && transfer != "none" && !has_transfer(backend, transfer)) transfers.push_back(transfer);
  if (transfers.empty()) transfers.emplace_back(backend.transfers.front());
  return transfers;
}

void add_cases(const Backend& backend, const Options& options, const std::vector<int>& threads,
               Group& group) {
  bool solver_exists = false;
  for (const SolverInfo* solver : backend.solvers) {
    if (solver->problem != std::string_view(group.problem->name) || !has_type(*solver, group.type)) continue;
    solver_exists = true;
    if (!chosen(options.solvers, solver->name)) continue;
    for (const std::string& transfer : transfers_of(backend, options))
      for (const int count : solver->threaded ? threads : std::vector<int>{1})
        group.cases.push_back({&backend, solver, count, transfer});
  }
  if (!solver_exists && options.solvers.empty())
    group.cases.push_back({&backend, nullptr, 1, backend.transfers.front()});
}

/// One case each: their number of threads is found by trials, up to the most that was asked for.
void add_rivals(const Options& options, const std::vector<int>& threads, Group& group) {
  const Backend& backend = rivals_backend();
  for (const std::string& name : options.rivals)
    if (const SolverInfo* solver = backend.find_solver(group.problem->name, name))
      group.cases.push_back({&backend, solver,
                             solver->threaded ? *std::max_element(threads.begin(), threads.end()) : 1,
                             backend.transfers[solver->threaded ? 0 : 1]});
}

Group make_group(const Options& options, const std::vector<int>& threads, const Problem& problem,
                 const Shape& shape, Type type) {
  Group group{&problem, shape, type, {}, options.budget_s, options.timeout_s, {}};
  for (const Backend* backend : backends())
    if (chosen(options.backends, backend->name)) add_cases(*backend, options, threads, group);
  add_rivals(options, threads, group);
  if (!options.simulated) return group;
  check_threads(options.simulated->profile(), problem, type, options.solvers, options.threads);
  for (const Case& subject : simulated_cases(*options.simulated, options, problem, type))
    group.cases.push_back(subject);
  return group;
}

std::vector<Group> suite_groups(const Options& options, const std::vector<int>& threads) {
  const Suite* suite = find_suite(options.suite);
  if (!suite) throw UsageError("--suite " + options.suite + ": there is no suite of that name");
  std::vector<Group> groups;
  for (const SuiteEntry& entry : suite->entries) {
    if (!options.types.empty() &&
        std::find(options.types.begin(), options.types.end(), entry.type) == options.types.end())
      continue;
    Group group = make_group(options, threads, *find_problem(entry.problem), entry.shape, entry.type);
    if (!options.budget_given) group.budget_s = suite->budget_s;
    if (!options.timeout_given) group.timeout_s = suite->timeout_s;
    if (entry.once_solver) group.once_solver = entry.once_solver;
    if (!group.cases.empty()) groups.push_back(std::move(group));
  }
  if (groups.empty())
    throw UsageError("--suite " + options.suite +
                     ": --backend, --solver and --type leave nothing of it to run");
  return groups;
}

/// "; 37 GiB even in 4096 pieces along queries", or nothing where it cannot be cut.
std::string finest_text(const Group& group, const Case& subject, const Need& need) {
  if (!need.finest_device_bytes) return {};
  const int axis = chunk_axis(*group.problem, *subject.solver);
  return "; " + bytes_text(*need.finest_device_bytes) + " even in " + std::to_string(need.finest_chunks) +
         " pieces along " + group.problem->axes[static_cast<std::size_t>(axis)].name;
}

/// Why so many callers at once do not fit.
std::string callers_text(const Need& need) {
  const auto callers = static_cast<std::size_t>(need.callers);
  std::string text = std::to_string(callers) + " callers at once need ";
  if (!need.fits_host)
    return text + bytes_text(need.together_host_bytes()) + " (the inputs once, the rest and " +
           bytes_text(process_slack_bytes) + " for the process itself each), " +
           bytes_text(need.available_host_bytes) + " available: " + need.limit;
  return text + bytes_text(callers * need.own.known_device_bytes()) + " on the device, " +
         bytes_text(*need.available_device_bytes) + " available: call with fewer";
}

}  // namespace

bool is_bound(const Case& subject, const Options& options) {
  return options.bind != Binding::none && subject.backend == &cpu_backend() && subject.solver &&
         !subject.solver->library;
}

std::vector<Shape> sweep(const std::vector<std::vector<Index>>& sizes) {
  std::vector<Shape> shapes{Shape{}};
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    std::vector<Shape> longer;
    for (const Shape& shape : shapes)
      for (const Index size : sizes[axis]) {
        longer.push_back(shape);
        longer.back()[static_cast<int>(axis)] = size;
      }
    shapes = std::move(longer);
  }
  return shapes;
}

std::vector<Group> plan_groups(const Options& options) {
  const std::vector<int> threads =
      options.threads.empty() ? std::vector<int>{machine_facts().usable} : options.threads;
  if (!options.suite.empty()) return suite_groups(options, threads);
  std::vector<Group> groups;
  for (const Shape& shape : options.shapes.empty() ? sweep(options.sizes) : options.shapes)
    for (const Type type : options.types) {
      groups.push_back(make_group(options, threads, *options.problem, shape, type));
      if (groups.back().cases.empty())
        throw UsageError(std::string(options.problem->name) +
                         " has no solver that --backend, --solver and --type " +
                         "leave to run; see: crossover list solvers");
    }
  return groups;
}

void link_rivals(std::vector<Group>& groups, std::span<const RivalReport> reports) {
  for (Group& group : groups)
    for (Case& subject : group.cases)
      for (const RivalReport& report : reports)
        if (subject.backend == &rivals_backend() && report.name == subject.solver->name)
          subject.rival = &report;
}

bool stays_cached(std::span<const Need> needs, const Options& options, const Machine& machine) {
  std::int64_t inputs = 0, largest = 0;
  for (const Need& need : needs) {
    inputs = std::max(inputs, need.input_bytes);
    largest = std::max(largest, static_cast<std::int64_t>(need.own.host_bytes + need.own.pinned_bytes));
  }
  return options.cache == Cache::warm &&
         inputs + largest <= static_cast<std::int64_t>(default_limits(machine, 1).last_level_bytes);
}

CallLimit call_limit(const Group& group, std::string_view solver, double now_s) {
  const bool once = !group.once_solver.empty() && solver == group.once_solver;
  return {once ? once_timeout_s : group.timeout_s, group.left_s(now_s), once};
}

std::string CallLimit::text(double call_s) const {
  if (outcome(call_s) == Outcome::not_run) return "the " + format_seconds(left_s) + " that --within leaves";
  return "the timeout of " + format_seconds(timeout_s) + (once ? "" : " (--timeout allows more)");
}

double step_limit_s(const Group& group, double bytes) {
  constexpr double timeouts = 5, fewest_s = 60, slow_bytes_per_s = 50e6;
  return std::max(fewest_s, timeouts * group.timeout_s) + bytes / slow_bytes_per_s;
}

double data_bytes(const Group& group) {
  return static_cast<double>(bytes_of(group.problem->in, group.shape, group.type) +
                             bytes_of(group.problem->out, group.shape, group.type));
}

void settle_absent(Row& row, const std::string& reason) {
  row.outcome = is_lack_of_time(reason) ? Outcome::not_run : Outcome::unavailable;
  row.reason = reason;
}

bool settle(Row& row, const Case& subject, const Group& group, const Need& need, const DeviceReport* device,
            const Options& options) {
  if (device && !device->reason.empty()) {
    settle_absent(row, device->reason);
  } else if (subject.rival && !subject.rival->reason.empty()) {
    settle_absent(row, subject.rival->reason);
    row.device = "";  // there is none to name
  } else if (!subject.solver && subject.simulated) {
    row.outcome = Outcome::unavailable;
    row.reason = "the profile has no solver for this problem and type";
  } else if (!subject.solver) {
    row.outcome = Outcome::unavailable;
    row.reason =
        std::string("the ") + subject.backend->name + " backend has no solver for this problem and type";
  } else if (!has_transfer(*subject.backend, subject.transfer)) {
    row.outcome = Outcome::unavailable;
    row.reason = std::string("the ") + subject.backend->name + " backend has no transfer mode `" +
                 subject.transfer + "`; it has: --transfer " +
                 joined(std::vector<std::string>(subject.backend->transfers.begin(),
                                                 subject.backend->transfers.end()));
  } else if (!need.cannot.empty()) {
    settle_absent(row, need.cannot);
  } else if (need.callers > 1 && !need.fits() && !options.over_the_wall) {
    row.outcome = Outcome::refused;
    row.reason = callers_text(need);
  } else if (!need.fits_host && !options.over_the_wall) {
    row.outcome = Outcome::refused;
    row.reason = "needs " + bytes_text(static_cast<std::size_t>(need.host_bytes())) + " (" +
                 bytes_text(static_cast<std::size_t>(need.input_bytes)) +
                 " of inputs, the rest its own) and " + bytes_text(process_slack_bytes) +
                 " for the process itself, " + bytes_text(need.available_host_bytes) +
                 " available: " + need.limit;
  } else if (!need.fits_device && !options.over_the_wall) {
    row.outcome = Outcome::refused;
    row.reason = (need.own.device_bytes ? "needs " : "needs more than ") +
                 bytes_text(need.own.known_device_bytes()) + " on the device" +
                 finest_text(group, subject, need) + "; " + bytes_text(*need.available_device_bytes) +
                 " available: " +
                 (options.device_memory_limit != 0
                      ? "--device-memory-limit, or what is free"
                      : "what is free, less " + bytes_text(device_slack_bytes) + " for libraries");
    return true;
  } else {
    return false;
  }
  row.needed_device_bytes = {};
  return true;
}

Row planned_row(const Options& options, const Group& group, const Case& subject) {
  Row row;
  const Problem& problem = *group.problem;
  if (subject.simulated) row.source = "modelled";
  row.problem = problem.name;
  row.type = name_of(group.type);
  for (std::size_t i = 0; i < problem.axes.size(); ++i)
    row.sizes[problem.axes[i].name] = group.shape[static_cast<int>(i)];
  row.seed = options.seed;
  row.backend = subject.backend->name;
  row.solver = subject.solver ? subject.solver->name : "";
  row.threads = subject.threads;
  row.bind = is_bound(subject, options) ? name_of(options.bind) : "";
  row.transfer = subject.transfer;
  if (subject.solver && subject.solver->setting) row.setting = subject.solver->setting();
  if (subject.rival) row.version = subject.rival->version;
  row.cache = options.cache == Cache::cold ? "cold" : "warm";
  row.chunks = 1;
  row.batch = 1;
  const Work work = problem.work(group.shape, group.type);
  row.bytes_in = work.bytes_in;
  row.bytes_out = work.bytes_out;
  row.flops = work.flops;
  return row;
}

std::string title_of(const Problem& problem, const Shape& shape, Type type) {
  std::string title = problem.name;
  for (std::size_t i = 0; i < problem.axes.size(); ++i)
    title += std::string(" ") + problem.axes[i].name + "=" + std::to_string(shape[static_cast<int>(i)]);
  return title + " " + name_of(type);
}

}  // namespace crossover
