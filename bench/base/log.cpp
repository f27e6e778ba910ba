#include "bench/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "bench/base/printable.hpp"

namespace crossover {

void start_log() {
  spdlog::set_default_logger(spdlog::stderr_logger_st("crossover"));
  spdlog::set_pattern("%n: %l: %v");
}

void log_note(const std::string& line) { spdlog::info(printable(line)); }

void log_warning(const std::string& line) { spdlog::warn(printable(line)); }

}  // namespace crossover
