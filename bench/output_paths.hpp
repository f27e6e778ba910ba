// Whether the files and folders that a run is to write can be written, before anything is measured.
#pragma once

#include "bench/options.hpp"

namespace crossover {

/// `given`: --csv, --json, --samples and --result as far as they were given, with their values.
/// Throws UsageError for a file that exists (without --force or --resume), a folder that is missing or
/// cannot be written, two flags that name one file, and a --resume that has nothing to continue.
void check_outputs(const Options&, const std::map<std::string, std::string>& given);

}  // namespace crossover
