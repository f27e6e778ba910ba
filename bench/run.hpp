// `crossover run`: plan -> one worker per group -> rows, samples and tables.
#pragma once

#include <string>
#include <vector>

#include "bench/plan/options.hpp"

namespace crossover {

/// Returns the exit status: 0 every row was obtained, 1 something was wrong or failed, 130 interrupted.
/// Throws UsageError and OutputError; what was measured before stays on disk.
int run_command(const Options&, const std::vector<std::string>& command_line);

}  // namespace crossover
