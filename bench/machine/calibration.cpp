#include "bench/machine/calibration.hpp"

#include <algorithm>
#include <chrono>

#include "bench/base/clock.hpp"
#include "bench/base/statistics.hpp"
#include "bench/machine/calibration_passes.hpp"

namespace crossover {
namespace {

constexpr double giga = 1e9;

constexpr double touching = 0.25;  // of the time, at most, for first touches of memory

/// Where every other one waited for another program's slice, it is still that of a quiet machine.
double lower_decile(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 10];
}

/// Shares out the time for the figures of so many quantities. A quiet machine settles each in a fraction of
/// its share; what is left goes to the others. Those of teams get most: all threads have to have CPUs at
/// once.
class Shares {
 public:
  Shares(double seconds, int quantities)
      : end_s_(steady_now_s() + seconds), quick_s_(0.1 * seconds / (2 * quantities)), left_(4 * quantities) {}

  passes::Effort of_one() { return next(1, 0); }
  passes::Effort of_team(double at_least) { return next(3, at_least); }

 private:
  passes::Effort next(int parts, double at_least) {
    const double seconds = (end_s_ - steady_now_s()) * parts / left_;
    left_ -= parts;
    return {.least = 1, .seconds = std::max(quick_s_, seconds), .settled_s = quick_s_, .at_least = at_least};
  }

  double end_s_, quick_s_;
  int left_;
};

/// Of one thread and of all, each the fastest pass or the median.
struct Both {
  std::vector<double> alone, together;

  double best_alone() const { return *std::ranges::max_element(alone) / giga; }
  double best_together() const { return std::max(best_alone(), *std::ranges::max_element(together) / giga); }
};

/// `rates(threads, effort)`: of passes.
template <class Rates>
Both of_one_and_all(int threads, Shares& shares, const Rates& rates) {
  Both both{.alone = rates(1, shares.of_one()), .together = {}};
  both.together = threads == 1 ? both.alone : rates(threads, shares.of_team(std::ranges::max(both.alone)));
  return both;
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
  Shares shares((1 - touching) * means.seconds, static_cast<int>(arena.levels().size()) + 2);
  for (const passes::Level& level : arena.levels()) {
    const Both read = of_one_and_all(threads, shares, [&](int count, const passes::Effort& effort) {
      return arena.read_rates(presence, level, count, effort);
    });
    result.levels.push_back({.name = level.name,
                             .bytes = level.bytes,
                             .instances = level.instances,
                             .read_gbytes_per_s_1 = median(read.alone) / giga,
                             .read_gbytes_per_s_all = median(read.together) / giga,
                             .best_gbytes_per_s_1 = read.best_alone(),
                             .best_gbytes_per_s_all = read.best_together()});
  }
  const auto fma = [&](Type type, double& one, double& all) {
    const Both done = of_one_and_all(threads, shares, [&](int count, const passes::Effort& effort) {
      return passes::fma_rates(presence, type, count, effort);
    });
    one = done.best_alone();
    all = done.best_together();
  };
  fma(Type::f32, result.fma_gflops_f32_1, result.fma_gflops_f32_all);
  fma(Type::f64, result.fma_gflops_f64_1, result.fma_gflops_f64_all);
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
