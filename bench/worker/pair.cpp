#include "bench/worker/pair.hpp"

#include <alloca.h>

#include <random>
#include <vector>

#include "bench/base/format.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/worker/first_call.hpp"
#include "bench/worker/inputs.hpp"

namespace crossover {
namespace {

constexpr double sampled_oracle_operations = 1e8;  // outputs are sampled: this size is one of many
constexpr double pair_forecast_from_flops = 1e8;   // below, no solver takes long enough to ask
constexpr double no_budget_s = 1e9;                // the number of blocks is the budget

void measure_here(const PairJob& job, const Report& report) {
  const Group& group = job.group;
  const double step_s = step_limit_s(group, data_bytes(group));
  report(event::begin(-1, Phase::inputs, step_s));
  HostMemory memory;
  const Inputs inputs(*group.problem, group.shape, group.type, job.options.seed, {}, memory,
                      job.machine.usable);
  report(event::begin(-1, Phase::verify, step_s));
  const Oracle oracle =
      group.problem->oracle(group.shape, group.type, inputs.arrays(), sampled_oracle_operations);
  for (const Case& subject : group.cases)
    if (const std::string why = subject.backend == &cpu_backend() ? why_no_threads(subject.threads - 1) : "";
        !why.empty())
      throw std::runtime_error(why);
  const World world = real_world(
      report, job.options.cache == Cache::cold ? 2 * default_limits(job.machine, 1).last_level_bytes : 0);
  std::vector<std::unique_ptr<Execution>> open;
  std::vector<Subject> subjects;
  for (std::size_t i = 0; i < group.cases.size(); ++i) {
    const Case& subject = group.cases[i];
    const CaseJob of_case{.id = static_cast<int>(i),
                          .subject = subject,
                          .group = group,
                          .options = job.options,
                          .limits = job.needs[i].limits,
                          .in = inputs.arrays(),
                          .memory = &memory,
                          .chunks = job.needs[i].chunks,
                          .usable = job.machine.usable,
                          .crowded = is_crowded(subject, job.machine)};
    if (group.problem->work(group.shape, group.type).flops >= pair_forecast_from_flops) {
      const double forecast_s = forecast_call(of_case, world, group.timeout_s);
      if (forecast_s > group.timeout_s) {
        report(event::failure(of_case.id, Outcome::too_slow, Phase::compute,
                              "a call of " + format_seconds(forecast_s) +
                                  " was forecast, more than the timeout of " +
                                  format_seconds(group.timeout_s) + " (--timeout allows more)"));
        return;
      }
    }
    open.push_back(open_for_sampling(of_case, world));
    if (!open.back()) return;
    subjects.push_back({of_case.id, open.back().get(), subject.backend == &cpu_backend(), 0, of_case.crowded,
                        error_bound(of_case)});
  }
  sample_all(world, subjects, oracle, pair_sampling(job));
  for (const Subject& subject : subjects)
    timed_steps(world, subject.id, "close", 0, *subject.execution, subject.execution->closing());
}

}  // namespace

Sampling pair_sampling(const PairJob& job) {
  return {.budget_s = no_budget_s,
          .precision = 1,
          .min_samples = job.blocks,
          .most_samples = job.blocks,
          .pilots = 1,
          .cache = job.options.cache,
          .interleave = !stays_cached(job.needs, job.options, job.machine),  // as in a run
          .split = job.split,
          .seed = job.options.seed + static_cast<std::uint64_t>(job.group.shape.size[0])};
}

/// Children of one parent have its layout: what processes that are started afresh differ by (Mytkowicz and
/// others, "Producing wrong data without doing anything obviously wrong", ASPLOS 2009) is drawn for each. The
/// stack moves by up to a page, the heap and what is mapped behind it by some more.
void measure_pair(const PairJob& job, const Report& report) {
  std::random_device random;
  constexpr std::size_t most_stack = 4096, most_heap = std::size_t{64} << 10,
                        most_mapped = std::size_t{4} << 20;
  auto* const stack = static_cast<volatile char*>(alloca(16 + random() % most_stack));
  stack[0] = 0;
  const std::vector<char> heap(random() % most_heap);
  HostMemory mapped;
  const HostBuffer pages = mapped.allocate(1 + random() % most_mapped);
  measure_here(job, report);
}

}  // namespace crossover
