#include "bench/measure/child_end.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/base/clock.hpp"
#include "bench/base/format.hpp"

namespace crossover {
namespace {

constexpr long pidfd_open_number =
    434;  // of the system call, on every architecture; glibc has it from 2.36 on
constexpr std::chrono::microseconds look{200};

bool reaped(pid_t child, ChildEnd& end) {
  int status = 0;
  const pid_t found = waitpid(child, &status, WNOHANG);
  if (found == 0 || (found < 0 && errno == EINTR)) return false;
  if (found == child && WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (found == child && WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
  if (found < 0 && end.error.empty()) end.error = "ended, and how is not known";
  return true;
}

}  // namespace

std::string describe(const ChildEnd& end) {
  const std::string held =
      end.held ? ", and could not be killed: the kernel holds it (a driver or a file system does not answer)"
               : "";
  if (!end.error.empty()) return end.error + held;
  if (end.timed_out) return "timed out after " + format_seconds(end.waited_s) + held;
  if (end.signal == 0 && end.exit_status == unheard_status)
    return "could not send what it measured: writing to its pipe failed" + held;
  if (end.signal == 0) return "exited with status " + std::to_string(end.exit_status) + held;
  return "was killed by signal " + std::to_string(end.signal) + " (" + strsignal(end.signal) + ")";
}

int descriptor_of_end(pid_t child) { return static_cast<int>(syscall(pidfd_open_number, child, 0)); }

bool has_ended(pid_t child) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

bool wait_for_end(pid_t child, double seconds, ChildEnd& end) {
  const double until_s = steady_now_s() + seconds;
  const int descriptor = descriptor_of_end(child);
  bool is_over = false;
  while (!(is_over = reaped(child, end))) {
    const double left_s = until_s - steady_now_s();
    if (left_s <= 0) break;
    pollfd waited{descriptor, POLLIN, 0};
    if (descriptor >= 0)
      poll(&waited, 1, static_cast<int>(std::min(left_s * 1e3, 500.0)) + 1);
    else
      std::this_thread::sleep_for(look);
  }
  if (descriptor >= 0) close(descriptor);
  return is_over;
}

void kill_and_wait(pid_t child, ChildEnd& end) {
  kill(child, SIGKILL);
  end.held = !wait_for_end(child, last_wait_s, end);
}

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::set<pid_t> children_now() {
  std::set<pid_t> found;
  siginfo_t info{};
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return found;  // there are none, as a rule
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream file(thread.path() / "children");
    for (pid_t child = 0; file >> child;) found.insert(child);
  }
  return found;
}

void end_orphans(const std::set<pid_t>& before) {
  // One that dies leaves its own children to this process before it can be waited for.
  for (const double until_s = steady_now_s() + last_wait_s; steady_now_s() < until_s;) {
    bool any = false;
    for (const pid_t child : children_now()) {
      if (before.contains(child) || getsid(child) != getsid(0)) continue;
      any = true;
      kill(child, SIGKILL);
      waitpid(child, nullptr, WNOHANG);
    }
    if (!any) return;
    std::this_thread::sleep_for(look);
  }
}

}  // namespace crossover
