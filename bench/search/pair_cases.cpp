// Which two cases a search compares.
#include <algorithm>
#include <iterator>

#include "bench/base/log.hpp"
#include "bench/model/profile_threads.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/search/host_best.hpp"
#include "bench/search/pair_search.hpp"

namespace crossover {
namespace {

Case real_case(const Options& options, const Machine& machine, const Backend& backend,
               const SolverInfo& solver) {
  const bool is_host = &backend == &cpu_backend();
  const int threads = options.threads.empty() ? machine.usable : options.threads.front();
  return {.backend = &backend,
          .solver = &solver,
          .threads = is_host && solver.threaded ? threads : 1,
          .transfer = backend.transfers.front()};
}

/// Every case that may be one of the two, on whichever machine is asked about.
std::vector<Case> candidates(const Options& options, const Machine& machine) {
  std::vector<Case> all;
  if (options.simulated) {
    if (options.compare.empty())
      check_threads(options.simulated->profile(), *options.problem, options.types.front(), {},
                    options.threads);
    Options alike = options;
    alike.transfers = {""};  // the default
    for (const Case& subject :
         simulated_cases(*options.simulated, alike, *options.problem, options.types.front()))
      if (subject.solver) all.push_back(subject);
    return all;
  }
  for (const Backend* backend : backends())
    for (const SolverInfo* solver : backend->solvers)
      if (solver->problem == std::string_view(options.problem->name))
        all.push_back(real_case(options, machine, *backend, *solver));
  return all;
}

Case case_named(const std::string& text, std::span<const Case> candidates) {
  const std::size_t colon = text.find(':');
  const std::string solver = colon == std::string::npos ? text : text.substr(colon + 1);
  for (const Case& subject : candidates)
    if (subject.solver->name == solver &&
        (colon == std::string::npos || text.substr(0, colon) == subject.backend->name))
      return subject;
  throw UsageError("--compare: no solver '" + text + "' with this --type, --threads and --transfer");
}

/// The CPU's fastest, measured, against the GPU's default, where nothing was said.
std::vector<Case> default_pair(const Options& options, const Machine& machine,
                               std::span<const ProbedDevice> devices, std::span<const Case> candidates,
                               const std::string& reason) {
  const auto device = std::ranges::find_if(candidates, is_on_device);
  std::vector<Case> hosts;
  std::ranges::remove_copy_if(candidates, std::back_inserter(hosts), is_on_device);
  if (device == candidates.end() || hosts.empty() || !reason.empty())
    throw UsageError("no GPU to compare the CPU with: " + (reason.empty() ? std::string("none") : reason) +
                     "\nBetween two CPU solvers it works anywhere: --compare serial,openmp");
  return {measured_best(options, machine, devices, hosts,
                        [&](const std::string& text) {
                          if (!options.quiet) log_note(text);
                        }),
          *device};
}

/// Why the device of this build cannot be used.
std::string absence(const Options& options, std::span<const ProbedDevice> devices) {
  if (options.simulated)
    return options.simulated->profile().device ? "" : options.simulated->profile().no_device;
  const DeviceReport* report = report_of(devices, &cuda_backend());
  return report ? report->reason : "none";
}

}  // namespace

std::vector<Case> pair_cases(const Options& options, const Machine& machine,
                             std::span<const ProbedDevice> devices) {
  const std::vector<Case> all = candidates(options, machine);
  if (options.compare.empty()) return default_pair(options, machine, devices, all, absence(options, devices));
  std::vector<Case> two;
  for (const std::string& text : options.compare) {
    two.push_back(case_named(text, all));
    if (const DeviceReport* report = report_of(devices, two.back().backend);
        report && !report->reason.empty())
      throw UsageError("--compare: " + text + " cannot run here: " + report->reason);
  }
  if (two[0].backend == two[1].backend && two[0].solver == two[1].solver)
    throw UsageError("--compare: " + options.compare[0] + " and " + options.compare[1] +
                     " are the same solver; name two, as in serial,openmp");
  return two;
}

std::string label_of(const Case& subject) {
  if (!is_on_device(subject))
    return std::string(subject.solver->name) + " (" + std::to_string(subject.threads) + ")";
  return std::string(subject.backend->name) + " " + subject.solver->name + ", " + subject.transfer;
}

}  // namespace crossover
