// What a case needs, by arithmetic alone, and the fewest pieces in which a device has room for it.
#include <algorithm>

#include "bench/plan/plan.hpp"
#include "bench/plan/sim_backend.hpp"

namespace crossover {
namespace {

Footprint footprint_of(const Group& group, const Case& subject, const Limits& limits, int chunks) {
  return subject.backend->footprint({.problem = group.problem,
                                     .solver = subject.solver->name,
                                     .shape = group.shape,
                                     .type = group.type,
                                     .threads = subject.threads,
                                     .transfer = subject.transfer,
                                     .in = {},
                                     .limits = limits,
                                     .chunks = chunks,
                                     .simulated = subject.simulated});
}

/// What is not known fits.
bool has_room(std::optional<std::size_t> available_device_bytes, const Footprint& own) {
  return !available_device_bytes || own.known_device_bytes() <= *available_device_bytes;
}

/// Why the solver cannot take the longest of so many pieces; empty where it can.
std::string objection(const Group& group, const SolverInfo& solver, int chunks) {
  if (!solver.cannot) return {};
  Shape longest = group.shape;
  if (const int axis = chunk_axis(*group.problem, solver); axis >= 0)
    longest[axis] = (longest[axis] + chunks - 1) / chunks;
  return solver.cannot(longest, group.type);
}

Index finest_cut(const Group& group, const SolverInfo& solver, int chunks) {
  const int axis = chunk_axis(*group.problem, solver);
  return axis < 0 ? 1 : std::min<Index>(chunks, group.shape[axis]);
}

/// Fills need.own and the like for the fewest pieces, up to `chunks`, that a device can take; for the whole
/// where none helps.
void cut_to_fit(const Group& group, const Case& subject, int chunks, Need& need) {
  const auto fits = [&](int pieces) {
    need.own = footprint_of(group, subject, need.limits, pieces);
    need.cannot = objection(group, *subject.solver, pieces);
    return has_room(need.available_device_bytes, need.own) && need.cannot.empty();
  };
  bool fitting = fits(1);
  if (fitting || !need.available_device_bytes) return;
  const Index finest = finest_cut(group, *subject.solver, chunks);
  int too_few = 1;
  while (!fitting && need.finest_chunks < finest) {
    too_few = need.finest_chunks;
    need.finest_chunks = static_cast<int>(std::min(Index{2} * too_few, finest));
    fitting = fits(need.finest_chunks);
    need.finest_device_bytes = need.own.known_device_bytes();
  }
  if (fitting) {
    need.chunks = need.finest_chunks;
    while (need.chunks - too_few > 1) {
      const int between = (need.chunks + too_few) / 2;
      (fits(between) ? need.chunks : too_few) = between;
    }
  }
  fits(need.chunks);
}

/// They share the inputs, and nothing else.
void let_call(int callers, Need& need) {
  need.callers = callers;
  need.fits_host = need.fits_host && need.together_host_bytes() <= need.available_host_bytes;
  if (need.available_device_bytes)
    need.fits_device =
        need.fits_device &&
        static_cast<std::size_t>(callers) * need.own.known_device_bytes() <= *need.available_device_bytes;
}

}  // namespace

std::size_t Need::together_host_bytes() const {
  return static_cast<std::size_t>(input_bytes) +
         static_cast<std::size_t>(callers) * (own.host_bytes + own.pinned_bytes + process_slack_bytes);
}

Need need_of(const Group& group, const Case& subject, const MemoryLimits& memory, const Limits& limits,
             std::optional<std::size_t> available_device_bytes, int chunks) {
  Need need{.input_bytes = bytes_of(group.problem->in, group.shape, group.type),
            .own = {},
            .limits = limits,
            .available_host_bytes = memory.tightest().available_bytes,
            .limit = memory.tightest().source,
            .available_device_bytes = available_device_bytes};
  if (subject.solver) cut_to_fit(group, subject, chunks, need);
  need.fits_device = has_room(available_device_bytes, need.own);
  need.fits_host =
      static_cast<std::size_t>(need.host_bytes()) + process_slack_bytes <= need.available_host_bytes;
  return need;
}

std::vector<Need> needs_of(const Group& group, const Options& options, const Machine& machine,
                           const MemoryLimits& memory, std::span<const ProbedDevice> devices) {
  std::vector<Need> needs;
  for (const Case& subject : group.cases) {
    if (SimulatedMachine* simulated = subject.simulated) {  // pieces are not modelled
      const bool on_device = subject.transfer != "none";
      needs.push_back(need_of(group, subject, simulated->host_memory(), simulated->limits(subject.threads),
                              on_device ? simulated->device_bytes() : std::nullopt, 1));
      continue;
    }
    Limits limits = default_limits(machine, subject.threads);
    std::optional<std::size_t> available;
    if (const DeviceReport* report = report_of(devices, subject.backend)) {
      if (report->device.limits) limits = *report->device.limits;
      if (report->reason.empty()) {
        available = usable_device_bytes(report->device.free_bytes);
        if (options.device_memory_limit != 0) available = std::min(*available, options.device_memory_limit);
      }
    }
    needs.push_back(
        need_of(group, subject, memory, limits, available, options.over_the_wall ? 1 : most_chunks));
    if (options.concurrent > 1) let_call(options.concurrent, needs.back());
  }
  return needs;
}

std::vector<std::vector<int>> that_fit_together(std::span<const int> cases, std::span<const Need> needs) {
  std::vector<std::vector<int>> parts;
  std::size_t host = 0, device = 0;
  for (const int id : cases) {
    const Need& need = needs[static_cast<std::size_t>(id)];
    const std::size_t host_bytes = need.own.host_bytes + need.own.pinned_bytes;
    const std::size_t device_bytes = need.own.known_device_bytes();
    const bool fits = static_cast<std::size_t>(need.input_bytes) + process_slack_bytes + host + host_bytes <=
                          need.available_host_bytes &&
                      device + device_bytes <= need.available_device_bytes.value_or(SIZE_MAX);
    if (parts.empty() || !fits) {
      parts.emplace_back();
      host = device = 0;
    }
    parts.back().push_back(id);
    host += host_bytes;
    device += device_bytes;
  }
  return parts;
}

void note_need(Row& row, const Need& need, const DeviceReport* device) {
  row.needed_host_bytes = need.host_bytes();
  row.available_host_bytes = static_cast<std::int64_t>(need.available_host_bytes);
  row.chunks = need.chunks;
  if (!device) return;
  row.needed_pinned_bytes = static_cast<std::int64_t>(need.own.pinned_bytes);
  if (need.own.device_bytes) row.needed_device_bytes = static_cast<std::int64_t>(*need.own.device_bytes);
  if (need.available_device_bytes)
    row.available_device_bytes = static_cast<std::int64_t>(*need.available_device_bytes);
}

}  // namespace crossover
