// Two solvers on a virtual machine: curves that are known, and the noise that real machines have. The truth
// that the search for crossings is held against, in tests and in the simulated study.
#pragma once

#include <functional>

#include "bench/base/noise.hpp"
#include "bench/search/crossing.hpp"

namespace crossover {

struct Simulated {
  std::function<double(double size)> log_ratio{};  ///< of t_a / t_b, without noise
  double noise = 0.05;                             ///< standard deviation of the logarithm of each time
  double correlation = 0;                          ///< of neighbouring samples of one solver
  double process = 0;                              ///< standard deviation from visit to visit, of each
  double drift = 0;                                ///< of a's logarithm, over 600 runs
  double spikes = 0;                               ///< share of samples that take five times as long
  bool throttled = false;  ///< every fifth stretch of 20 runs, a takes 1.5 times as long
  Index wall = 0;          ///< b cannot run from here on; 0: it always can
};

class SimulatedPair {
 public:
  SimulatedPair(const Simulated&, std::uint64_t seed);

  TimedBlock block(Index size);
  /// Blocks of one process.
  Visit visit(Index size, int blocks);
  int runs() const { return runs_; }  ///< of each

 private:
  const Simulated what_;
  NoiseSource a_, b_;
  int runs_ = 0;
};

struct SimulatedSearch {
  std::uint64_t seed = 1;
  Index low = 1, high = 1 << 16;
  bool predicted_wall = false;  ///< the wall is known before anything runs
};
CrossingFindings search(const Simulated&, const SimulatedSearch&);

/// ln(t_a / t_b) along a line: b is faster above `at`.
std::function<double(double size)> log_ratio_line(double at, double slope);
/// 0 at each of the three, up to +-0.8 between and beyond them, a ahead below the first.
std::function<double(double size)> log_ratio_waves(double first, double second, double third);

/// GPU-BLOB's offload threshold, from its description (Wright, Roper and others, "GPU-BLOB", 2024): every
/// size once, smallest first; the threshold is where b begins to win and wins at every larger size, so that
/// one win of a resets it. 0: none.
Index offload_threshold(SimulatedPair&, Index low, Index high);

}  // namespace crossover
