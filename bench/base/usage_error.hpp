// What bad input becomes, wherever it is noticed.
#pragma once

#include <stdexcept>
#include <string>

namespace crossover {

/// Unusable flags or files: a sentence that says what to do. Exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// --help and --version: `text` goes to stdout, and the exit status is 0.
struct EarlyExit {
  std::string text;
};

}  // namespace crossover
