// The noise of real machines, seeded: factors by which times differ from call to call. What the simulated
// device and simulated studies add to times that are known.
#pragma once

#include <cstdint>
#include <random>

namespace crossover {

struct Noise {
  double spread = 0.05;    ///< standard deviation of ln(time)
  double correlation = 0;  ///< of neighbouring calls: the logarithms are an AR(1) process
  double drift = 0;        ///< by how much ln(time) grows over 600 calls
  double spikes = 0;       ///< share of calls that take five times as long
  double throttle = 1;     ///< every fifth stretch of 20 calls takes so many times as long
  double process = 0;      ///< standard deviation of ln(time) from process to process: layout, start-up
};

class NoiseSource {
 public:
  NoiseSource(const Noise&, std::uint64_t seed);

  /// Factor of the next call's time; its median is 1 without drift.
  double next();
  /// Calls from here on are another process's.
  void new_process();

 private:
  const Noise noise_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double state_, process_ = 0;
  int calls_ = 0;
};

}  // namespace crossover
