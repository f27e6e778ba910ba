#include "bench/measure/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <optional>
#include <set>
#include <string_view>

#include "bench/base/clock.hpp"
#include "bench/base/output_file.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/machine/memory_limits.hpp"

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
    if (n < 0) _exit(unheard_status);
    done += static_cast<std::size_t>(n);
  }
}

[[noreturn]] void run_body(int fd, pid_t parent, const std::function<void(const Report&)>& body) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before it could be asked to take this process along
  std::signal(SIGINT, SIG_IGN);       // the parent decides, and kills
  leave_outputs_to_parent();
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
  ChildEnd end;
  end.exit_status = 1;
  end.error = "could not be started: " + error_text(error);
  return end;
}

/// The events in what a child sends.
class Lines {
 public:
  Lines(const Watch& watch, ChildEnd& end) : watch_(watch), end_(end) {}

  /// Hands over what is complete. What the next event may take; empty where there was none. False in
  /// is_sound() from then on where the child must be stopped.
  std::optional<double> take(std::string_view bytes) {
    std::optional<double> allowance_s;
    all_bytes_ += bytes.size();
    std::size_t start = 0, next = rest_.size();  // no line ends before
    rest_ += bytes;
    for (std::size_t end; is_sound_ && (end = rest_.find('\n', next)) != std::string::npos;
         start = next = end + 1)
      try {
        const Event event = Event::parse(rest_.begin() + static_cast<std::ptrdiff_t>(start),
                                         rest_.begin() + static_cast<std::ptrdiff_t>(end));
        if (event.contains(uncaught_field))
          end_.error = "ended with an error: " + event.at(uncaught_field).get<std::string>();
        else
          allowance_s = watch_.on_event(event);
      } catch (const Event::exception&) {
        stop("sent what is no event");
      }
    rest_.erase(0, start);
    if (rest_.size() > most_line_bytes)
      stop("sent more than " + bytes_text(most_line_bytes) + " that are no event");
    if (all_bytes_ > watch_.most_bytes)
      stop("sent more than " + bytes_text(watch_.most_bytes) + " of events");
    return allowance_s;
  }
  bool is_sound() const { return is_sound_; }

 private:
  void stop(const std::string& why) {
    is_sound_ = false;
    end_.error = "was stopped: it " + why;
  }

  const Watch& watch_;
  ChildEnd& end_;
  std::string rest_;
  std::size_t all_bytes_ = 0;
  bool is_sound_ = true;
};

int poll_timeout_ms(double deadline) {
  const double left_ms = (deadline - steady_now_s()) * 1e3;
  return left_ms <= 0 ? 0 : left_ms > 500 ? 500 : static_cast<int>(left_ms) + 1;  // interrupts are looked at
}

/// Until the pipe has ended; or the child has, whoever else holds the pipe; or last_wait_s after it was
/// killed.
void read_until_end(int fd, const Watch& watch, pid_t pid, ChildEnd& end) {
  constexpr double drain_s = 1;  // what the child has sent before it ended
  Lines lines(watch, end);
  const int its_end = descriptor_of_end(pid);
  bool killed = false, ended = false;
  double heard_s = steady_now_s(), deadline = heard_s + watch.first_deadline_s;
  const auto stop = [&] {
    if (killed) return;
    kill(pid, SIGKILL);
    killed = true;
    deadline = steady_now_s() + last_wait_s;
  };
  try {
    for (;;) {
      std::array<pollfd, 2> waited = {pollfd{fd, POLLIN, 0}, pollfd{ended ? -1 : its_end, POLLIN, 0}};
      poll(waited.data(), waited.size(), ended ? 0 : poll_timeout_ms(deadline));
      const bool is_late = steady_now_s() >= deadline;
      if (is_late && (killed || ended)) break;
      if (!end.interrupted && watch.interrupted && watch.interrupted()) {
        end.interrupted = true;
        stop();
      }
      if (waited[0].revents != 0) {
        std::array<char, 1 << 16> chunk;
        const ssize_t n = read(fd, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (!lines.is_sound()) continue;
        const auto allowance_s = lines.take({chunk.data(), static_cast<std::size_t>(n)});
        if (!lines.is_sound()) stop();
        if (allowance_s && !killed && !ended) {
          heard_s = steady_now_s();
          deadline = heard_s + *allowance_s;
        }
      } else if (ended) {
        break;
      } else if (is_late) {
        end.timed_out = true;
        end.waited_s = deadline - heard_s;
        stop();
      }
      if (!ended && has_ended(pid)) {
        ended = true;
        deadline = steady_now_s() + drain_s;
      }
    }
  } catch (...) {
    if (its_end >= 0) close(its_end);
    throw;
  }
  if (its_end >= 0) close(its_end);
}

/// Waits for the child, and ends what it leaves behind.
void bury(pid_t pid, const std::set<pid_t>& before, ChildEnd& end) {
  const bool is_killed = end.timed_out || end.interrupted || !end.error.empty();
  constexpr double goes_on_s = 5;  // though it has closed its pipe
  if (!wait_for_end(pid, is_killed ? last_wait_s : goes_on_s, end)) {
    if (!is_killed) {
      end.timed_out = true;
      end.waited_s = goes_on_s;
    }
    kill_and_wait(pid, end);
  }
  end_orphans(before);
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
  adopt_orphans();
  const std::set<pid_t> before = children_now();
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
    bury(pid, before, end);
    throw;
  }
  close(ends[0]);
  bury(pid, before, end);
  return end;
}

double probe_limit_s(double usual_s, double end_s) {
  return std::min(usual_s, std::max(0.0, 0.5 * (end_s - steady_now_s())));
}

}  // namespace crossover
