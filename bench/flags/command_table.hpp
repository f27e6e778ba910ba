// The commands, one row each: parsing, help and sentences about them come from here.
#pragma once

#include <span>
#include <string>

#include "bench/plan/options.hpp"

namespace crossover {

struct CommandInfo {
  Command command;
  const char *name, *summary;
  std::string (*notes)();  ///< what --help says behind the flags
};

/// In the order of the help.
std::span<const CommandInfo> command_table();

}  // namespace crossover
