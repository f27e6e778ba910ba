// Notes and warnings on stderr. One unit alone sees the logging library: its headers take longer to compile
// than most of this program.
#pragma once

#include <string>

namespace crossover {

void start_log();  ///< once, before the first line
void log_note(const std::string& line);
void log_warning(const std::string& line);

}  // namespace crossover
