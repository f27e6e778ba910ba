// What is found out about this machine before anything is measured, each in a process of its own: the
// parent never calls a driver, and never starts a team of threads that would not survive a fork.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "bench/machine/calibration.hpp"
#include "common/backend.hpp"

namespace crossover {

struct Group;  // plan.hpp

struct DeviceReport {
  std::string reason;  ///< why the backend cannot run here; empty where it can
  Device device;

  std::string fact(std::string_view name) const;  ///< empty where there is none of that name
};

inline constexpr double no_end_s = std::numeric_limits<double>::infinity();

/// Starts the backend's driver in a child. A child that dies, or does not answer within a minute, is a reason
/// too. `end_s`: of the run, by steady_now_s(); half of what is left may go into a probe.
DeviceReport probe_device(const Backend&, int device, double end_s = no_end_s);

/// Name, bytes and facts; the reason where it cannot be used.
nlohmann::ordered_json to_json(const DeviceReport&);

struct ProbedDevice {
  const Backend* backend;
  DeviceReport report;
};

/// Every backend but the CPU's.
std::vector<ProbedDevice> probe_devices(int device, double end_s = no_end_s);
/// Those alone that have a case: a driver that nothing needs is not started, nor a GPU woken.
std::vector<ProbedDevice> probe_devices(std::span<const Group> groups, int device, double end_s = no_end_s);

/// A library that solvers of the CPU load.
struct LibraryReport {
  std::string name;         ///< "BLAS"
  std::string description;  ///< "OpenBLAS 0.3.21, core type Zen"
  std::string reason;       ///< why it cannot be used here, and what to do; empty where it can
};

/// Loads each in a child of its own, as a driver is.
std::vector<LibraryReport> probe_libraries(double end_s = no_end_s);

/// Null for the CPU's.
const DeviceReport* report_of(std::span<const ProbedDevice>, const Backend*);

struct CalibrationWish {
  bool afresh = false;               ///< whatever is kept
  std::span<const int> cpus{};       ///< thread i is tied to cpus[i]; none where there are no CPUs
  double end_s = no_end_s;           ///< of the run, by steady_now_s(): half of what is left may go into it
  std::size_t user_limit_bytes = 0;  ///< --host-memory-limit; 0: none
};

/// The kept calibration of this machine, or a new one, which is kept. One that other programs disturbed is
/// kept too; from an hour later on the next run measures again, and keeps the better of each figure.
/// `progress` is told when one is made. Empty where it failed, with a warning in the log, or where there is
/// no time for it.
std::optional<Calibration> obtain_calibration(const Machine&, const CalibrationWish&,
                                              const std::function<void(const std::string&)>& progress);

/// Adds to the calibration what other numbers of threads reach, from what is kept or measured now like the
/// whole; thread i is tied to cpus[i]. More threads than CPUs reach what all reach.
void obtain_teams(Calibration&, const Machine&, std::span<const int> threads, const CalibrationWish&,
                  const std::function<void(const std::string&)>& progress);

/// Seconds from starting this program to its end when nothing is asked of it: process, loader, libraries. 0:
/// none can be started.
double measure_launch_s();
/// The same, `count` times, or fewer. Throws std::system_error where no process can be started.
std::vector<double> launches_s(int count);

}  // namespace crossover
