// Asserts: what each event changes in its row, which outcomes stay, and what is summed up from samples.
// Verdicts and baselines are in verdict.test.cpp. To add an event, add a test of what it changes; cases are
// made by hand.
#include "bench/worker/record.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/recorded.hpp"

namespace crossover {
namespace {

TEST(Record, WholeNumbersHaveNoExponent) {
  Recorded group({"cpu serial"});
  group.well(0, 1.0);
  group.record.apply(event::value(0, "peak_host_bytes", 1024000000));
  group.record.apply(event::value(0, "startup_s", 0.25));
  const Row row = group.rows().at(0);
  EXPECT_EQ(row.peak_host_bytes, 1024000000);
  EXPECT_EQ(row.startup_s, 0.25);
}

TEST(Record, ACaseWithoutAResultHasFailed) {
  Recorded group({"cpu serial"});
  EXPECT_EQ(group.rows().at(0).outcome, Outcome::failed);
  EXPECT_EQ(group.rows().at(0).reason, "the worker ended without a result");
  group.record.apply(event::sample(0, "call", 0, {{"call", 1.0}}));
  EXPECT_EQ(group.rows().at(0).outcome, Outcome::failed) << "samples that nobody verified";
}

TEST(Record, DisturbedSamplesAreCountedAndMostOfThemWarn) {
  for (const int disturbed : {0, 2, 3}) {
    Recorded group({"cpu serial"});
    group.right(0);
    for (int i = 0; i < 8; ++i) {
      const Contention contention{.preemptions = 9, .waited_s = i < disturbed ? 0.2 : 0.01, .throttled = {}};
      group.record.apply(event::sample(0, "call", i, {{"call", 1.0}}, contention));
    }
    const Row row = group.rows().at(0);
    EXPECT_EQ(row.samples, 8) << "none is dropped";
    EXPECT_EQ(row.disturbed_samples, disturbed);
    EXPECT_EQ(row.warnings.find("disturbed") != std::string::npos, disturbed == 3) << row.warnings;
  }
}

TEST(Record, WhatCannotExistIsUnavailable) {
  Recorded group({"cuda cublas-tiled"});
  Event event;
  try {
    throw Unavailable("no cuBLAS here");
  } catch (...) {
    event = event::failure_in_flight(0, Phase::startup);
  }
  group.record.apply(event);
  EXPECT_EQ(group.rows().at(0).outcome, Outcome::unavailable);
  EXPECT_EQ(group.rows().at(0).reason, "no cuBLAS here");
}

TEST(Record, BeginSaysThePhaseReached) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.record.apply(event::begin(0, Phase::compute));
  EXPECT_EQ(group.rows().at(0).phase_reached, "compute");
  EXPECT_EQ(group.rows().at(1).phase_reached, "");
  group.record.apply(event::begin(-1, Phase::inputs));
  EXPECT_EQ(group.rows().at(1).phase_reached, "inputs") << "the group's own events are everybody's";
}

TEST(Record, SamplesOfEachKindFindTheirPlace) {
  Recorded group({"cpu serial"});
  group.right(0);
  group.record.apply(event::sample(0, "open", 0, {{"allocate", 1.0}, {"pin", 4.0}}));
  group.record.apply(event::sample(0, "open", 1, {{"allocate", 3.0}, {"pin", 6.0}}));
  group.record.apply(event::sample(0, "close", 0, {{"release", 0.5}}));
  group.record.apply(event::sample(0, "first", 0, {{"call", 9.0}}));
  group.record.apply(event::sample(0, "pilot", 1, {{"call", 100.0}}));
  group.calls(0, {2, 2.5, 3});
  const Row row = group.rows().at(0);
  EXPECT_EQ(row.outcome, Outcome::ok);
  EXPECT_EQ(row.allocate_s, 2.0);
  EXPECT_EQ(row.pin_s, 5.0);
  EXPECT_EQ(row.release_s, 0.5);
  EXPECT_EQ(row.first_call_s, 9.0);
  EXPECT_EQ(row.call_s, 2.5) << "pilots are not quoted";
  EXPECT_EQ(row.samples, 3);
  EXPECT_EQ(row.end_to_end_s, 2.0 + 5.0 + 2.5 + 0.5);
  EXPECT_EQ(row.compute_s, 2.5) << "a call of one phase";
  EXPECT_EQ(row.phase_reached, "");
  EXPECT_FALSE(row.call_low_s || row.call_high_s) << "three samples have no interval";
}

TEST(Record, EightSamplesHaveAnInterval) {
  Recorded group({"cpu serial"});
  group.right(0);
  group.calls(0, {8, 1, 2, 3, 4, 5, 6, 7});
  const double extended = std::pow(8, 1.5);  // so few may correlate unseen
  EXPECT_NEAR(*group.rows().at(0).call_low_s, 1 / extended, 1e-9);
  EXPECT_NEAR(*group.rows().at(0).call_high_s, 8 * extended, 1e-9);
  EXPECT_TRUE(group.rows().at(0).lag1_correlation);
}

TEST(Record, ValuesGoToTheirColumns) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.record.apply(event::value(0, "startup_s", 0.25));
  group.record.apply(event::value(0, "peak_host_bytes", 123456789));
  group.record.apply(event::value(-1, "steal_s", 0.125));
  group.record.apply(event::value(0, "one_shot_s", std::nan("")));
  EXPECT_EQ(group.rows().at(0).startup_s, 0.25);
  EXPECT_EQ(group.rows().at(0).peak_host_bytes, 123456789);
  EXPECT_EQ(group.rows().at(1).steal_s, 0.125);
  EXPECT_FALSE(group.rows().at(0).one_shot_s);
}

