// Rows for tests of what is written and shown.
#pragma once

#include "bench/rows/row.hpp"
#include "common/problem.hpp"

namespace crossover {

/// A row in which every column has a value, no two numbers alike, and text that needs quoting.
inline Row full_row() {
  Row row;
  row.run_id = "run, \"1\"";
  row.source = "modelled";
  row.problem = "similarity";
  row.type = "f32";
  std::int64_t next = 9'007'199'254'740'993;  // does not survive a double
  for (const char* axis : {"rows", "cols", "corpus", "queries", "dim", "k", "n"}) row.sizes[axis] = next++;
  for (const Problem* problem : problems())
    for (const Axis& axis : problem->axes) row.sizes.try_emplace(axis.name, next++);
  row.seed = 18'446'744'073'709'551'615U;
  row.backend = "cuda";
  row.device = "device,\r\nof two lines";
  row.solver = "tiled";
  row.threads = 7;
  row.transfer = "pageable";
  row.cache = "cold";
  row.bind = "spread";
  row.interleaved = true;
  row.chunks = 3;
  row.batch = 4;
  row.outcome = Outcome::wrong;
  row.reason = "said \"no\", twice;\nthen \xE2\x80\x94 nothing";
  row.phase_reached = "compute";
  row.verified = "sampled 5 of 10";
  row.warnings = "\"";
  double value = 1.0 / 3;
  for (Number Row::*member : {&Row::max_error,
                              &Row::startup_s,
                              &Row::first_call_s,
                              &Row::one_shot_s,
                              &Row::allocate_s,
                              &Row::pin_s,
                              &Row::upload_s,
                              &Row::upload_fresh_s,
                              &Row::compute_s,
                              &Row::download_s,
                              &Row::release_s,
                              &Row::unaccounted_s,
                              &Row::call_s,
                              &Row::call_low_s,
                              &Row::call_high_s,
                              &Row::end_to_end_s,
                              &Row::bytes_in,
                              &Row::bytes_out,
                              &Row::flops,
                              &Row::gbytes_per_s,
                              &Row::gflops_per_s,
                              &Row::floor_s,
                              &Row::baseline_compute_s,
                              &Row::baseline_call_s,
                              &Row::baseline_end_to_end_s,
                              &Row::speedup_compute,
                              &Row::speedup_call,
                              &Row::speedup_end_to_end,
                              &Row::forecast_s,
                              &Row::lag1_correlation,
                              &Row::steal_s,
                              &Row::spin_before_s,
                              &Row::spin_after_s,
                              &Row::startup_driver_s,
                              &Row::startup_context_s,
                              &Row::startup_kernel_s,
                              &Row::startup_library_s,
                              &Row::startup_product_s,
                              &Row::predicted_call_s,
                              &Row::residual,
                              &Row::calls_per_s,
                              &Row::concurrent_call_s,
                              &Row::call_p99_s,
                              &Row::cost_per_million_calls,
                              &Row::energy_j,
                              &Row::energy_device_j})
    row.*member = value *= 1.7;
  for (Number Row::*member : {&Row::unaccounted_s, &Row::lag1_correlation, &Row::residual})
    row.*member = -*(row.*member);
  for (std::optional<std::int64_t> Row::*member :
       {&Row::samples, &Row::outliers, &Row::baseline_threads, &Row::needed_host_bytes,
        &Row::needed_pinned_bytes, &Row::needed_device_bytes, &Row::available_host_bytes,
        &Row::available_device_bytes, &Row::peak_host_bytes, &Row::peak_device_bytes, &Row::cores,
        &Row::disturbed_samples, &Row::concurrent})
    row.*member = next++;
  row.floor_name = "DRAM read";
  row.baseline_solver = "openmp-tiled";
  row.breakeven_reuse = "never";
  row.verdict = verdict_in("openmp-tiled|eigen (provisional)");
  row.label = "spr-2c";
  row.cpu = "A CPU, at 2 GHz";
  row.gpu = "A GPU";
  row.driver = "570.1";
  row.cuda = "12.8";
  row.compiler = "g++ -O3";
  row.commit = "abc+";
  row.version = "numpy 1.24.2";
  row.setting = "queries 209, by argmax";
  row.started_utc = "2026-01-02T03:04:05Z";
  return row;
}

/// A CPU row of row_means that ended well; the call takes `call_s`.
inline Row cpu_row(const char* solver, int threads, double call_s) {
  Row row;
  row.problem = "row_means";
  row.type = "f64";
  row.sizes = {{"rows", 100'000}, {"cols", 1'000}};
  row.seed = 1;
  row.backend = "cpu";
  row.device = "A CPU";
  row.solver = solver;
  row.threads = threads;
  row.transfer = "none";
  row.cache = "warm";
  row.outcome = Outcome::ok;
  row.allocate_s = 1e-6;
  row.release_s = 1e-6;
  row.compute_s = row.call_s = call_s;
  row.call_low_s = call_s * 0.99;
  row.call_high_s = call_s * 1.01;
  row.end_to_end_s = call_s + 2e-6;
  row.samples = 16;
  row.bytes_in = 8e8;
  row.bytes_out = 8e5;
  row.flops = 1e8;
  row.gbytes_per_s = 0.8008 / call_s;
  row.gflops_per_s = 0.1 / call_s;
  row.floor_s = 0.03;
  row.floor_name = "DRAM read";
  return row;
}

/// Puts a baseline beside the time of `row`.
inline void compare(Row& row, const Row& baseline, const char* verdict) {
  row.baseline_solver = baseline.solver;
  row.baseline_threads = baseline.threads;
  row.baseline_compute_s = baseline.compute_s;
  row.baseline_call_s = baseline.call_s;
  row.baseline_end_to_end_s = baseline.end_to_end_s;
  row.speedup_compute = *baseline.compute_s / *row.compute_s;
  row.speedup_call = *baseline.call_s / *row.call_s;
  row.speedup_end_to_end = *baseline.end_to_end_s / *row.end_to_end_s;
  row.verdict = verdict_in(verdict);
}

}  // namespace crossover
