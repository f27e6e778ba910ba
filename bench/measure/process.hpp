// A child process that reports events over a pipe, watched with a deadline.
#pragma once

#include <sys/types.h>

#include <functional>
#include <limits>
#include <string>

#include "bench/measure/events.hpp"

namespace crossover {

inline constexpr double no_deadline_s = std::numeric_limits<double>::infinity();

struct ChildEnd {
  int exit_status = 0;
  int signal = 0;          ///< it died of; 0: it exited
  bool timed_out = false;  ///< it was killed because an event did not come in time
  bool interrupted = false;
  std::string error;  ///< why it could not be started, or what left its body; else empty
  bool clean() const { return exit_status == 0 && signal == 0 && !interrupted; }
};

struct Watch {
  /// Called for each event; returns how many seconds the next may take.
  std::function<double(const Event&)> on_event;
  double first_deadline_s = no_deadline_s;
  /// Asked when a signal arrives: true ends the child. (optional)
  std::function<bool()> interrupted;
  /// In the parent, before the child runs its body. (optional)
  std::function<void(pid_t)> on_start;
};

/// Forks, runs `body` in the child with a Report that writes to the pipe, and returns when the child has
/// ended. Exceptions that leave `body` end the child with status 1, as does a limit that lets no process
/// start. The child, and what it forks, dies with this process.
ChildEnd run_child(const std::function<void(const Report&)>& body, const Watch&);

/// What became of it: "was killed by signal 9 (Killed)", "exited with status 1", "could not be started: ...".
std::string describe(const ChildEnd&);

}  // namespace crossover
