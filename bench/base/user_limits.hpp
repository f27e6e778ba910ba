// Limits of the user's account, of a shell or a container, other than memory's: processes, threads, open
// files, file sizes, the stack. Each in a sentence that names it and says what to do.
#pragma once

#include <exception>
#include <string>

namespace crossover {

/// The system's words for `error`, with the limit behind it where it is one of those.
std::string error_text(int error);
/// what(), likewise.
std::string error_text(const std::exception&);

/// Whether `error` says that one of those limits was reached.
bool is_limit(int error);

/// Why so many further threads cannot be made at once; empty where they can, which is tried: an OpenMP
/// runtime that cannot make one ends the process without a word to us.
std::string why_no_threads(int further);

/// Once, before a file is opened: no file takes the place of stdin, stdout or stderr where those are closed,
/// children can be waited for, and writing past the limit of file sizes becomes an error that can be told.
/// Why the program cannot run at all; empty where it can.
std::string meet_limits();

}  // namespace crossover
