// The processor's part of a profile, in processes that start where no team of threads is.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/base/clock.hpp"
#include "bench/base/interrupt.hpp"
#include "bench/base/statistics.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/calibrate/calibrate.hpp"
#include "bench/machine/calibration_passes.hpp"
#include "bench/machine/thread_flags.hpp"
#include "bench/measure/process.hpp"
#include "cpu/build_fault.hpp"

namespace crossover {
namespace {

constexpr double alpha = 0.01;
constexpr double shortest_s = 1e-12;  // below what a clock can tell
constexpr int launches = 12;
constexpr double step_deadline_s = 60;
constexpr double noisy_share = Calibration::noisy_share;
constexpr passes::Effort whole_effort{.seconds = 0.12};
constexpr passes::Effort quick_effort{.seconds = 0.02};

LevelFigures level_figures(const passes::Level& level, int threads, const std::vector<double>& read,
                           const std::vector<double>& copied) {
  return {.name = level.name.substr(0, level.name.find(' ')),  // without the remark on its bytes
          .bytes = level.bytes,
          .threads = threads,
          .read_bytes_per_s = figure_of(read),
          .copy_bytes_per_s = figure_of(copied)};
}

/// Threads are the numbers that teams, levels and rates are measured with.
void measure_teams(const std::vector<int>& threads, Profile& profile) {
  for (const int count : threads)
    if (const std::vector<double> costs = passes::team_costs_s(count, {}); !costs.empty())
      profile.team_s[count] = figure_of(costs);
}

void measure_levels(const Machine& machine, const std::vector<int>& threads, const passes::Effort& effort,
                    const std::function<void(const std::string&)>& say, Profile& profile) {
  passes::Presence presence;
  const double stolen_before = passes::stolen_s();
  const passes::Arena arena(presence, machine, std::ranges::max(threads), say);
  for (const passes::Level& level : arena.levels())
    for (const int count : threads) {
      say(level.name + ", " + std::to_string(count) + (count == 1 ? " thread" : " threads"));
      profile.levels.push_back(level_figures(level, count, arena.read_rates(presence, level, count, effort),
                                             arena.copy_rates(presence, level, count, effort)));
    }
  for (const Type type : {Type::f32, Type::f64})
    for (const int count : threads) {
      say(std::string("multiply-adds ") + name_of(type));
      profile.rates.push_back({.type = type,
                               .threads = count,
                               .flops_per_s = figure_of(passes::fma_rates(presence, type, count, effort))});
    }
  if (const std::string fault = cpu::build_fault(); !fault.empty()) profile.warnings.push_back(fault);
  const double share = passes::disturbed_share(presence, passes::stolen_s() - stolen_before);
  if (share >= noisy_share)
    profile.warnings.push_back("other work or a CPU quota had the processors for " +
                               std::to_string(std::lround(100 * share)) +
                               " % of the time in which bandwidths and rates were measured: calibrate again "
                               "on a quiet machine");
}

Profile facts_of(const Options& options, const Machine& machine) {
  Profile profile;
  profile.label = options.label.empty() ? machine_label(machine) : options.label;
  profile.date_utc = utc_now();
  profile.commit = machine.commit;
  profile.compiler = machine.compiler;
  profile.cpu = machine.cpu.empty() ? "unknown" : machine.cpu;
  profile.cores = std::max(1, machine.cores);
  profile.threads = std::max(1, machine.usable);
  profile.memory_bytes = std::max<std::size_t>(1, machine.memory_bytes);
  profile.no_device = "not looked for";
  return profile;
}

}  // namespace

Figure figure_of(std::span<const double> samples) {
  // Of logarithms: an interval of few samples is extended, and must not pass 0.
  std::vector<double> logs;
  for (const double sample : samples) logs.push_back(std::log(std::max(sample, shortest_s)));
  const auto [least, most] = std::ranges::minmax(logs);
  const Interval interval = extended_median_interval(logs, alpha).value_or(Interval{least, most});
  const double middle = median(logs);  // of batches, an interval may miss it by a little
  return {.value = std::exp(middle),
          .low = std::exp(std::min(interval.low, middle)),
          .high = std::exp(std::max(interval.high, middle))};
}

Figure rate_of(double amount, std::span<const double> seconds) {
  const Figure time = figure_of(seconds);
  return {.value = amount / time.value, .low = amount / time.high, .high = amount / time.low};
}

Profile measure_host(const Calibrating& calibrating) {
  const Machine& machine = calibrating.machine;
  const passes::Effort effort = calibrating.options.quick ? quick_effort : whole_effort;
  const std::vector<int> threads = doubling_threads(machine);
  calibrating.say("starting processes");
  const std::vector<double> started_s = launches_s(launches);
  std::optional<Profile> found;
  Watch watch;
  watch.first_deadline_s = step_deadline_s;
  watch.interrupted = interrupted;
  watch.on_event = [&](const Event& event) {
    if (event.contains("step"))
      calibrating.say(event.at("step").get<std::string>());
    else
      found = profile_of(event, "the process that calibrated");
    return step_deadline_s;
  };
  const ChildEnd end = run_child(
      [&](const Report& report) {
        const auto say = [&](const std::string& step) { report({{"step", step}}); };
        if (const std::string why = why_no_threads(machine.usable - 1); !why.empty())
          throw std::runtime_error(why);
        Profile profile = facts_of(calibrating.options, machine);
        profile.launch_s = figure_of(started_s);
        say("clock and teams");
        profile.timer_s = figure_of(passes::timer_costs_s());
        measure_teams(threads, profile);
        measure_levels(machine, threads, effort, say, profile);
        report(to_json(profile));
      },
      watch);
  if (end.interrupted) throw CalibrationInterrupted();
  if (!found) throw std::runtime_error("the process that measured the processor " + describe(end));
  return *found;
}

}  // namespace crossover
