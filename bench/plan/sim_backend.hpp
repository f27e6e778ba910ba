// The simulated device: a machine known by its profile alone, whose calls take the modelled time on a virtual
// clock, with seeded noise. It stands in for both sides, the profile's CPU (`cpu`) and its GPU (`cuda`):
// every verdict can be had without a GPU, of any machine that was calibrated, and none of it takes time or
// memory. What it says is `modelled`, wherever it stands.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/base/noise.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/measure/timed_call.hpp"
#include "bench/model/model.hpp"
#include "bench/plan/plan.hpp"

namespace crossover {

/// Seconds that nobody waits for.
class VirtualClock {
 public:
  double now_s() const { return now_s_; }
  void advance(double seconds) { now_s_ += seconds; }

 private:
  double now_s_ = 0;
};

struct Simulation {
  Noise noise{};
  std::uint64_t seed = 1;
  std::size_t host_memory_limit = 0, device_memory_limit = 0;  ///< bytes; 0: what the profile's machine has
};

class SimulatedMachine {
 public:
  SimulatedMachine(Profile, const Simulation&);
  SimulatedMachine(const SimulatedMachine&) = delete;
  SimulatedMachine& operator=(const SimulatedMachine&) = delete;

  const Profile& profile() const { return profile_; }
  VirtualClock& clock() { return clock_; }
  /// The clock, and gaps that only move it.
  World world(Report);

  /// `cpu` and, where the profile has a device, `cuda`: tables of what the profile knows.
  std::vector<const Backend*> backends() const;

  MemoryLimits host_memory() const;
  /// Free and allowed, less what libraries take; empty where there is no device.
  std::optional<std::size_t> device_bytes() const;
  Limits limits(int threads) const;

  /// Of the case's calls from here on, which are another process's; neighbouring ones go on correlating.
  NoiseSource& noise_of(const Task&);

 private:
  void add_solver(const SolverFigures&);

  const Profile profile_;
  const Simulation how_;
  VirtualClock clock_;
  std::deque<std::string> names_;
  std::deque<SolverInfo> solvers_;
  Backend cpu_, cuda_;
  std::map<std::string, NoiseSource> noise_;
};

ModelCase model_case_of(const Task&);

/// Opens nothing: steps move the machine's clock by what `predict` says. Throws std::invalid_argument where
/// it says nothing.
std::unique_ptr<Execution> open_simulated(const Task&);

/// The cases of a group that --solver, --threads and --transfer leave: without --threads, each with the most
/// that the profile has. One without a solver where the profile has nothing for the problem and type.
std::vector<Case> simulated_cases(SimulatedMachine&, const Options&, const Problem&, Type);

/// The columns of a row that describe the simulated machine, and its memory.
void describe_simulated(Row&, const SimulatedMachine&, const Case&, const Need&);

}  // namespace crossover
