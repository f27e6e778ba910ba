// `crossover calibrate`: this machine's profile, measured within a time that is given.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bench/machine/machine.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/model/profile.hpp"
#include "bench/plan/options.hpp"
#include "bench/plan/plan.hpp"
#include "bench/plan/probe.hpp"

namespace crossover {

/// The whole of it, and with --quick.
inline constexpr double calibrate_s = 75, calibrate_quick_s = 20;

/// The median of samples, in logarithms, and its interval at 99 %, extended where they are few or correlated;
/// their extremes below 8. Above 0. Throws std::invalid_argument on no samples.
Figure figure_of(std::span<const double> samples);
/// `amount` in each of those seconds: per second.
Figure rate_of(double amount, std::span<const double> seconds);

/// Ctrl-C, while a process measured.
struct CalibrationInterrupted {};

/// How much time a calibration has, and what it says meanwhile.
struct Calibrating {
  const Options& options;
  const Machine& machine;
  std::function<double()> left_s;                                           ///< until its deadline
  std::function<void(const std::string&)> say = [](const std::string&) {};  ///< progress
};

/// Clock, launch, teams, levels, rates: everything of the processor but its solvers, measured in processes of
/// their own. Device and solvers are left empty. Throws std::runtime_error where a process that measured
/// died.
Profile measure_host(const Calibrating&);

/// Shapes of a problem, by rising work, that a solver's seconds are interpolated between: one axis, from 100
/// to sizes in DRAM; rows x cols; corpus x queries x dim. `most_bytes` of inputs at most; `fine`: all of
/// them, else about a third.
std::vector<Shape> ladder(const Problem&, Type, std::size_t most_bytes, bool fine);

/// Times every solver of the CPU, and of the device where the profile has one, along the ladders, until the
/// time is up; adds solvers and warnings.
void measure_solvers(const Calibrating&, std::span<const ProbedDevice>, Profile&);

/// The order in which `count` points are taken: the first, the last, then the middles of what is left between
/// them, so that a ladder that is cut short still covers its range.
std::vector<std::size_t> spread_out(std::size_t count);

/// How many samples a point of a ladder gets, of what a group of so many solvers has left: 8 at least, which
/// an interval needs; more of short calls; 3 of those that are too long for 8; 0: it is left out. The first
/// point
/// (`call_s` 0: nothing is known) is never left out.
int samples_for(double call_s, double group_left_s, std::size_t solvers);

/// The device's figures from the samples that its backend took. Throws std::runtime_error where a quantity is
/// missing.
DeviceFigures device_figures(const DeviceReport&, std::span<const LimitSamples>,
                             const std::map<std::string, std::vector<double>>& startup_s);

/// Measures the first device that can be used, and fills in `device` or `no_device`.
void measure_device(const Calibrating&, std::span<const ProbedDevice>, Profile&);

/// What was found, for the screen.
std::string render_profile(const Profile&, int width = 80);

/// Measures, writes the profile, prints its summary; the exit status. Throws UsageError and OutputError.
int calibrate_command(const Options&);

}  // namespace crossover
