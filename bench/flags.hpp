// The command line as typed: one table of flags, from which parsing, help and nearest names come.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/options.hpp"

namespace crossover {

struct Flags {
  Command command = Command::run;
  std::string problem, list_what;                        ///< positional; empty: not given
  std::map<std::string, std::string, std::less<>> text;  ///< by name without dashes, where given
  std::set<std::string, std::less<>> on;                 ///< flags without a value
  std::vector<std::string> inputs;                       ///< NAME=FILE, as often as given

  bool has(std::string_view name) const { return text.contains(name) || on.contains(name); }
};

/// Throws EarlyExit and UsageError.
Flags parse_flags(int argc, const char* const* argv);

}  // namespace crossover
