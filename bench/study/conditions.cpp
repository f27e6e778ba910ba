#include <cmath>

#include "bench/study/condition.hpp"

namespace crossover::study {
namespace {

using Seeded = std::function<std::vector<double>(unsigned)>;

std::vector<double> nowhere(unsigned) { return {}; }

/// Seven places, of which none lies on the grid.
double place(unsigned seed) { return 162.7 * std::exp(0.3 * (seed % 7)); }

Condition one(double slope, const Simulated& noise, const std::string& curve = "one") {
  return {.curve = curve,
          .slope = slope,
          .simulated =
              [=](unsigned seed) {
                Simulated what = noise;
                what.log_ratio = log_ratio_line(place(seed), slope);
                return what;
              },
          .crossings = [](unsigned seed) { return std::vector{place(seed)}; },
          .high = slope < 0.5 ? 1 << 16 : 1 << 12};  // flat curves differ by enough only far from it
}

Condition three(const Simulated& noise) {
  constexpr double first = 20, second = 600, third = 9000;
  return {.curve = "three",
          .slope = 0.8,
          .simulated =
              [=](unsigned) {
                Simulated what = noise;
                what.log_ratio = log_ratio_waves(first, second, third);
                return what;
              },
          .crossings =
              [](unsigned) {
                return std::vector{first, second, third};
              },
          .low = 8,
          .high = 30000};
}

Condition flat(double ahead, const Simulated& noise, const std::string& curve) {
  return {.curve = curve,
          .slope = 0,
          .simulated =
              [=](unsigned) {
                Simulated what = noise;
                what.log_ratio = [=](double) { return ahead; };
                return what;
              },
          .crossings = nowhere,
          .high = 1 << 10};
}

/// Equal for two octaves, apart on both sides: the crossing is all of them.
Condition tie(const Simulated& noise) {
  return {.curve = "tie of two octaves",
          .slope = 0,
          .simulated =
              [=](unsigned) {
                Simulated what = noise;
                what.log_ratio = [](double size) { return size < 200 ? -0.7 : size < 800 ? 0.0 : 0.7; };
                return what;
              },
          .crossings = [](unsigned) { return std::vector{400.0}; }};
}

Condition wall(Index at, const std::string& curve) {
  Condition condition = one(1, {.wall = at}, curve);
  const Seeded all = condition.crossings;
  condition.crossings = [=](unsigned seed) {
    return static_cast<double>(at) > 1.5 * place(seed) ? all(seed) : std::vector<double>{};
  };
  return condition;
}

}  // namespace

std::vector<Condition> conditions() {
  std::vector<Condition> all;
  for (const double slope : {1.0, 0.1})
    for (const double noise : {0.05, 0.10})
      for (const double correlation : {0.0, 0.8})
        for (const double process : {0.0, 0.03})
          all.push_back(one(slope, {.noise = noise, .correlation = correlation, .process = process}));
  all.push_back(one(1, {.spikes = 0.03}));
  all.push_back(one(1, {.throttled = true}));
  all.push_back(one(1, {.drift = 0.05}));
  for (const double process : {0.0, 0.03}) {
    all.push_back(three({.process = process}));
    all.push_back(flat(-0.5, {.process = process}, "none, a ahead"));
    all.push_back(tie({.noise = 0.01, .process = process / 3}));
    for (const double correlation : {0.0, 0.8})
      all.push_back(flat(0, {.correlation = correlation, .process = process}, "no difference"));
  }
  all.push_back(wall(64, "a wall before it"));
  all.push_back(wall(2048, "a wall behind it"));
  return all;
}

}  // namespace crossover::study
