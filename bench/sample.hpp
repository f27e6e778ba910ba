// Single timed events, kept raw: samples.csv has one line for each.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "bench/output_file.hpp"
#include "bench/row.hpp"

namespace crossover {

struct Sample {
  std::string kind;                  ///< pilot, call, phases, first, allocate or release
  int block = 0;                     ///< the cases of a group are sampled once per block
  std::map<Phase, double> phases_s;  ///< steps of one phase are added up
  std::optional<double> call_s;      ///< with one synchronisation; of kinds pilot, call and first
  bool throttled = false;            ///< by the cgroup, or a clock that sank
  double elapsed_s = 0;              ///< since the run started
};

/// samples.csv, flushed line by line.
class SamplesFile {
 public:
  /// Throws UsageError and OutputError as OutputFile does; with append, UsageError for another header.
  SamplesFile(const std::string& path, Existing existing);

  /// `of`: says which case it belongs to; its measured columns are not read.
  void write(const Row& of, const Sample&);

 private:
  OutputFile file_;
};

}  // namespace crossover
