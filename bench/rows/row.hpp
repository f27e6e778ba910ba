// One measurement: one struct, one row of the CSV. The table of columns stands in bench/rows/columns.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bench/rows/outcome.hpp"
#include "bench/rows/verdict.hpp"
#include "common/backend.hpp"

namespace crossover {

/// Version 3 has the outcome not_run, and verdicts about the group; version 2 called such a row too_slow,
/// with
/// --within in its reason, and had a verdict of each row against the baseline. Both are read, version 3 is
/// written: see upgrade() and upgrade_verdicts().
inline constexpr int schema_version = 3, oldest_schema_version = 2;

using Number = std::optional<double>;  // empty: there is no value; never NaN or 0 instead
using Bytes = std::optional<std::int64_t>;
using Count = std::optional<std::int64_t>;

/// Seconds, bytes, counts; every field is explained by its column.
struct Row {
  int schema = schema_version;
  std::string run_id, source = "measured";

  std::string problem, type;
  std::map<std::string, std::int64_t, std::less<>> sizes;  // by axis name
  std::uint64_t seed = 0;

  std::string backend, device, solver;
  int threads = 1;
  std::string transfer, cache;
  bool interleaved = false;
  Count chunks, batch;

  Outcome outcome = Outcome::failed;
  std::string reason, phase_reached, verified;
  Number max_error;
  std::string warnings;  // "; " between them

  Number startup_s, first_call_s, one_shot_s;
  Number allocate_s, pin_s, upload_s, upload_fresh_s, compute_s, download_s, release_s, unaccounted_s;
  Number call_s, call_low_s, call_high_s, end_to_end_s;
  Count samples, outliers;

  Number bytes_in, bytes_out, flops, gbytes_per_s, gflops_per_s, floor_s;
  std::string floor_name;

  std::string baseline_solver;
  Count baseline_threads;
  Number baseline_compute_s, baseline_call_s, baseline_end_to_end_s;
  Number speedup_compute, speedup_call, speedup_end_to_end;
  std::string breakeven_reuse;  // a whole number, "never", or empty
  Verdict verdict;

  Bytes needed_host_bytes, needed_pinned_bytes, needed_device_bytes;
  Bytes available_host_bytes, available_device_bytes, peak_host_bytes, peak_device_bytes;

  std::string label, cpu;
  Count cores;
  std::string gpu, driver, cuda, compiler, commit, started_utc;

  // Beyond the columns that every version has; they follow at the end.
  Number forecast_s, lag1_correlation, steal_s, spin_before_s, spin_after_s;
  Count disturbed_samples;
  std::string version, setting;  // of a rival
  Number startup_driver_s, startup_context_s, startup_kernel_s, startup_library_s, startup_product_s;
  std::string bind;  // close, spread, or empty
  Number predicted_call_s, residual;
  Count concurrent;  // callers at once; the next three are theirs
  Number calls_per_s, concurrent_call_s, call_p99_s;
  Number cost_per_million_calls;  // in the currency of the price
  Number energy_j, energy_device_j;
};

/// The same solver, asked in the same way; their sizes may differ.
bool is_same_case(const Row&, const Row&);

/// In the reason or a warning of every case for which the run's time was too short.
inline constexpr const char* within_flag = "--within";
bool is_cut_short(const Row&);
bool is_lack_of_time(std::string_view reason);

/// Such a reason, for what ended because the run's time was over: "its probe timed out after 3.00 s".
std::string no_time_for(const std::string& what_ended);

/// Makes a row that was read one of this version, whatever version wrote it.
void upgrade(Row&);

/// The flag that gives a case more samples.
inline const char* samples_flag(const Row& row) { return is_cut_short(row) ? within_flag : "--budget"; }

}  // namespace crossover
