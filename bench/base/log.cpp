#include "bench/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "bench/base/printable.hpp"

namespace crossover {
namespace {

/// A name out of a file begins no line of its own.
std::string one_line(const std::string& text) {
  std::string line = printable(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

}  // namespace

void start_log() {
  spdlog::set_default_logger(spdlog::stderr_logger_st("crossover"));
  spdlog::set_pattern("%n: %l: %v");
}

void log_note(const std::string& line) { spdlog::info(one_line(line)); }

void log_warning(const std::string& line) { spdlog::warn(one_line(line)); }

}  // namespace crossover
