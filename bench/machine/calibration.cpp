#include "bench/machine/calibration.hpp"

#include <algorithm>
#include <chrono>

#include "bench/base/clock.hpp"
#include "bench/base/statistics.hpp"
#include "bench/machine/calibration_passes.hpp"

namespace crossover {
namespace {

constexpr double giga = 1e9;

constexpr double touching = 0.4;  // of the time, at most, for first touches of memory

double best(const std::vector<double>& rates) { return *std::ranges::max_element(rates) / giga; }

/// Where every other one waited for another program's slice, it is still that of a quiet machine.
double lower_decile(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 10];
}

/// Of `all_s` for so many figures: a quiet machine settles each in a tenth of that.
passes::Effort effort_for(double all_s, int figures) {
  const double seconds = all_s / figures;
  return {.seconds = seconds, .settled_s = 0.1 * seconds};
}

}  // namespace

Calibration calibrate(const Machine& machine, const CalibrationMeans& means) {
  const auto begin = std::chrono::steady_clock::now();
  // A CPU each: threads that share one would agree on half of what they can do.
  const std::vector<int> order = binding_order(machine.cpus, Binding::spread);
  const std::span<const int> cpus = means.cpus.empty() ? order : means.cpus;
  passes::Presence presence{.cpus = cpus};
  const double stolen_before = passes::stolen_s();
  Calibration result;
  result.date_utc = utc_now();
  result.threads = std::max(1, machine.usable);
  const int threads = result.threads;
  result.timer_s = median(passes::timer_costs_s());

  const passes::Arena arena(
      presence, machine, threads, [](const std::string&) {}, means.user_limit_bytes,
      touching * means.seconds);
  const int figures = 2 * static_cast<int>(arena.levels().size()) + 4;
  const passes::Effort effort = effort_for((1 - touching) * means.seconds, figures);
  for (const passes::Level& level : arena.levels()) {
    const std::vector<double> alone = arena.read_rates(presence, level, 1, effort);
    const std::vector<double> together =
        threads == 1 ? alone : arena.read_rates(presence, level, threads, effort);
    result.levels.push_back({.name = level.name,
                             .bytes = level.bytes,
                             .instances = level.instances,
                             .read_gbytes_per_s_1 = median(alone) / giga,
                             .read_gbytes_per_s_all = median(together) / giga,
                             .best_gbytes_per_s_1 = best(alone),
                             .best_gbytes_per_s_all = best(together)});
  }
  const auto fma = [&](Type type, int count) {
    return best(passes::fma_rates(presence, type, count, effort));
  };
  result.fma_gflops_f32_1 = fma(Type::f32, 1);
  result.fma_gflops_f64_1 = fma(Type::f64, 1);
  result.fma_gflops_f32_all = threads == 1 ? result.fma_gflops_f32_1 : fma(Type::f32, threads);
  result.fma_gflops_f64_all = threads == 1 ? result.fma_gflops_f64_1 : fma(Type::f64, threads);
  if (const std::vector<double> costs = passes::team_costs_s(threads, cpus); !costs.empty())
    result.team_s = lower_decile(costs);
  result.disturbed_share = passes::disturbed_share(presence, passes::stolen_s() - stolen_before);
  result.took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

Calibration better_of(const Calibration& earlier, const Calibration& later) {
  const auto same = [](const Calibration::Level& a, const Calibration::Level& b) {
    return a.name == b.name && a.bytes == b.bytes;
  };
  if (earlier.threads != later.threads || !std::ranges::equal(earlier.levels, later.levels, same))
    return later;
  Calibration both = later;
  const auto raise = [](double& figure, double other) { figure = std::max(figure, other); };
  for (std::size_t i = 0; i < both.levels.size(); ++i)
    for (double Calibration::Level::*rate :
         {&Calibration::Level::read_gbytes_per_s_1, &Calibration::Level::read_gbytes_per_s_all,
          &Calibration::Level::best_gbytes_per_s_1, &Calibration::Level::best_gbytes_per_s_all})
      raise(both.levels[i].*rate, earlier.levels[i].*rate);
  for (double Calibration::*rate : {&Calibration::fma_gflops_f32_1, &Calibration::fma_gflops_f32_all,
                                    &Calibration::fma_gflops_f64_1, &Calibration::fma_gflops_f64_all})
    raise(both.*rate, earlier.*rate);
  both.timer_s = std::min(both.timer_s, earlier.timer_s);
  if (earlier.team_s > 0 && (both.team_s == 0 || earlier.team_s < both.team_s)) both.team_s = earlier.team_s;
  both.disturbed_share = std::min(both.disturbed_share, earlier.disturbed_share);
  return both;
}

}  // namespace crossover
