// Whether the files and folders that a run is to write can be written, before anything is measured.
#pragma once

#include <map>
#include <string>

#include "bench/plan/options.hpp"

namespace crossover {

/// `given`: --csv, --json, --samples and --result as far as they were given, with their values.
/// Throws UsageError for a file that exists (without --force, and that --resume does not continue), a folder
/// that is missing or cannot be written, two flags that name one file, a name that is empty, and a --resume
/// that has nothing to continue. Changes nothing.
void check_outputs(const Options&, const std::map<std::string, std::string>& given);

/// What the sidecar keeps of --json, --samples and --result: paths from the CSV's folder, by flag.
std::map<std::string, std::string> outputs_of(const Options&);

/// Whether --resume goes on with `path`: an earlier run of the CSV wrote it, for the same flag.
bool is_continued(const Options&, const std::string& flag, const std::string& path);

/// A CSV that is a file, or will be one, has facts beside it; stdout and devices have none.
bool has_sidecar(const std::string& csv_path);

/// The last check before anything is replaced: opens every output for writing, and makes the folder of
/// --result. Throws OutputError.
void prepare_outputs(const Options&);

}  // namespace crossover
