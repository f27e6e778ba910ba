#include "bench/machine/memory_guard.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// Writes a kernel file at once, as such files want it. Returns the error's sentence, or nothing.
std::string write_file(const fs::path& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return path.string() + ": " + std::strerror(errno);
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(file);
  return written ? std::string() : path.string() + ": " + std::strerror(error);
}

bool is_there(const fs::path& path) { return access(path.c_str(), F_OK) == 0; }

std::size_t status_bytes(const char* field) {
  return field_of(read_system_file("/proc/self/status"), field).value_or(0) * 1024;
}

}  // namespace

std::string apply_memory_guard(std::size_t limit_bytes) {
  std::string failed;
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  limit.rlim_cur = std::min<rlim_t>(std::max(limit_bytes, status_bytes("VmData")), limit.rlim_max);
  if (setrlimit(RLIMIT_DATA, &limit) != 0) failed = std::string("RLIMIT_DATA: ") + std::strerror(errno);
  const std::string score = write_file("/proc/self/oom_score_adj", "1000");
  if (!score.empty()) failed += (failed.empty() ? "" : "; ") + score;
  return failed;
}

ChildCgroup::ChildCgroup(std::size_t limit_bytes, const fs::path& root) {
  why_not_ = "no memory control group is mounted";
  for (const CgroupPath& path : cgroup_paths(root, "memory")) {
    if (make(path.levels.front().directory, path.version, limit_bytes)) return;
    // In v2 a group that holds processes cannot pass a controller on: its parent may.
    if (path.version == 2 && path.levels.size() > 1 && make(path.levels[1].directory, 2, limit_bytes)) return;
  }
}

bool ChildCgroup::make(const fs::path& parent, int version, std::size_t limit_bytes) {
  const fs::path limit_file = version == 1 ? "memory.limit_in_bytes" : "memory.max";
  // A hybrid tree's unified half has no memory files: nothing to try, and an earlier reason stands.
  const bool carries =
      version == 1 ? is_there(parent / limit_file)
                   : read_system_file(parent / "cgroup.controllers").find("memory") != std::string::npos;
  if (!carries) return false;
  static int made_before = 0;
  const fs::path child =
      parent / ("crossover-" + std::to_string(getpid()) + "-" + std::to_string(++made_before));
  std::error_code error;
  if (!fs::create_directory(child, error)) {
    why_not_ = "a control group below " + parent.string() + ": " + error.message();
    return false;
  }
  if (!is_there(child / limit_file)) {
    why_not_ = parent.string() + " does not pass the memory controller on";
  } else {
    why_not_ = write_file(child / limit_file, std::to_string(limit_bytes));
    // Swap would let the group grow past its limit; where there is none, neither file need exist.
    if (version == 2 && is_there(child / "memory.swap.max")) write_file(child / "memory.swap.max", "0");
    if (version == 1 && is_there(child / "memory.memsw.limit_in_bytes"))
      write_file(child / "memory.memsw.limit_in_bytes", std::to_string(limit_bytes));
  }
  if (!why_not_.empty()) {
    fs::remove(child, error);
    return false;
  }
  directory_ = child;
  version_ = version;
  return true;
}

ChildCgroup::~ChildCgroup() {
  // The kernel lets go of a process a little after it has been waited for.
  for (int attempt = 0; made() && attempt < 50; ++attempt) {
    if (rmdir(directory_.c_str()) == 0 || errno != EBUSY) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool ChildCgroup::add(pid_t process) {
  if (!made()) return false;
  why_not_ = write_file(directory_ / "cgroup.procs", std::to_string(process));
  return why_not_.empty();
}

std::int64_t ChildCgroup::oom_kills() const {
  if (!made()) return 0;
  const char* counter = version_ == 1 ? "memory.oom_control" : "memory.events";
  return static_cast<std::int64_t>(field_of(read_system_file(directory_ / counter), "oom_kill").value_or(0));
}

void reset_peak() { write_file("/proc/self/clear_refs", "5"); }

std::size_t peak_bytes() { return status_bytes("VmHWM"); }

}  // namespace crossover
