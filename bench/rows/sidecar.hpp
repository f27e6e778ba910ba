// <csv>.meta.json: what a row is too short for, and what --resume checks.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/rows/row.hpp"

namespace crossover {

/// One start of the program.
struct RunRecord {
  std::string run_id;
  std::vector<std::string> command_line;
  std::string started_utc, ended_utc;            ///< ended empty: it was interrupted, or still runs
  std::map<std::string, std::string> outputs{};  ///< see outputs_of()
};

struct Sidecar {
  int schema = schema_version;
  std::string flags_hash;
  /// Facts that may not change within one file: cpu, cores, gpu, compiler, commit, ...
  std::map<std::string, std::string> same;
  nlohmann::ordered_json machine, software, limits;
  std::vector<RunRecord> runs;
};

std::string sidecar_path(const std::string& csv_path);

/// Replaced in one step. Throws OutputError.
void write_sidecar(const std::string& csv_path, const Sidecar&);

/// Throws UsageError where it is missing or cannot be read.
Sidecar read_sidecar(const std::string& csv_path);

/// What the file holds, and back. `name`: of the file, for sentences. Throws UsageError.
Sidecar sidecar_of(const nlohmann::json&, const std::string& name);
std::string sidecar_text(const Sidecar&);

/// Before --resume: the sidecar that is there, with `now.runs` added to its runs, or `now` where neither
/// rows nor sidecar exist. Throws UsageError that says what differs and what to do.
Sidecar resumed_sidecar(const std::string& csv_path, const Sidecar& now);

}  // namespace crossover
