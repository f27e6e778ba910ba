// How much more host memory this process may use, and which of the many limits says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace crossover {

struct MemoryLimit {
  std::size_t available_bytes;  ///< what may still be used, not what the limit is set to
  std::string source;           ///< "cgroup v2 limit of /a/b (memory.max 2 GiB, 0.4 GiB in use)"
};

struct MemoryLimits {
  std::vector<MemoryLimit> all;

  /// The least available. Never fails: where nothing could be read, one without a bound.
  const MemoryLimit& tightest() const;
};

/// RLIMIT_AS and RLIMIT_DATA, bytes; empty: none.
struct ResourceLimits {
  std::optional<std::size_t> address_space_bytes, data_bytes;
};
ResourceLimits process_resource_limits();

/// Every limit that holds now: MemAvailable, the control groups from the process's own up to the root,
/// RLIMIT_AS and RLIMIT_DATA, and the user's (bytes for the whole program; 0: none). `root` and
/// `resource_limits` are replaced by tests.
MemoryLimits host_memory_limits(const std::filesystem::path& root = "/", std::size_t user_limit_bytes = 0,
                                ResourceLimits (*resource_limits)() = process_resource_limits);

/// Resident bytes of this process now.
std::size_t program_bytes(const std::filesystem::path& root = "/");

/// Processes of this control group that the kernel has killed for memory, or of the whole machine where
/// no group counts. Empty where nothing counts.
std::optional<std::int64_t> oom_kills(const std::filesystem::path& root = "/");

/// What a process needs besides its data: code, stacks, threads; on a device the code and handles of
/// libraries. Counted as slack before refusing.
inline constexpr std::size_t process_slack_bytes = std::size_t{32} << 20;
inline constexpr std::size_t device_slack_bytes = std::size_t{256} << 20;

/// Of so many that are free on a device, those for data.
constexpr std::size_t usable_device_bytes(std::size_t free_bytes) {
  return free_bytes > device_slack_bytes ? free_bytes - device_slack_bytes : 0;
}

/// "37.25 GiB", "512 MiB", "1 byte": for sentences.
std::string bytes_text(std::size_t bytes);

}  // namespace crossover
