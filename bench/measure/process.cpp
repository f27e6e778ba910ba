#include "bench/measure/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>

#include "bench/base/clock.hpp"
#include "bench/base/user_limits.hpp"

namespace crossover {
namespace {

constexpr const char* uncaught_field = "uncaught";  // of the event that tells what left the body

void close_all(std::initializer_list<int> fds) {
  for (const int fd : fds) close(fd);
}

void write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) _exit(1);  // the parent is gone
    done += static_cast<std::size_t>(n);
  }
}

[[noreturn]] void run_body(int fd, pid_t parent, const std::function<void(const Report&)>& body) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before it could be asked to take this process along
  std::signal(SIGINT, SIG_IGN);       // the parent decides, and kills
  const Report report = [fd](const Event& event) {
    write_all(fd, event.dump(-1, ' ', false, Event::error_handler_t::replace) + "\n");
  };
  try {
    body(report);
    _exit(0);
  } catch (const std::exception& error) {
    report({{uncaught_field, error_text(error)}});
  } catch (...) {
    report({{uncaught_field, "an error of an unknown type"}});
  }
  _exit(1);
}

ChildEnd not_started(int error) {
  return {.exit_status = 1, .error = "could not be started: " + error_text(error)};
}

/// Hands over complete lines of `buffer` as events; returns the allowance of the last one.
double deliver(std::string& buffer, const Watch& watch, double allowance_s, ChildEnd& child) {
  std::size_t start = 0;
  for (std::size_t end; (end = buffer.find('\n', start)) != std::string::npos; start = end + 1) {
    const Event event = Event::parse(buffer.begin() + static_cast<std::ptrdiff_t>(start),
                                     buffer.begin() + static_cast<std::ptrdiff_t>(end));
    if (event.contains(uncaught_field))
      child.error = "ended with an error: " + event.at(uncaught_field).get<std::string>();
    else
      allowance_s = watch.on_event(event);
  }
  buffer.erase(0, start);
  return allowance_s;
}

int poll_timeout_ms(double deadline) {
  if (deadline == no_deadline_s) return 500;  // looks at interrupts twice a second
  const double left_ms = (deadline - steady_now_s()) * 1e3;
  return left_ms <= 0 ? 0 : left_ms > 500 ? 500 : static_cast<int>(left_ms) + 1;
}

void read_until_end(int fd, const Watch& watch, pid_t pid, ChildEnd& end) {
  std::string buffer;
  std::array<char, 1 << 14> chunk;
  double deadline = steady_now_s() + watch.first_deadline_s;
  for (;;) {
    pollfd waited{fd, POLLIN, 0};
    const int ready = poll(&waited, 1, poll_timeout_ms(deadline));
    if (watch.interrupted && watch.interrupted() && !end.interrupted) {
      end.interrupted = true;
      kill(pid, SIGKILL);
    }
    if (ready > 0) {
      const ssize_t n = read(fd, chunk.data(), chunk.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      buffer.append(chunk.data(), static_cast<std::size_t>(n));
      deadline = steady_now_s() + deliver(buffer, watch, deadline - steady_now_s(), end);
    } else if (steady_now_s() >= deadline && !end.timed_out) {
      end.timed_out = true;
      kill(pid, SIGKILL);
      deadline = no_deadline_s;
    }
  }
}

}  // namespace

ChildEnd run_child(const std::function<void(const Report&)>& body, const Watch& watch) {
  int ends[2], gate[2];  // the child's events; what it waits for before it begins
  if (pipe2(ends, O_CLOEXEC) != 0) return not_started(errno);
  if (pipe2(gate, O_CLOEXEC) != 0) {
    const int error = errno;
    close_all({ends[0], ends[1]});
    return not_started(error);
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    const int error = errno;
    close_all({ends[0], ends[1], gate[0], gate[1]});
    return not_started(error);
  }
  if (pid == 0) {
    close_all({ends[0], gate[1]});
    char closed = 0;
    while (read(gate[0], &closed, 1) < 0 && errno == EINTR) continue;  // until the parent closes it
    close(gate[0]);
    run_body(ends[1], parent, body);
  }
  close_all({ends[1], gate[0]});
  ChildEnd end;
  bool is_open = false;
  try {
    if (watch.on_start) watch.on_start(pid);
    close(gate[1]);
    is_open = true;
    read_until_end(ends[0], watch, pid, end);
  } catch (...) {  // on_start or on_event failed: the child must not outlive the one who watches it
    kill(pid, SIGKILL);
    close(ends[0]);
    if (!is_open) close(gate[1]);
    waitpid(pid, nullptr, 0);
    throw;
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
  return end;
}

std::string describe(const ChildEnd& end) {
  if (!end.error.empty()) return end.error;
  if (end.signal != 0)
    return "was killed by signal " + std::to_string(end.signal) + " (" + strsignal(end.signal) + ")";
  return "exited with status " + std::to_string(end.exit_status);
}

}  // namespace crossover
