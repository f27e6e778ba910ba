// A child process that reports events over a pipe, watched with a deadline.
#pragma once

#include <sys/types.h>

#include <functional>

#include "bench/measure/child_end.hpp"
#include "bench/measure/events.hpp"

namespace crossover {

/// A line of what another process sends: a longer one is a fault.
inline constexpr std::size_t most_line_bytes = std::size_t{16} << 20;

struct Watch {
  /// Called for each event; returns how many seconds the next may take.
  std::function<double(const Event&)> on_event;
  double first_deadline_s = 60;
  std::size_t most_bytes = std::size_t{1} << 30;  ///< of all events: more are a fault
  /// Asked when a signal arrives: true ends the child. (optional)
  std::function<bool()> interrupted;
  /// In the parent, before the child runs its body. (optional)
  std::function<void(pid_t)> on_start;
};

/// Forks, runs `body` in the child with a Report that writes to the pipe, and returns when the child has
/// ended, or was killed because an event did not come in time. Exceptions that leave `body` end the child
/// with status 1, as does a limit that lets no process start. The child, and what it forks, dies with this
/// process; what it leaves behind is ended.
ChildEnd run_child(const std::function<void(const Report&)>& body, const Watch&);

/// `usual_s`, and half of what is left until `end_s` (by steady_now_s()) at most: what is found out before a
/// run leaves time for the run.
double probe_limit_s(double usual_s, double end_s);

}  // namespace crossover
