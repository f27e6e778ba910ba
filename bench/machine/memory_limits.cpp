#include "bench/machine/memory_limits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// The names under which both versions keep the same three figures.
struct MemoryFiles {
  const char *limit, *usage, *reclaimable;
};
constexpr MemoryFiles v1_files{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr MemoryFiles v2_files{"memory.max", "memory.current", "inactive_file"};

std::size_t less(std::uint64_t limit, std::uint64_t used) { return limit > used ? limit - used : 0; }

void add_cgroup_limits(std::vector<MemoryLimit>& all, const fs::path& root) {
  for (const CgroupPath& path : cgroup_paths(root, "memory")) {
    const MemoryFiles& files = path.version == 1 ? v1_files : v2_files;
    for (const CgroupLevel& level : path.levels) {
      const std::uint64_t limit = read_count(level.directory / files.limit).value_or(unlimited_bytes);
      if (limit >= unlimited_bytes) continue;
      // Pages of files that nobody uses any more count as usage, and go when memory is asked for.
      const std::uint64_t usage = read_count(level.directory / files.usage).value_or(0);
      const std::uint64_t reclaimable =
          field_of(read_system_file(level.directory / "memory.stat"), files.reclaimable).value_or(0);
      const std::uint64_t in_use = less(usage, reclaimable);
      all.push_back({less(limit, in_use), "cgroup v" + std::to_string(path.version) + " limit of " +
                                              level.name + " (" + files.limit + " " + bytes_text(limit) +
                                              ", " + bytes_text(in_use) + " in use)"});
    }
  }
}

void add_resource_limit(std::vector<MemoryLimit>& all, const char* name, std::optional<std::size_t> limit,
                        std::uint64_t in_use) {
  if (!limit || *limit >= unlimited_bytes) return;
  all.push_back({less(*limit, in_use), std::string(name) + " of this process (" + bytes_text(*limit) + ", " +
                                           bytes_text(in_use) + " in use)"});
}

/// A field of /proc/self/status, which counts in KiB.
std::uint64_t status_bytes(const fs::path& root, std::string_view field) {
  return field_of(read_system_file(root / "proc/self/status"), field).value_or(0) * 1024;
}

std::optional<std::size_t> soft_limit(decltype(RLIMIT_AS) resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return limit.rlim_cur;
}

}  // namespace

const MemoryLimit& MemoryLimits::tightest() const {
  static const MemoryLimit unknown{std::numeric_limits<std::size_t>::max(), "no limit could be read"};
  if (all.empty()) return unknown;
  return *std::min_element(all.begin(), all.end(), [](const MemoryLimit& a, const MemoryLimit& b) {
    return a.available_bytes < b.available_bytes;
  });
}

ResourceLimits process_resource_limits() { return {soft_limit(RLIMIT_AS), soft_limit(RLIMIT_DATA)}; }

MemoryLimits host_memory_limits(const fs::path& root, std::size_t user_limit_bytes,
                                ResourceLimits (*resource_limits)()) {
  MemoryLimits limits;
  if (user_limit_bytes != 0) {
    const std::size_t in_use = program_bytes(root);
    limits.all.push_back(
        {less(user_limit_bytes, in_use),
         "--host-memory-limit " + bytes_text(user_limit_bytes) + " (" + bytes_text(in_use) + " in use)"});
  }
  if (const auto available = field_of(read_system_file(root / "proc/meminfo"), "MemAvailable"))
    limits.all.push_back({*available * 1024, "memory available on this machine (MemAvailable " +
                                                 bytes_text(*available * 1024) + ")"});
  add_cgroup_limits(limits.all, root);
  const ResourceLimits resources = resource_limits();
  add_resource_limit(limits.all, "RLIMIT_AS", resources.address_space_bytes, status_bytes(root, "VmSize"));
  add_resource_limit(limits.all, "RLIMIT_DATA", resources.data_bytes, status_bytes(root, "VmData"));
  return limits;
}

std::size_t program_bytes(const fs::path& root) { return status_bytes(root, "VmRSS"); }

std::optional<std::int64_t> oom_kills(const fs::path& root) {
  std::optional<std::uint64_t> kills;
  for (const CgroupPath& path : cgroup_paths(root, "memory")) {
    if (kills) break;
    const char* counter = path.version == 1 ? "memory.oom_control" : "memory.events";
    kills = field_of(read_system_file(path.levels.front().directory / counter), "oom_kill");
  }
  if (!kills) kills = field_of(read_system_file(root / "proc/vmstat"), "oom_kill");
  if (!kills) return {};
  return static_cast<std::int64_t>(*kills);
}

std::string bytes_text(std::size_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  int unit = 0;
  for (; value >= 1023.995 && unit < 5; ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string number = text;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.' || number.back() == ',') number.pop_back();
  return number + " " + units[unit];
}

}  // namespace crossover
