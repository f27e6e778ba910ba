// One case at one size of the varied axis: what it needs, and how it really ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/machine/calibration.hpp"
#include "bench/machine/machine.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/plan/options.hpp"
#include "bench/plan/plan.hpp"
#include "bench/plan/probe.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

/// The run was interrupted: nothing more is to be measured.
struct WallInterrupted {};

class WallProbe {
 public:
  /// Takes the memory's limits once, so that every prediction and every run means the same. `options` must
  /// outlive it. Starts drivers, and calibrates where this machine is not calibrated.
  explicit WallProbe(const Options& options);

  const Machine& machine() const { return machine_; }
  const std::string& label() const { return label_; }
  /// Of one case each, at the first size of the range.
  std::vector<Case> cases() const;
  Group group_at(const Case&, Index size) const;

  /// `whole`: the problem is not cut into pieces for a device.
  Need need(const Case&, Index size, bool whole) const;
  const DeviceReport* report_of(const Case& subject) const {
    return crossover::report_of(devices_, subject.backend);
  }

  /// The row of a plan; of what settle() settles, its outcome.
  Row planned(const Case&, Index size) const;

  /// Refused, or measured as `run` does it: tuned, forecast, called, verified and, where --budget allows,
  /// sampled. The workers are the kernel's first choice when memory ends. `over_the_wall`: run in any case,
  /// uncut and under a guard. Throws WallInterrupted.
  Row run(const Case&, Index size, bool over_the_wall);

 private:
  void look_at_machine();
  Options at(Index size) const;
  std::vector<Need> needs_at(const Group&, const Options&) const;

  const Options& options_;
  const Machine machine_;
  const MemoryLimits memory_;
  const std::vector<ProbedDevice> devices_;
  const std::string label_;
  std::optional<Calibration> calibration_;
  double launch_s_ = 0;
  bool machine_seen_ = false;
};

}  // namespace crossover
