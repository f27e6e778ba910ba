#include "bench/machine/calibration.hpp"

#include <algorithm>
#include <chrono>

#include "bench/base/clock.hpp"
#include "bench/base/statistics.hpp"
#include "bench/machine/calibration_passes.hpp"

namespace crossover {
namespace {

constexpr double giga = 1e9;

double best(const std::vector<double>& rates) { return *std::ranges::max_element(rates) / giga; }

}  // namespace

Calibration calibrate(const Machine& machine, std::span<const int> cpus,
                      const std::function<void(const std::string&)>& progress) {
  const auto say = [&](const std::string& step) {
    if (progress) progress(step);
  };
  const auto begin = std::chrono::steady_clock::now();
  passes::Presence presence{.cpus = cpus};
  const double stolen_before = passes::stolen_s();
  Calibration result;
  result.date_utc = utc_now();
  result.threads = std::max(1, machine.usable);
  const int threads = result.threads;
  say("clock");
  result.timer_s = median(passes::timer_costs_s());

  const passes::Arena arena(presence, machine, threads, say);
  for (const passes::Level& level : arena.levels()) {
    say(level.name);
    const std::vector<double> alone = arena.read_rates(presence, level, 1, {});
    const std::vector<double> together =
        threads == 1 ? alone : arena.read_rates(presence, level, threads, {});
    result.levels.push_back({.name = level.name,
                             .bytes = level.bytes,
                             .instances = level.instances,
                             .read_gbytes_per_s_1 = median(alone) / giga,
                             .read_gbytes_per_s_all = median(together) / giga,
                             .best_gbytes_per_s_1 = best(alone),
                             .best_gbytes_per_s_all = best(together)});
  }
  say("multiply-add");
  const auto fma = [&](Type type, int count) { return best(passes::fma_rates(presence, type, count, {})); };
  result.fma_gflops_f32_1 = fma(Type::f32, 1);
  result.fma_gflops_f64_1 = fma(Type::f64, 1);
  result.fma_gflops_f32_all = threads == 1 ? result.fma_gflops_f32_1 : fma(Type::f32, threads);
  result.fma_gflops_f64_all = threads == 1 ? result.fma_gflops_f64_1 : fma(Type::f64, threads);
  say("team");
  if (const std::vector<double> costs = passes::team_costs_s(threads, cpus); !costs.empty())
    result.team_s = median(costs);
  result.disturbed_share = passes::disturbed_share(presence, passes::stolen_s() - stolen_before);
  result.took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace crossover
