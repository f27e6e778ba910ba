// Command lines, parsed in this process.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/flags/parse_options.hpp"
#include "tests/arguments.hpp"

namespace crossover {

inline Options parsed(const Arguments& line) {
  const std::vector<const char*> argv = line.argv("crossover");
  return parse_options(static_cast<int>(argv.size()) - 1, argv.data());
}

/// Empty where the line is accepted.
inline std::string refusal(const Arguments& line) {
  try {
    parsed(line);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

inline std::string printed(const Arguments& line) {
  try {
    parsed(line);
    return {};
  } catch (const EarlyExit& early) {
    return early.text;
  }
}

/// The sentence contains every one of `parts`.
inline void expect_refused(const Arguments& line, const std::vector<std::string>& parts) {
  const std::string sentence = refusal(line);
  for (const std::string& part : parts)
    EXPECT_NE(sentence.find(part), std::string::npos)
        << line << "\n  -> " << sentence << "\n  lacks " << part;
}

}  // namespace crossover
