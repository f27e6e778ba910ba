// Two solvers on a virtual machine: known curves, and the noise that real machines have.
#pragma once

#include <cmath>
#include <functional>
#include <random>

#include "bench/crossing.hpp"

namespace crossover::test {

struct Simulated {
  std::function<double(double size)> log_ratio{};  ///< of t_a / t_b, without noise
  double noise = 0.05;                             ///< standard deviation of the logarithm of each time
  double correlation = 0;                          ///< of neighbouring samples of one solver
  double drift = 0;                                ///< of a's logarithm, over 600 runs
  double spikes = 0;                               ///< share of samples that take five times as long
  bool throttled = false;  ///< every fifth stretch of 20 runs, a takes 1.5 times as long
  Index wall = 0;          ///< b cannot run from here on; 0: it always can
};

class SimulatedPair {
 public:
  SimulatedPair(const Simulated& what, unsigned seed) : what_(what), random_(seed) {
    a_ = normal_(random_);
    b_ = normal_(random_);
  }

  TimedBlock block(Index size) {
    const auto n = static_cast<double>(size);
    const bool slow = what_.throttled && runs_ / 20 % 5 == 4;
    const double drift = what_.drift * runs_ / 600 + (slow ? std::log(1.5) : 0);
    ++runs_;
    const double base = std::log(1e-6 * n);
    return {std::exp(base + what_.log_ratio(n) + drift + next(a_)), std::exp(base + next(b_))};
  }

  Visit visit(Index size, int blocks) {
    if (what_.wall > 0 && size >= what_.wall) return {{}, "b would not fit"};
    Visit all;
    for (int i = 0; i < blocks; ++i) all.blocks.push_back(block(size));
    return all;
  }

  int runs() const { return runs_; }

 private:
  double next(double& state) {
    const double rho = what_.correlation;
    state = rho * state + std::sqrt(1 - rho * rho) * normal_(random_);
    const bool spike = std::uniform_real_distribution<double>(0, 1)(random_) < what_.spikes;
    return what_.noise * state + (spike ? std::log(5.0) : 0);
  }

  const Simulated what_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double a_, b_;
  int runs_ = 0;
};

inline CrossingFindings search(const Simulated& what, unsigned seed, Index low = 1, Index high = 1 << 16,
                               bool predicted_wall = false) {
  SimulatedPair pair(what, seed);
  CrossingSearch job{.low = low,
                     .high = high,
                     .visit = [&](Index size, int blocks) { return pair.visit(size, blocks); },
                     .seed = seed};
  if (predicted_wall)
    job.wall = [&](Index size) { return size >= what.wall ? std::string("b would not fit") : std::string(); };
  return find_crossings(job);
}

/// A line: b is faster above `at`.
inline std::function<double(double)> line(double at, double slope) {
  return [=](double size) { return slope * std::log(size / at); };
}

/// GPU-BLOB's offload threshold, from its description (Wright, Roper and others, "GPU-BLOB", 2024): every
/// size once, smallest first; the threshold is where b begins to win and wins at every larger size, so that
/// one win of a resets it. 0: none.
inline Index offload_threshold(SimulatedPair& pair, Index low, Index high) {
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

}  // namespace crossover::test
