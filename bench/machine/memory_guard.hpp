// A guard around a worker that is allowed to meet the memory wall, so that the machine is not harmed.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

namespace crossover {

/// For a worker that nothing but the machine limits.
inline constexpr std::size_t no_memory_limit = std::numeric_limits<std::size_t>::max();

/// Called in a worker after fork: limits its private data (RLIMIT_DATA, inputs included; never below what
/// it holds already) to `limit_bytes`, and makes it the kernel's first choice when memory ends
/// (oom_score_adj 1000). Returns what could not be set, in a sentence; empty where all was.
std::string apply_memory_guard(std::size_t limit_bytes);

/// A child control group with a memory limit, made and removed by the parent process. Where none can be
/// made (no right, no delegation), why_not() says so and the worker's own limits stand alone.
class ChildCgroup {
 public:
  explicit ChildCgroup(std::size_t limit_bytes, const std::filesystem::path& root = "/");
  ~ChildCgroup();  // removes the group; its processes should have ended
  ChildCgroup(const ChildCgroup&) = delete;
  ChildCgroup& operator=(const ChildCgroup&) = delete;

  bool made() const { return !directory_.empty(); }
  const std::string& why_not() const { return why_not_; }
  /// Moves a process in. False where there is no group or the kernel refuses; why_not() then says why.
  bool add(pid_t process);
  /// Processes of the group that were killed for memory.
  std::int64_t oom_kills() const;

 private:
  bool make(const std::filesystem::path& parent, int version, std::size_t limit_bytes);

  std::filesystem::path directory_;
  int version_ = 2;
  std::string why_not_;
};

/// Lets the peak start again from what is resident now.
void reset_peak();
/// The most that was ever resident, or since reset_peak(). Bytes.
std::size_t peak_bytes();

}  // namespace crossover
