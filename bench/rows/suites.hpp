// Named sets of groups. One table; the lecture's suite repeats the sizes of its published figures.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/problem.hpp"

namespace crossover {

struct SuiteEntry {
  const char* problem;
  Shape shape;
  Type type;
  /// Past the wall: this solver alone may take long, and is called once. (optional)
  const char* once_solver = nullptr;
};

struct Suite {
  const char *name, *summary;
  double budget_s, timeout_s;  ///< where the flags do not say
  std::vector<SuiteEntry> entries;
};

std::span<const Suite> suites();
const Suite* find_suite(std::string_view name);

}  // namespace crossover