TEST(Record, VerifiedSaysHowMuchWasComparedAndTheLargestError) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.record.apply(
      event::verified(0, {.ok = true, .max_error = 3e-8, .checked = 10, .of = 10, .what = {}}));
  group.record.apply(
      event::verified(0, {.ok = true, .max_error = 1e-8, .checked = 10, .of = 10, .what = {}}));
  group.record.apply(event::verified(1, {.ok = true, .max_error = 0, .checked = 5, .of = 10, .what = {}}));
  group.calls(0, {1});
  group.calls(1, {1});
  EXPECT_EQ(group.rows().at(0).verified, "all");
  EXPECT_EQ(group.rows().at(0).max_error, 3e-8);
  EXPECT_EQ(group.rows().at(1).verified, "sampled 5 of 10");
}

TEST(Record, WrongOnceIsWrongForever) {
  Recorded group({"cpu serial"});
  group.right(0);
  group.calls(0, {1, 1, 1});
  group.record.apply(event::verified(
      0, {.ok = false, .max_error = INFINITY, .checked = 1, .of = 1, .what = "output 3 is 4"}));
  group.right(0);
  group.record.apply(event::failure(0, Outcome::killed, Phase::release, "killed"));
  const Row row = group.rows().at(0);
  EXPECT_EQ(row.outcome, Outcome::wrong);
  EXPECT_EQ(row.reason, "output 3 is 4");
  EXPECT_FALSE(row.call_s || row.speedup_call);
}

TEST(Record, TheFirstFailureStays) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.record.apply(event::begin(0, Phase::allocate));
  group.record.apply(event::failure(0, Outcome::out_of_memory, Phase::allocate, "no room", 4096, 1024));
  group.record.apply(event::failure(0, Outcome::failed, Phase::release, "later"));
  group.record.apply(event::begin(0, Phase::release));
  group.record.apply(event::begin(-1, Phase::verify));
  group.record.end_all(Outcome::killed, Phase::compute, "the group's process died");
  const auto rows = group.rows();
  EXPECT_EQ(rows[0].outcome, Outcome::out_of_memory);
  EXPECT_EQ(rows[0].reason, "no room");
  EXPECT_EQ(rows[0].phase_reached, "allocate");
  EXPECT_EQ(rows[0].needed_host_bytes, 4096);
  EXPECT_EQ(rows[0].available_host_bytes, 1024);
  EXPECT_EQ(rows[1].outcome, Outcome::killed) << "who had no outcome shares the group's";
  EXPECT_EQ(rows[1].phase_reached, "compute");
}

