// For tests of text that is laid out for a terminal.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>

#include "bench/base/format.hpp"

namespace crossover {

inline int widest(const std::string& text) {
  int width = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) width = std::max(width, display_width(line));
  return width;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// With line ends and runs of spaces as one space.
inline std::string flat(const std::string& text) {
  std::string all;
  std::istringstream words(text);
  for (std::string word; words >> word;) all += (all.empty() ? "" : " ") + word;
  return all;
}

}  // namespace crossover
