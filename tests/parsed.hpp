// Command lines as strings, parsed in this process.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "bench/flags/parse_options.hpp"

namespace crossover {

/// Words are separated by blanks.
inline Options parsed(const std::string& line) {
  std::istringstream stream("crossover " + line);
  const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

/// Empty where the line is accepted.
inline std::string refusal(const std::string& line) {
  try {
    parsed(line);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

inline std::string printed(const std::string& line) {
  try {
    parsed(line);
    return {};
  } catch (const EarlyExit& early) {
    return early.text;
  }
}

/// The sentence contains every one of `parts`.
inline void expect_refused(const std::string& line, const std::vector<std::string>& parts) {
  const std::string sentence = refusal(line);
  for (const std::string& part : parts)
    EXPECT_NE(sentence.find(part), std::string::npos)
        << line << "\n  -> " << sentence << "\n  lacks " << part;
}

}  // namespace crossover
