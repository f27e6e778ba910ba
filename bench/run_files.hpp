// The files of a run: rows, every sample, the report as JSON, and the facts that stand beside the rows.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bench/plan/plan.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/json_output.hpp"
#include "bench/rows/sample.hpp"
#include "bench/rows/sidecar.hpp"

namespace crossover {

class RunFiles {
 public:
  /// Opens those that were asked for, each before anything is measured. `facts`: of this machine, with this
  /// run as the only one. Throws UsageError and OutputError; then none was changed.
  RunFiles(const Options&, Sidecar facts, const std::vector<Group>&);

  /// Rows that --resume found.
  const std::vector<Row>& found() const { return found_; }
  /// Whether all of its rows are among them.
  bool has(const Group&) const;

  void write(const std::vector<Row>& rows_of_a_group);
  /// `of` says which case it belongs to.
  void write(const Row& of, const Sample&);

  /// `more`: metadata of the report behind the facts. `ended_utc` is empty where the run was interrupted.
  void finish(const std::vector<Row>& all_rows, const std::string& ended_utc,
              const nlohmann::ordered_json& more);

 private:
  /// `there`: the CSV that --resume goes on with.
  void open_rows(const std::vector<Group>&, std::optional<OutputFile> there);

  const Options& options_;
  Sidecar facts_;
  std::optional<CsvFile> csv_;
  std::optional<JsonFile> json_;
  std::optional<SamplesFile> samples_;
  std::vector<Row> found_;
  std::set<std::string> finished_;
};

}  // namespace crossover
