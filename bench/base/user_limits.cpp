#include "bench/base/user_limits.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace crossover {
namespace {

/// Solvers keep tiles on it, of at most 128 KiB; threads get as much as the first one.
constexpr std::size_t needed_stack_bytes = std::size_t{1} << 20;

/// Empty: none.
std::optional<std::size_t> most_of(decltype(RLIMIT_STACK) resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return limit.rlim_cur;
}

std::string kib(std::size_t bytes) { return std::to_string(bytes / 1024) + " KiB"; }

std::string limit_behind(int error) {
  if (error == EAGAIN) {
    const auto most = most_of(RLIMIT_NPROC);
    return "the limit of processes and threads is reached (ulimit -u: " +
           (most ? std::to_string(*most) : "none") +
           "; pids.max of the control group): raise it, or end other programs";
  }
  if (error == EMFILE)
    return "this process may have " + std::to_string(most_of(RLIMIT_NOFILE).value_or(0)) +
           " open files (ulimit -n): raise it, as in ulimit -n 1024";
  if (error == ENFILE) return "the system's limit of open files is reached (fs.file-max): end other programs";
  if (error == ENOMEM)
    return "memory ran out (ulimit -v, the control group, or this machine's): raise the limit, end other "
           "programs, or "
           "choose smaller sizes";
  if (error == EFBIG)
    if (const auto most = most_of(RLIMIT_FSIZE))
      return "a file may have " + kib(*most) + " (ulimit -f): raise it, as in ulimit -f unlimited";
  return {};
}

std::string with_limit(const std::string& words, int error) {
  const std::string limit = limit_behind(error);
  return limit.empty() ? words : words + ": " + limit;
}

/// Whoever starts a program may leave these closed: the next file that it opened would then get the number of
/// stdin, stdout or stderr, and the screen's text would land in it. Reading from what takes their place, and
/// writing to it, fails, as it does with a closed one. False: there is no such thing.
bool fill_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(descriptor, F_GETFD) < 0)  // from 0 on: open() takes the lowest number that is free
      if (open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor) return false;
  return true;
}

}  // namespace

std::string error_text(int error) { return with_limit(std::generic_category().message(error), error); }

std::string error_text(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return error_text(ENOMEM);
  const auto* of_system = dynamic_cast<const std::system_error*>(&error);
  return of_system ? with_limit(error.what(), of_system->code().value()) : error.what();
}

bool is_limit(int error) { return !limit_behind(error).empty(); }

std::string why_no_threads(int further) {
  std::vector<std::jthread> made;
  std::atomic<bool> all_tried = false;
  std::string why;
  try {
    while (static_cast<int>(made.size()) < further) made.emplace_back([&] { all_tried.wait(false); });
  } catch (const std::system_error& error) {
    why = "only " + std::to_string(made.size()) + " of the " + std::to_string(further) +
          " threads that it needs can be made: " + error_text(error.code().value());
  }
  all_tried = true;
  all_tried.notify_all();
  return why;
}

std::string meet_limits() {
  if (!fill_standard_descriptors())
    return "stdin, stdout or stderr is closed, and /dev/null cannot take its place: " + error_text(errno);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // whoever ignores it leaves that to the programs that it starts: no child
                                  // could be waited for
  const auto stack = most_of(RLIMIT_STACK);
  if (!stack || *stack >= needed_stack_bytes) return {};
  return "the stack may have " + kib(*stack) + " (ulimit -s), " + kib(needed_stack_bytes) +
         " are needed: raise it, as in ulimit -s 8192";
}

}  // namespace crossover
