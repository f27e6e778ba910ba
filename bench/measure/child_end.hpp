// How a child process ended, and waiting for that without waiting for ever: a process that is stopped is
// killed all the same, and one that the kernel holds (a driver or a file system that does not answer) is left
// behind.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>

namespace crossover {

/// Exit status of a child whose events cannot be sent: its parent is gone, or the pipe failed.
inline constexpr int unheard_status = 117;  // like no shell's, signal's or Python's

struct ChildEnd {
  int exit_status = 0;
  int signal = 0;          ///< it died of; 0: it exited
  bool timed_out = false;  ///< it was killed because an event did not come in time
  double waited_s = 0;     ///< for that event
  bool interrupted = false;
  bool held = false;  ///< it was killed, and the kernel holds it
  /// Why it could not be started, what left its body, or why it was stopped; else empty.
  std::string error{};
  bool clean() const {
    return exit_status == 0 && signal == 0 && !timed_out && !interrupted && !held && error.empty();
  }
};

/// What became of it: "was killed by signal 9 (Killed)", "exited with status 1", "timed out after 5.00 s",
/// "could not be started: ...", "was stopped: it sent what is no event".
std::string describe(const ChildEnd&);

/// How long a process that was killed may take to be gone: its memory is given back first.
inline constexpr double last_wait_s = 20;

/// Waits until the child has ended, `seconds` at most; false where it has not.
bool wait_for_end(pid_t child, double seconds, ChildEnd&);

/// Kills it and waits until it is gone, last_wait_s at most.
void kill_and_wait(pid_t child, ChildEnd&);

/// Readable once the process has ended; -1 where the kernel (before Linux 5.3) or a sandbox has no such
/// thing.
int descriptor_of_end(pid_t child);

/// Whether it has ended; it can still be waited for.
bool has_ended(pid_t child);

/// From now on this process is the parent of what its descendants leave behind.
void adopt_orphans();

/// Empty where the kernel does not tell.
std::set<pid_t> children_now();

/// Kills this process's children but those of `before`, and theirs, and waits until they are gone,
/// last_wait_s at most. A process that began a session of its own wants to stay.
void end_orphans(const std::set<pid_t>& before);

}  // namespace crossover