TEST(Record, PlannedOutcomesAreNotTouched) {
  Recorded group({"cpu serial", "cpu openmp"}, {true, false});
  group.record.apply(event::begin(-1, Phase::inputs));
  group.record.end_all(Outcome::failed, Phase::inputs, "all of it");
  EXPECT_EQ(group.rows().at(0).outcome, Outcome::refused);
  EXPECT_EQ(group.rows().at(0).phase_reached, "");
  EXPECT_EQ(group.rows().at(1).outcome, Outcome::failed);
}

TEST(Record, ARestartForgetsSamplesButNotOutcomes) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.right(0);
  group.record.apply(event::sample(0, "first", 0, {{"call", 9.0}}));
  group.calls(0, {1, 1, 1});
  group.record.apply(event::failure(1, Outcome::killed, Phase::call, "killed"));
  group.record.apply(event::restart(0, true));
  group.calls(0, {2, 2});
  EXPECT_EQ(group.rows().at(0).call_s, 2);
  EXPECT_EQ(group.rows().at(0).samples, 2);
  EXPECT_EQ(group.rows().at(0).first_call_s, 9);
  EXPECT_TRUE(group.rows().at(0).interleaved);
  EXPECT_EQ(group.rows().at(1).outcome, Outcome::killed);
}

TEST(Record, WarningsAreSaidOnce) {
  Recorded group({"cpu serial"});
  for (const char* text : {"a", "b", "a"}) group.record.apply(event::warning(0, text));
  group.right(0);
  group.calls(0, {1});
  EXPECT_EQ(group.rows().at(0).warnings, "a; b");
}

TEST(Record, AFirstCallMayBeTheOnlySample) {
  Recorded group({"cpu serial"});
  group.right(0);
  group.record.apply(event::sample(0, "first", 0, {{"call", 90.0}}));
  const Row row = group.rows().at(0);
  EXPECT_EQ(row.outcome, Outcome::ok);
  EXPECT_EQ(row.call_s, 90);
  EXPECT_EQ(row.samples, 1);
  EXPECT_NE(row.warnings.find("one sample, its first call"), std::string::npos);
}

TEST(Record, PhasesAreThoseOfTheMedianSample) {
  Recorded group({"cuda tiled"});
  group.right(0);
  group.calls(0, {10.0, 10.0, 10.0});
  group.record.apply(
      event::sample(0, "phases", 0, {{"upload", 9.0}, {"upload_fresh", 9.0}, {"compute", 9.0}}));
  group.record.apply(event::sample(
      0, "phases", 1, {{"upload", 3.0}, {"upload_fresh", 0.5}, {"compute", 2.0}, {"download", 4.0}}));
  group.record.apply(
      event::sample(0, "phases", 2, {{"upload", 0.1}, {"upload_fresh", 0.1}, {"compute", 0.1}}));
  const Row row = group.rows().at(0);
  EXPECT_EQ(row.upload_s, 3.5) << "stationary and fresh";
  EXPECT_EQ(row.upload_fresh_s, 0.5);
  EXPECT_EQ(row.compute_s, 2.0);
  EXPECT_EQ(row.download_s, 4.0);
  EXPECT_EQ(row.unaccounted_s, 0.5);
  EXPECT_EQ(row.warnings, "") << "5 % unaccounted is normal";
}

TEST(Record, TimeUnaccountedForIsWarnedOf) {
  for (const double call_s : {8.0, 13.0}) {
    Recorded group({"cuda tiled"});
    group.right(0);
    group.calls(0, {call_s});
    group.record.apply(event::sample(0, "phases", 0, {{"upload", 6.0}, {"compute", 4.0}}));
    EXPECT_EQ(group.rows().at(0).unaccounted_s, call_s - 10) << "overlap makes it negative";
    EXPECT_NE(group.rows().at(0).warnings.find("of the call"), std::string::npos);
  }
}

