// Single timed events, kept raw: samples.csv has one line for each.
#pragma once

#include <map>
#include <string>

#include "bench/base/output_file.hpp"
#include "bench/machine/contention.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

struct Sample {
  std::string kind;  ///< first, pilot, call, phases, open, close, confirm_pilot or confirm_call
  int block = 0;     ///< the cases of a group are sampled once per block
  std::map<std::string, double> seconds{};  ///< by phase; "call": the whole call, one synchronisation
  int process = 0;                          ///< of the group, counted from 1: blocks begin again in each
  Contention contention{};
  double elapsed_s = 0;  ///< since the run started
};

/// samples.csv, flushed line by line.
class SamplesFile {
 public:
  /// Throws UsageError and OutputError as OutputFile does; with append, UsageError for another header.
  SamplesFile(const std::string& path, Existing existing);

  /// `of`: says which case it belongs to; its measured columns are not read.
  void write(const Row& of, const Sample&);

 private:
  SamplesFile(const std::string& path, Existing existing, bool continued);

  OutputFile file_;
};

}  // namespace crossover
