#include "bench/plan/sim_backend.hpp"

#include <algorithm>

#include "bench/model/roofline.hpp"

namespace crossover {
namespace {

constexpr const char* stands_for_cpu = "cpu";
constexpr const char* stands_for_device = "cuda";

std::string unavailable(int) { return {}; }
Device no_device(int) { return {}; }

std::vector<StartupPart> startup(const Task& task) {
  std::vector<StartupPart> parts;
  if (task.transfer == "none" || !task.simulated->profile().device) return parts;
  for (const auto& [name, seconds] : task.simulated->profile().device->startup_s)
    parts.push_back(
        {name.c_str(), [machine = task.simulated, s = seconds.value] { machine->clock().advance(s); }});
  return parts;
}

Footprint footprint(const Task& task) {
  const std::optional<Prediction> prediction =
      predict(task.simulated->profile(), model_case_of(task)).prediction;
  if (!prediction) return {};
  Footprint need;
  const auto inputs = static_cast<std::size_t>(bytes_of(task.problem->in, task.shape, task.type));
  need.host_bytes = std::max(prediction->needed_host_bytes.value_or(inputs), inputs) - inputs;
  need.device_bytes = prediction->needed_device_bytes.value_or(0);
  return need;
}

Backend stand_in(const char* name) {
  return {.name = name,
          .summary = "simulated, from a profile",
          .transfers = {},
          .solvers = {},
          .unavailable = unavailable,
          .describe = no_device,
          .startup = startup,
          .footprint = footprint,
          .open = open_simulated};
}

/// "openmp 4 none": a case's calls are one series, whatever their sizes.
std::string series_of(const Task& task) {
  return std::string(task.problem->name) + ' ' + name_of(task.type) + ' ' + std::string(task.solver) + ' ' +
         std::to_string(task.threads) + ' ' + std::string(task.transfer);
}

/// In a mode that --transfer names; without the flag, or where none of its modes is named, in the first.
bool moves_as_asked(const Backend& backend, const char* transfer, const Options& options) {
  const auto is_named = [&](const char* mode) {
    return std::ranges::find(options.transfers, mode) != options.transfers.end();
  };
  return is_named(transfer) ||
         (transfer == backend.transfers.front() && std::ranges::none_of(backend.transfers, is_named));
}

}  // namespace

SimulatedMachine::SimulatedMachine(Profile profile, const Simulation& how)
    : profile_(std::move(profile)),
      how_(how),
      cpu_(stand_in(stands_for_cpu)),
      cuda_(stand_in(stands_for_device)) {
  cpu_.transfers = {"none"};
  if (profile_.device)
    for (const LinkFigures& link : profile_.device->links) cuda_.transfers.push_back(link.transfer.c_str());
  for (const SolverFigures& figures : profile_.solvers) add_solver(figures);
}

void SimulatedMachine::add_solver(const SolverFigures& figures) {
  const Problem* problem = find_problem(figures.problem);
  Backend& backend = figures.backend == stands_for_cpu ? cpu_ : cuda_;
  if (!problem || backend.transfers.empty() || figures.points.empty()) return;
  const auto known = std::ranges::find_if(solvers_, [&](const SolverInfo& solver) {
    return solver.problem == figures.problem && solver.name == figures.solver &&
           std::ranges::find(backend.solvers, &solver) != backend.solvers.end();
  });
  SolverInfo* solver = known == solvers_.end() ? nullptr : &*known;
  if (!solver) {
    names_.push_back(figures.solver);
    solvers_.push_back({.problem = problem->name,
                        .name = names_.back().c_str(),
                        .strategy = "simulated",
                        .folds = false,
                        .threaded = &backend == &cpu_});
    solver = &solvers_.back();
    backend.solvers.push_back(solver);
  }
  solver->types.push_back(figures.type);
}

World SimulatedMachine::world(Report report) {
  return {.now = [this] { return clock_.now_s(); },
          .pause = [this](double seconds) { clock_.advance(seconds); },
          .flush_caches = [] {},
          .report = std::move(report),
          .contention = {}};
}

std::vector<const Backend*> SimulatedMachine::backends() const {
  std::vector<const Backend*> all = {&cpu_};
  if (!cuda_.solvers.empty()) all.push_back(&cuda_);
  return all;
}

MemoryLimits SimulatedMachine::host_memory() const {
  MemoryLimits limits;
  if (profile_.memory_bytes > 0) limits.all.push_back({profile_.memory_bytes, "the profile's memory"});
  if (how_.host_memory_limit > 0) limits.all.push_back({how_.host_memory_limit, "--host-memory-limit"});
  return limits;
}

std::optional<std::size_t> SimulatedMachine::device_bytes() const {
  if (!profile_.device) return std::nullopt;
  const std::size_t available = usable_device_bytes(profile_.device->free_bytes);
  return how_.device_memory_limit > 0 ? std::min(available, how_.device_memory_limit) : available;
}

Limits SimulatedMachine::limits(int threads) const { return limits_of(profile_, threads); }

NoiseSource& SimulatedMachine::noise_of(const Task& task) {
  const std::string series = series_of(task);
  auto found = noise_.find(series);
  if (found == noise_.end()) {
    std::seed_seq mixed(series.begin(), series.end());
    std::uint32_t hash[1];
    mixed.generate(std::begin(hash), std::end(hash));
    Noise noise = how_.noise;
    if (profile_.device && task.transfer == "none") {  // the device's alone
      noise.drift = 0;
      noise.throttle = 1;
    }
    found = noise_.try_emplace(series, noise, how_.seed * 0x9e3779b97f4a7c15U + hash[0]).first;
  }
  found->second.new_process();
  return found->second;
}

ModelCase model_case_of(const Task& task) {
  return {.problem = task.problem,
          .shape = task.shape,
          .type = task.type,
          .backend = task.transfer == "none" ? stands_for_cpu : stands_for_device,
          .solver = std::string(task.solver),
          .threads = task.threads,
          .transfer = std::string(task.transfer)};
}

std::vector<Case> simulated_cases(SimulatedMachine& machine, const Options& options, const Problem& problem,
                                  Type type) {
  const auto asked = [](const auto& list, const auto& value) {
    return list.empty() || std::ranges::find(list, value) != list.end();
  };
  std::vector<Case> cases;
  for (const Backend* backend : machine.backends())
    for (const SolverInfo* solver : backend->solvers) {
      if (solver->problem != std::string_view(problem.name) || !asked(options.solvers, solver->name))
        continue;
      std::vector<int> threads;
      for (const SolverFigures& figures : machine.profile().solvers)
        if (figures.backend == backend->name && figures.solver == solver->name &&
            figures.problem == problem.name && figures.type == type && !figures.points.empty())
          threads.push_back(figures.threads);
      if (threads.empty()) continue;
      const int most = *std::ranges::max_element(threads);
      for (const char* transfer : backend->transfers)
        for (const int count : threads)
          if ((options.threads.empty() || !solver->threaded || most == 1 ? count == most
                                                                         : asked(options.threads, count)) &&
              moves_as_asked(*backend, transfer, options))
            cases.push_back({backend, solver, count, transfer, nullptr, &machine});
    }
  if (cases.empty() && options.solvers.empty())
    cases.push_back({machine.backends().front(), nullptr, 1, "none", nullptr, &machine});
  return cases;
}

void describe_simulated(Row& row, const SimulatedMachine& machine, const Case& subject, const Need& need) {
  const Profile& profile = machine.profile();
  row.label = profile.label;
  row.cpu = profile.cpu;
  row.cores = profile.threads;
  row.compiler = profile.compiler;
  row.commit = profile.commit;
  row.device = "host";
  row.needed_host_bytes = need.host_bytes();
  row.available_host_bytes = static_cast<std::int64_t>(need.available_host_bytes);
  row.chunks = need.chunks;
  if (!profile.device) return;
  row.gpu = profile.device->name;
  if (subject.transfer != "none") {
    row.device = row.gpu;
    if (need.own.device_bytes) row.needed_device_bytes = static_cast<std::int64_t>(*need.own.device_bytes);
    row.available_device_bytes = static_cast<std::int64_t>(need.available_device_bytes.value_or(0));
  }
  const auto fact = [&](const char* name) {
    const auto found = profile.device->facts.find(name);
    return found == profile.device->facts.end() ? std::string() : found->second;
  };
  row.driver = fact("driver");
  row.cuda = fact("runtime");
}

}  // namespace crossover
