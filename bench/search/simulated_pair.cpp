#include "bench/search/simulated_pair.hpp"

#include <cmath>
#include <numbers>

namespace crossover {
namespace {

constexpr double seconds_per_element = 1e-6;

Noise noise_of(const Simulated& what, bool is_a) {
  return {.spread = what.noise,
          .correlation = what.correlation,
          .drift = is_a ? what.drift : 0,
          .spikes = what.spikes,
          .throttle = is_a && what.throttled ? 1.5 : 1,
          .process = what.process};
}

}  // namespace

SimulatedPair::SimulatedPair(const Simulated& what, std::uint64_t seed)
    : what_(what), a_(noise_of(what, true), 2 * seed), b_(noise_of(what, false), 2 * seed + 1) {}

TimedBlock SimulatedPair::block(Index size) {
  const auto n = static_cast<double>(size);
  const double base_s = seconds_per_element * n;
  ++runs_;
  return {base_s * std::exp(what_.log_ratio(n)) * a_.next(), base_s * b_.next()};
}

Visit SimulatedPair::visit(Index size, int blocks) {
  if (what_.wall > 0 && size >= what_.wall) return {{}, "b would not fit"};
  a_.new_process();
  b_.new_process();
  Visit all;
  for (int i = 0; i < blocks; ++i) all.blocks.push_back(block(size));
  return all;
}

CrossingFindings search(const Simulated& what, const SimulatedSearch& how) {
  SimulatedPair pair(what, how.seed);
  CrossingSearch job{.low = how.low,
                     .high = how.high,
                     .visit = [&](Index size, int blocks) { return pair.visit(size, blocks); },
                     .seed = how.seed};
  if (how.predicted_wall)
    job.wall = [&](Index size) {
      return what.wall > 0 && size >= what.wall ? std::string("b would not fit") : std::string();
    };
  return find_crossings(job);
}

std::function<double(double)> log_ratio_line(double at, double slope) {
  return [=](double size) { return slope * std::log(size / at); };
}

std::function<double(double)> log_ratio_waves(double first, double second, double third) {
  return [=](double size) {
    const double half_waves = size < second ? std::log(size / first) / std::log(second / first)
                                            : 1 + std::log(size / second) / std::log(third / second);
    return 0.8 * std::sin(std::numbers::pi * half_waves);
  };
}

Index offload_threshold(SimulatedPair& pair, Index low, Index high) {
  Index threshold = 0;
  for (Index size = low; size <= high; ++size) {
    const TimedBlock block = pair.block(size);
    if (block.b_s >= block.a_s)
      threshold = 0;
    else if (threshold == 0)
      threshold = size;
  }
  return threshold;
}

}  // namespace crossover
