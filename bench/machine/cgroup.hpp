// Where this process stands among control groups, v1, v2 and both at once (hybrid).
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Values from here on mean that there is no limit (v1 writes 2^63 - 4096, v2 "max").
inline constexpr std::uint64_t unlimited_bytes = std::uint64_t{1} << 60;

struct CgroupLevel {
  std::filesystem::path directory;
  std::string name;  ///< its path as the kernel names it, such as /user.slice/job
};

/// From the process's own group up to the root of the mount, the own group first.
struct CgroupPath {
  int version = 2;
  std::vector<CgroupLevel> levels;
};

/// The paths that can carry `controller` ("memory", "cpu"): v1 where it is mounted, and the unified v2
/// tree. `root` is where proc/ and the mounts are looked up.
std::vector<CgroupPath> cgroup_paths(const std::filesystem::path& root, std::string_view controller);

/// What a folder of /proc or /sys holds, as far as it can be read.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);
/// The first line of a file that holds one word or number, without blanks at its ends.
std::string read_line(const std::filesystem::path&);
/// A number, or unlimited_bytes for "max"; empty where there is none.
std::optional<std::uint64_t> read_count(const std::filesystem::path&);
/// The number behind `key` at the start of a line: "oom_kill 3", "VmRSS:   1768 kB".
std::optional<std::uint64_t> field_of(std::string_view text, std::string_view key);

}  // namespace crossover
