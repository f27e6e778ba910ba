// Which logical CPUs this process may use, how they lie in the machine, and in which order a team of
// threads takes them.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Places are named by numbers that only tell one from another; unknown ones are those of the place around.
struct LogicalCpu {
  int id = 0;
  int package = 0, node = 0, l3 = 0;  ///< socket, NUMA node, last-level cache
  int core = 0;                       ///< siblings (SMT) share it
  friend bool operator==(const LogicalCpu&, const LogicalCpu&) = default;
};

/// The CPUs that are on and in the process's affinity mask (proc/self/status), in topology order. Empty
/// where neither can be read.
std::vector<LogicalCpu> usable_cpus(const std::filesystem::path& root = "/");

/// Distinct cores among them.
int physical_cores(std::span<const LogicalCpu>);

enum class Binding { none, close, spread };

const char* name_of(Binding);  ///< "" for none
std::optional<Binding> binding_named(std::string_view);

/// CPU numbers in the order in which threads take them, so that a smaller team's CPUs are the first of a
/// larger one's; empty for none. close: siblings, then neighbouring cores. spread: another package, node,
/// cache and core each time, siblings of cores in use last.
std::vector<int> binding_order(std::span<const LogicalCpu>, Binding);

/// "0-3,8": the numbers, up to the first thing that is not one.
std::vector<int> cpus_of_list(std::string_view list);

}  // namespace crossover
