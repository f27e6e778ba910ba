// An execution: one solver on one piece of work, opened, called, closed. The harness holds the clock.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/host_memory.hpp"
#include "common/solver.hpp"

namespace crossover {

/// Where a case is. Phases from `allocate` to `release` are columns of the CSV.
enum class Phase : std::uint8_t {
  inputs,        ///< the group's inputs are made or read
  startup,       ///< driver, context, handles, a team of threads: once per process
  allocate,      ///< outputs, workspace, device copies
  pin,           ///< page-locking of host memory
  upload,        ///< stationary inputs, host to device
  upload_fresh,  ///< fresh inputs, host to device
  compute,
  download,
  overlapped,  ///< upload, compute and download at once
  release,
  call,    ///< the whole call, with one synchronisation
  verify,  ///< outputs against the oracle
};

const char* name_of(Phase);

/// `run` starts the step's work; Execution::wait() returns when it has ended.
struct Step {
  Phase phase;
  int count = 1;  ///< calls into the solver or the copy engine, for launch costs
  std::function<void()> run;
};

/// What another process says of the work that wait() ended, on its own clock: the way there and back is not
/// the solver's.
struct Elsewhere {
  double seconds = 0;
  std::optional<std::int64_t> preemptions{};  ///< of its threads meanwhile; empty: it did not look
  std::optional<double> waited_s{};           ///< of its thread that waited longest for a processor
};

/// The only virtual class. A host execution has no upload and no download: nothing is moved, nothing
/// is charged. Throws OutOfMemory, DeviceLost or std::exception from steps and wait().
class Execution {
 public:
  virtual ~Execution() = default;
  virtual std::vector<Step> opening() = 0;
  virtual std::vector<Step> call() = 0;
  virtual std::vector<Step> closing() = 0;
  virtual void wait() = 0;
  /// Of the last wait(); empty where the work is done in this process, and the harness's clock is right.
  virtual std::optional<Elsewhere> elsewhere() const { return std::nullopt; }
  /// The most memory that the other process ever had, its inputs included; known after outputs().
  virtual std::optional<std::size_t> peak_elsewhere_bytes() const { return std::nullopt; }

  /// Between opening and closing: spoils the outputs where they live, and puts sentinels around them.
  virtual void poison() = 0;
  /// What was written outside the outputs since poison(), in a sentence; empty where nothing was.
  virtual std::string damage() = 0;
  /// The outputs of the last call, in host memory, in the order of Problem::out.
  virtual std::span<const HostArray> outputs() = 0;
};

/// This solver or transfer mode cannot exist here (a library is not installed, registration is not
/// supported); the sentence says what to do.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A process that did the work was killed.
struct ProcessKilled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The device cannot be used any more by this process; another process may.
struct DeviceLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace crossover
