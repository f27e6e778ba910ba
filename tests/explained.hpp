// What is said of a row, on one line, for the tests of those sentences.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "bench/report/explain.hpp"

namespace crossover {

inline std::string flat(const std::string& text) {
  std::istringstream words(text);
  std::string all;
  for (std::string word; words >> word;) all += (all.empty() ? "" : " ") + word;
  return all;
}

/// Row `number` on one line, behind its heading.
inline std::string said(const std::vector<Row>& rows, std::size_t number) {
  const std::string text = render_explanations(rows, number);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  const std::string line = flat(text);
  return line.substr(std::min(line.find(": "), line.size() - 2) + 2);
}

inline void expect_said(const std::vector<Row>& rows, std::size_t number, const std::string& sentence) {
  EXPECT_NE(said(rows, number).find(sentence), std::string::npos)
      << sentence << "\nin " << said(rows, number);
}

inline void expect_unsaid(const std::vector<Row>& rows, std::size_t number, const std::string& words) {
  EXPECT_EQ(said(rows, number).find(words), std::string::npos) << words << "\nin " << said(rows, number);
}

}  // namespace crossover