TEST(Record, RatesComeFromComputeTime) {
  Recorded group({"cpu serial"});
  group.right(0);
  group.calls(0, {2.0});
  const Work work = group.problem->work(group.group.shape, group.group.type);
  EXPECT_DOUBLE_EQ(*group.rows().at(0).gflops_per_s, work.flops / 2e9);
  EXPECT_DOUBLE_EQ(*group.rows().at(0).gbytes_per_s, (work.bytes_in + work.bytes_out) / 2e9);
}

TEST(Record, ASlowFirstCallIsWarnedOf) {
  Recorded group({"cpu serial", "cpu openmp"});
  for (const int id : {0, 1}) {
    group.right(id);
    group.calls(id, {1, 1, 1});
  }
  group.record.apply(event::sample(0, "first", 0, {{"call", 41.0}}));
  group.record.apply(event::sample(1, "first", 0, {{"call", 39.0}}));
  EXPECT_NE(group.rows().at(0).warnings.find("first call took 41"), std::string::npos);
  EXPECT_EQ(group.rows().at(1).warnings, "");
}

Calibration calibration_by_hand() {
  Calibration calibration;
  calibration.date_utc = "2026-01-01T00:00:00Z";
  calibration.threads = 1;
  calibration.levels = {{.name = "DRAM",
                         .bytes = std::size_t{1} << 30,
                         .read_gbytes_per_s_1 = 10,
                         .read_gbytes_per_s_all = 10,
                         .best_gbytes_per_s_1 = 10,
                         .best_gbytes_per_s_all = 10}};
  calibration.fma_gflops_f32_1 = calibration.fma_gflops_f32_all = 1e6;
  calibration.fma_gflops_f64_1 = calibration.fma_gflops_f64_all = 1e6;
  calibration.timer_s = 1e-8;
  return calibration;
}

TEST(Record, FloorsAreThoseOfTheCalibration) {
  Recorded group({"cpu serial", "cuda tiled"});  // row_means of 1000 x 100 f64: 800 kB, 80 us at 10 GB/s
  group.right(0);
  group.right(1);
  group.calls(0, {1e-3});
  group.calls(1, {1e-3});
  const Calibration calibration = calibration_by_hand();
  const auto rows = group.record.rows(&calibration, 8e9, group.group);
  ASSERT_TRUE(rows[0].floor_s);
  EXPECT_NEAR(*rows[0].floor_s, 80e-6, 1e-6);
  EXPECT_EQ(rows[0].floor_name, "DRAM read");
  EXPECT_EQ(rows[0].warnings, "");
  EXPECT_FALSE(rows[1].floor_s) << "no host floor for a device";
}

TEST(Record, FasterThanItsFloorIsWarnedOf) {
  Recorded group({"cpu serial"});
  group.right(0);
  group.calls(0, {50e-6});
  const Calibration calibration = calibration_by_hand();
  EXPECT_NE(group.record.rows(&calibration, 8e9, group.group).at(0).warnings.find("faster than its floor"),
            std::string::npos);
}

TEST(Record, AClockThatCostsTooMuchIsWarnedOf) {
  Recorded group({"cpu serial"});
  group.right(0);
  group.calls(0, {1e-3});
  Calibration calibration = calibration_by_hand();
  calibration.timer_s = 0.06e-3;
  EXPECT_NE(group.record.rows(&calibration, 8e9, group.group).at(0).warnings.find("the clock costs"),
            std::string::npos);
}

TEST(Record, SamplesCsvHasEverySampleAsItWas) {
  const Sample sample = sample_of(event::sample(2, "phases", 7, {{"upload", 1.5}, {"compute", 2.5}}), 12.0);
  EXPECT_EQ(sample.kind, "phases");
  EXPECT_EQ(sample.block, 7);
  EXPECT_EQ(sample.seconds, (std::map<std::string, double>{{"upload", 1.5}, {"compute", 2.5}}));
  EXPECT_EQ(sample.elapsed_s, 12.0);
}

}  // namespace
}  // namespace crossover
