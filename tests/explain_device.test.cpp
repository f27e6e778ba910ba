// Asserts: what is said of calls whose operands come over a link, for whatever takes most of them, and what
// would make a lost one win. The rows are made up. To add a sentence, make the row that leads to it and give
// its words to expect_said.
#include <gtest/gtest.h>

#include <cmath>

#include "bench/worker/record.hpp"
#include "explained.hpp"
#include "rows.hpp"

namespace crossover {
namespace {

/// The baseline, 16 threads, 1.2 ms; then a call of 4.8 ms, most of it upload of 22 MB at 5.1 GB/s.
std::vector<Row> gpu_rows() {
  std::vector<Row> rows = {cpu_row("openmp", 16, 1.2e-3), cpu_row("cuda", 1, 4.8e-3)};
  rows[0].cores = 16;
  Row& gpu = rows[1];
  gpu.backend = "cuda";
  gpu.device = gpu.gpu = "A GPU";
  gpu.transfer = "pageable";
  gpu.floor_s.reset();
  gpu.upload_s = 4.368e-3;
  gpu.upload_fresh_s = 0;
  gpu.compute_s = 0.2e-3;
  gpu.download_s = 0.05e-3;
  gpu.unaccounted_s = 0.182e-3;
  gpu.bytes_in = 5.1e9 * 4.368e-3;
  gpu.bytes_out = 1e5;
  gpu.gbytes_per_s = 111;
  for (Row& row : rows) compare(row, rows[0], "openmp");
  gpu.breakeven_reuse = "5";
  return rows;
}

Row other_transfer(const Row& row, const char* transfer, double call_s) {
  Row other = row;
  other.transfer = transfer;
  other.call_s = call_s;
  other.speedup_call = *other.baseline_call_s / call_s;
  return other;
}

TEST(ExplainDevice, ACallLostToItsUpload) {
  auto rows = gpu_rows();
  rows.push_back(other_transfer(rows[1], "registered", 2.6e-3));
  rows.push_back(other_transfer(rows[1], "overlapped", 4.75e-3));
  EXPECT_EQ(
      said(rows, 2),
      "The GPU loses this call to openmp (16 threads), 1.20 ms: 91% of its 4.80 ms (+-1.0%) is upload at "
      "5.10 GB/s from ordinary memory. With registered memory it takes 2.60 ms (row 3), and still loses. "
      "With the data already there it is 6.00x as fast. Kept on the device, the data would have to be "
      "used 5 times, or come over a link of 22.5 GB/s.");
  rows.push_back(other_transfer(rows[1], "pinned", 1e-3));
  expect_said(rows, 2, "Where the producer writes into pinned memory it takes 1.00 ms (row 5), and wins.");
}

TEST(ExplainDevice, TheLinkAgreesWithTheReuse) {
  // One upload, nothing else to pay: k* = floor(B* / B) + 1.
  for (const double left_s : {0.3e-3, 0.7e-3, 1.1e-3}) {
    auto rows = gpu_rows();
    Row& gpu = rows[1];
    gpu.upload_s = 4e-3;
    gpu.bytes_in = 4e-3 * 5e9;
    gpu.download_s = 0;
    gpu.compute_s = 0.1e-3;
    gpu.unaccounted_s = 0;
    gpu.call_s = 4.1e-3;
    gpu.baseline_call_s = left_s + 0.1e-3;
    gpu.breakeven_reuse = breakeven_reuse(4e-3, *gpu.baseline_call_s, *gpu.compute_s);
    const std::string text = said(rows, 2);
    const double link = std::stod(text.substr(text.find("link of ") + 8));
    EXPECT_NEAR(link, 20e-3 / left_s, 0.01 * link) << text;
    EXPECT_EQ(std::to_string(static_cast<int>(std::floor(link / 5)) + 1), gpu.breakeven_reuse) << text;
  }
}

TEST(ExplainDevice, BothDirectionsAreMadeFasterAlike) {
  auto rows = gpu_rows();
  rows[1].download_s = 0.632e-3;  // 5 ms of moving data, 1 ms left for it
  expect_said(rows, 2, "a link of 25.5 GB/s");
  rows[1].unaccounted_s = -1e-3;
  expect_unsaid(rows, 2, "link");  // phases that overlap do not add
}

TEST(ExplainDevice, NeverAndNoLink) {
  auto rows = gpu_rows();
  rows[1].breakeven_reuse = "never";
  expect_said(rows, 2, "Keeping the data on the device is not enough, however often used; it would have to");
  rows[1].upload_fresh_s = 4e-3;
  expect_said(rows, 2, "Keeping the inputs that stay on the device is not enough");
  rows[1].compute_s = 4e-3;
  rows[1].upload_s = 0.4e-3;
  rows[1].gbytes_per_s = 5.6;
  expect_said(rows, 2, "83% of its 4.80 ms (+-1.0%) is computation at 5.60 GB/s.");
  expect_said(rows, 2, "No link and no reuse would help: its computation alone takes 4.00 ms.");
  rows[1].flops = 1e12;
  rows[1].gflops_per_s = 250;
  expect_said(rows, 2, "is computation at 250 GFLOP/s.");
}

TEST(ExplainDevice, WhateverElseTakesTheTime) {
  auto rows = gpu_rows();
  Row& gpu = rows[1];
  gpu.upload_s = 1e-3;
  gpu.download_s = 3e-3;
  gpu.bytes_out = 6e6;
  expect_said(rows, 2, "63% of its 4.80 ms (+-1.0%) is download at 2.00 GB/s.");
  gpu.download_s = 1e-3;
  gpu.unaccounted_s = 1.92e-3;
  expect_said(
      rows, 2,
      "the largest part of its 4.80 ms (+-1.0%), 40%, is neither moving data nor computing: launches");
  gpu.upload_s = 5e-3;
  gpu.transfer = "pinned";
  expect_said(rows, 2,
              "of its 4.80 ms (+-1.0%), all is upload at 4.46 GB/s from pinned memory, which its producer");
  for (Number Row::*phase : {&Row::upload_s, &Row::compute_s, &Row::download_s, &Row::unaccounted_s})
    (gpu.*phase).reset();
  expect_said(rows, 2, "it takes 4.80 ms (+-1.0%); its phases were not measured apart.");
}

TEST(ExplainDevice, WonTiedUnclearAlone) {
  auto rows = gpu_rows();
  Row& gpu = rows[1];
  gpu.baseline_call_s = 9.6e-3;
  gpu.verdict = verdict_in("cuda");
  expect_said(rows, 2, "The GPU wins this call, 2.00x as fast as openmp (16 threads), 9.60 ms: 91% of");
  expect_unsaid(rows, 2, "Kept on the device");
  gpu.end_to_end_s = 20e-3;
  gpu.baseline_end_to_end_s = 10e-3;
  gpu.speedup_end_to_end = 0.5;
  expect_said(rows, 2, "Called once, with buffers of its own, it loses: 20.0 ms against 10.0 ms.");
  gpu.verdict = verdict_in("openmp|cuda");
  rows[0].call_s = 4.79e-3;
  rows[0].call_low_s = 4.75e-3;
  rows[0].call_high_s = 4.8e-3;
  expect_said(rows, 2, "The GPU ties with openmp (16 threads), 9.60 ms, within 3%: ");
  rows[0].call_high_s = 9e-3;
  expect_said(rows, 2, "Whether the GPU beats openmp (16 threads), 9.60 ms is unclear");
  gpu.verdict = verdict_in("unclear (provisional)");
  expect_said(rows, 2, "Whether the GPU beats openmp (16 threads), 9.60 ms is unclear");
  expect_said(rows, 2, "That is provisional");
  gpu.verdict = {};
  gpu.baseline_solver = "";
  expect_said(rows, 2, "There is no CPU time to compare the GPU with: 91% of");
}

TEST(ExplainDevice, ChunksAndStartUp) {
  auto rows = gpu_rows();
  Row& gpu = rows[1];
  gpu.chunks = 4;
  gpu.available_device_bytes = std::int64_t{100} << 20;
  expect_said(rows, 2,
              "It is cut into 4 pieces to fit the device (100 MiB available); what is cut is uploaded");
  gpu.startup_s = 0.24;
  gpu.one_shot_s = 0.3;
  gpu.startup_driver_s = 0.1;
  gpu.startup_context_s = 0.13;
  rows[0].one_shot_s = 0.01;
  expect_said(rows, 2,
              "A script that asks once waits 300 ms, 80% of it start-up (most for the context, 130 ms); with "
              "openmp (16 threads), row 1, 10.0 ms.");
  gpu.startup_s = 0.1;
  expect_unsaid(rows, 2, "script");
}

}  // namespace
}  // namespace crossover
