// A backend: who can answer on this machine, with which solvers, from which memory.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/execution.hpp"

namespace crossover {

/// A device in words and numbers, for `devices`, rows and metadata.
struct Device {
  std::string name;
  std::size_t total_bytes = 0, free_bytes = 0;
  std::vector<std::pair<std::string, std::string>> facts{};  ///< driver, link, clocks, ...
  std::optional<Limits> limits{};  ///< what solvers may count on there; empty: the host's
};

/// Bytes that a case needs of its own, besides its inputs in host memory. Empty: not known.
struct Footprint {
  std::size_t host_bytes = 0, pinned_bytes = 0;
  std::optional<std::size_t> device_bytes = 0;
  std::size_t least_device_bytes = 0;  ///< where device_bytes is not known: the part of it that is

  std::size_t known_device_bytes() const { return device_bytes.value_or(least_device_bytes); }
};

class SimulatedMachine;  // bench/plan/sim_backend.hpp

/// Everything an execution is opened with. The inputs and the counter outlive it.
struct Task {
  const Problem* problem;
  std::string_view solver;
  Shape shape;
  Type type;
  int threads = 1;
  std::string_view transfer;
  int device = 0;
  std::span<const HostArray> in;
  Limits limits{};
  HostMemory* host_memory = nullptr;
  std::size_t device_limit_bytes = 0;  ///< 0: none
  int chunks = 1;  ///< pieces along chunk_axis() that a device gets one after the other; a host: always one
  std::span<const int> cpus{};            ///< thread i of a host's team is tied to cpus[i]; empty: to none
  std::string_view program{};             ///< that answers, where the backend starts one: its path
  std::string_view setting{};             ///< what tune() found; empty: the backend's own choice
  SimulatedMachine* simulated = nullptr;  ///< whose virtual clock is moved; null: a real machine's
};

/// The best way to run a task, found by trials.
struct Tuning {
  std::string setting;  ///< for Task::setting
  std::string text;     ///< the same for readers
  int threads = 1;
};

/// One part of what a process pays for once, for the harness to time: a team of threads, a driver, a
/// context, a library's handle. `run` returns when it is up.
struct StartupPart {
  const char* name;
  std::function<void()> run;
};

/// Timed events of one kind, each with a synchronisation at its end: a ceiling of a device or of the link to
/// it.
struct LimitSamples {
  std::string quantity;   ///< launch, synchronize, allocate, release, pin, upload, download, copy, read, ...
  std::string mode;       ///< how: "pinned", "f32", "16 MiB again and again (L2)"
  std::size_t bytes = 0;  ///< moved, or taken, in each event; 0: that is not the question
  double flops = 0;       ///< done in each event; likewise
  std::vector<double> seconds;
};

struct Backend {
  const char *name, *summary;
  std::vector<const char*> transfers;  ///< how inputs reach the device; the first is the default
  std::vector<const SolverInfo*> solvers;

  /// Why it cannot run here, in a sentence that says what to do; empty where it can. May start a
  /// driver: called in a worker process only.
  std::string (*unavailable)(int device);
  Device (*describe)(int device);
  /// In order, what this process must bring up before the task can be opened; cheap where it already is.
  std::vector<StartupPart> (*startup)(const Task&);
  /// After startup: why the case's time says little about its solver, in a sentence; empty where it does.
  /// Null: no case has any.
  std::string (*caution)(const Task&) = nullptr;
  Footprint (*footprint)(const Task&);
  /// Throws std::invalid_argument where the backend has no such solver or transfer mode.
  std::unique_ptr<Execution> (*open)(const Task&);
  /// The most device memory that this process's executions ever had at once, counted, not asked for; what a
  /// library took by itself is not in it. Null: no device.
  std::size_t (*peak_device_bytes)(int device) = nullptr;
  /// Trials for about `budget_s`, before anything is timed; throws what executions throw. Null: nothing to
  /// choose.
  Tuning (*tune)(const Task&, double budget_s) = nullptr;
  /// What the device and the link can do, told as soon as it is measured; brings up what it needs. Throws
  /// what executions throw. Null: there is nothing to measure but this machine's processor.
  void (*limits)(int device, const std::function<void(const LimitSamples&)>& tell) = nullptr;

  const SolverInfo* find_solver(std::string_view problem, std::string_view solver) const;
};

/// Every backend of this build, the CPU first.
std::span<const Backend* const> backends();
const Backend* find_backend(std::string_view name);

const Backend& cpu_backend();   // cpu/backend.cpp
const Backend& cuda_backend();  // gpu/backend.cpp, or gpu/absent.cpp in a build without CUDA

}  // namespace crossover
