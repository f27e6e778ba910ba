// The command line as typed: one table of flags, from which parsing, help and nearest names come.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/plan/options.hpp"

namespace crossover {

struct Flags {
  Command command = Command::run;
  /// By name without dashes, where given: flags with a value, and the words behind the command. None is
  /// empty.
  std::map<std::string, std::string, std::less<>> text;
  std::set<std::string, std::less<>> on;  ///< flags without a value
  std::vector<std::string> inputs;        ///< NAME=FILE, as often as given

  bool has(std::string_view name) const { return text.contains(name) || on.contains(name); }
};

/// Empty where the flag was not given.
inline std::string text_of(const Flags& flags, std::string_view name) {
  const auto found = flags.text.find(name);
  return found == flags.text.end() ? std::string() : found->second;
}

/// Sets `value` where the flag was given; a sentence about its text begins with the flag.
template <class T, class Parse>
void set(const Flags& flags, std::string_view name, T& value, Parse&& parse) {
  const auto found = flags.text.find(name);
  if (found == flags.text.end()) return;
  try {
    value = static_cast<T>(parse(found->second));
  } catch (const UsageError& error) {
    throw UsageError("--" + std::string(name) + ": " + error.what());
  }
}

/// Throws EarlyExit and UsageError.
Flags parse_flags(int argc, const char* const* argv);

}  // namespace crossover
