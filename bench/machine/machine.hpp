// What this machine is, in facts that belong beside every figure, and what disturbs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "bench/machine/topology.hpp"
#include "common/solver.hpp"

namespace crossover {

struct CpuCache {
  std::size_t bytes = 0;  ///< of one instance; 0: not there, or not known
  int shared_by = 1;      ///< logical CPUs that share one instance
  int instances = 0;
};

struct Machine {
  std::string cpu;               ///< the model's name
  std::string kind;              ///< its microarchitecture, short: "emr", "zen4", "x86"
  int cores = 1, sockets = 1;    ///< cores, as this system sees them
  int online = 1;                ///< logical CPUs that are on
  int usable = 1;                ///< of those, what affinity, a cgroup quota and OMP_THREAD_LIMIT leave
  int usable_cores = 1;          ///< physical cores among those
  std::vector<LogicalCpu> cpus;  ///< those that affinity leaves, in topology order
  CpuCache l1d, l2, l3;
  std::size_t page_bytes = 4096, memory_bytes = 0;
  std::string huge_pages;  ///< always, madvise or never; empty: not known
  std::string kernel, os;
  bool virtual_machine = false;
  std::string hypervisor;  ///< vendor; empty: none, or not known
  std::string governor;    ///< empty where not readable, as on most virtual machines
  std::optional<double> frequency_mhz;
  std::string compiler, flags, commit;
};

Machine machine_facts(const std::filesystem::path& root = "/");

/// What solvers may count on when they size their workspaces.
Limits default_limits(const Machine&, int threads);

/// A kind of machine: "emr-2c", "zen4-16c", "x86-2c". Never a host's name.
std::string machine_label(const Machine&);

nlohmann::json to_json(const Machine&);

/// Counters that only rise, and one timed loop; taken before and after a group.
struct Disturbance {
  double steal_s = 0;                  ///< time that the hypervisor gave to others, all CPUs together
  std::int64_t throttled_periods = 0;  ///< periods in which a cgroup's CPU quota was used up
  double spin_s = 0;                   ///< a fixed piece of dependent integer work: about 2 ms
};
Disturbance sample_disturbance(const std::filesystem::path& root = "/");

// For tests: the parts that read text.
double steal_seconds(std::string_view proc_stat, double ticks_per_s);

}  // namespace crossover
