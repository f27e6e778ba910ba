// Asserts which larger cases are too slow because of what a smaller one took, and how long they are said to
// take. To add a case: a smaller row, and what is asked of the larger one.
#include "bench/plan/smaller.hpp"

#include <gtest/gtest.h>

#include "tests/rows.hpp"

namespace crossover {
namespace {

constexpr double timeout_s = 8;

/// Similarity against 1000 rows of 100 values; the operations are those of the product.
Row asked(Index queries, Outcome outcome = Outcome::ok, double seconds = 0) {
  Row row = cpu_row("serial", 1, seconds);
  row.problem = "similarity";
  row.type = "f32";
  row.sizes = {{"corpus", 1000}, {"queries", queries}, {"dim", 100}, {"k", 3}};
  row.flops = 2.0 * 1000 * 100 * static_cast<double>(queries);
  row.outcome = outcome;
  if (outcome == Outcome::too_slow || outcome == Outcome::not_run) {
    row.call_s = {};
    row.forecast_s = seconds;
  }
  return row;
}

Row planned(Index queries) {
  Row row = asked(queries);
  row.call_s = row.forecast_s = {};
  row.outcome = Outcome::failed;
  row.reason = {};
  return row;
}

/// The forecast of `row` after `smaller`; 0 where it has to be run, and then nothing was filled.
double forecast(Row row, const std::vector<Row>& smaller, const char* once_solver = "") {
  const Group group{find_problem("similarity"), {}, Type::f32, {}, 1, timeout_s, once_solver};
  if (settle_by_smaller(row, group, smaller, 0)) {
    EXPECT_EQ(row.outcome, Outcome::too_slow);
    return row.forecast_s.value_or(-1);
  }
  EXPECT_EQ(row.outcome, Outcome::failed);
  EXPECT_FALSE(row.forecast_s);
  EXPECT_EQ(row.reason, "");
  return 0;
}

TEST(Smaller, WhatWasTooSlowIsTooSlowForMore) {
  EXPECT_DOUBLE_EQ(forecast(planned(10'000), {asked(1000, Outcome::too_slow, 9)}), 90);
  EXPECT_DOUBLE_EQ(forecast(planned(1000), {asked(1000, Outcome::too_slow, 9)}), 9) << "no more, no less";
  EXPECT_EQ(forecast(planned(999), {asked(1000, Outcome::too_slow, 9)}), 0) << "less may be quick enough";
}

TEST(Smaller, AMeasuredCallProvesNothing) {
  EXPECT_EQ(forecast(planned(1'000'000), {asked(1000, Outcome::ok, 7)}), 0)
      << "every call may pay for most of it";
}

TEST(Smaller, TheLargestTellsMost) {
  EXPECT_DOUBLE_EQ(
      forecast(planned(10'000), {asked(100, Outcome::too_slow, 9), asked(1000, Outcome::too_slow, 60)}), 600);
}

/// Forecasts of tiny shapes are pessimistic: what every call pays is counted as if it grew.
TEST(Smaller, ATinyShapeDoesNotOutvoteALargerOne) {
  const Row tiny = asked(10, Outcome::too_slow, 9);
  EXPECT_EQ(forecast(planned(10'000), {tiny, asked(1000, Outcome::ok, 0.5)}), 0);
  EXPECT_EQ(forecast(planned(1100), {tiny, asked(1000, Outcome::not_run, 5)}), 0) << "5.5 s: it fits";
  EXPECT_EQ(forecast(planned(10'000), {tiny, asked(1000, Outcome::ok, 2)}, "serial"), 0) << "20 s of 600";
}

TEST(Smaller, WhatTheClockStoppedTookTheTimeoutAtLeast) {
  Row stopped = asked(1000, Outcome::too_slow);
  stopped.forecast_s = {};
  stopped.phase_reached = "call";
  EXPECT_DOUBLE_EQ(forecast(planned(10'000), {stopped}), 10 * timeout_s);
  Row row = planned(10'000);
  const Group group{find_problem("similarity"), {}, Type::f32, {}, 1, timeout_s, {}};
  ASSERT_TRUE(settle_by_smaller(row, group, std::vector<Row>{stopped}, 0));
  EXPECT_TRUE(
      row.reason.starts_with("forecast from queries=1000, where a call was stopped after 8.00 s: 80.0 s"))
      << row.reason;
}

TEST(Smaller, AnotherInnerAxisHasAnotherRate) {
  Row narrow = asked(1000, Outcome::too_slow, 9);
  narrow.sizes["dim"] = 50;
  narrow.flops = *narrow.flops / 2;
  Row row = planned(1000);
  row.flops = *narrow.flops * 1.2;
  EXPECT_EQ(forecast(row, {narrow}), 0) << "10.8 s, or 7.2 s at a better rate";
  row.flops = *narrow.flops * 2;
  EXPECT_DOUBLE_EQ(forecast(row, {narrow}), 18);
}

TEST(Smaller, OtherCasesAndOtherEndingsTellNothing) {
  const Row slow = asked(1000, Outcome::too_slow, 9);
  for (const auto& change : std::vector<std::function<void(Row&)>>{
           [](Row& row) { row.solver = "eigen"; }, [](Row& row) { row.threads = 2; },
           [](Row& row) { row.backend = "cuda"; }, [](Row& row) { row.transfer = "pinned"; },
           [](Row& row) { row.source = "modelled"; }, [](Row& row) { row.cache = "cold"; },
           [](Row& row) { row.type = "f64"; }, [](Row& row) { row.bind = "spread"; },
           [](Row& row) { row.sizes["dim"] = 101; }, [](Row& row) { row.outcome = Outcome::killed; },
           [](Row& row) {
             row.forecast_s = {};
             row.phase_reached = "verify";
           }}) {
    Row other = slow;
    change(other);
    EXPECT_EQ(forecast(planned(10'000), {other}), 0);
  }
  EXPECT_EQ(forecast(planned(10'000), {}), 0);
}

TEST(Smaller, WhatIsCalledOnceMayTakeLongByWhatWasMeasured) {
  EXPECT_EQ(forecast(planned(10'000), {asked(1000, Outcome::ok, 2)}, "serial"), 0);
  EXPECT_EQ(forecast(planned(10'000), {asked(1000, Outcome::too_slow, 10.6)}, "serial"), 0) << "106 of 600";
  EXPECT_DOUBLE_EQ(forecast(planned(1'000'000), {asked(1000, Outcome::ok, 2)}, "serial"), 2000) << "of 600";
  EXPECT_EQ(forecast(planned(1000), {asked(1000, Outcome::ok, 500)}, "serial"), 0);
  EXPECT_DOUBLE_EQ(forecast(planned(1000), {asked(1000, Outcome::ok, 590)}, "serial"), 590)
      << "no margin left";
}

TEST(Smaller, WhatTheRunHasLeftLimitsACall) {
  Row row = planned(10'000);
  Group group{find_problem("similarity"), {}, Type::f32, {}, 1, timeout_s, "serial"};
  group.deadline_s = 119;
  const std::vector<Row> smaller = {asked(1000, Outcome::ok, 2)};
  EXPECT_FALSE(settle_by_smaller(row, group, smaller, 96));
  ASSERT_TRUE(settle_by_smaller(row, group, smaller, 100));
  EXPECT_EQ(
      row.reason,
      "forecast from queries=1000, where a call took 2.00 s: 20.0 s, more than the 19.0 s that --within "
      "leaves");
  EXPECT_EQ(call_limit(group, "eigen", 100).seconds(), timeout_s);
  EXPECT_EQ(call_limit(group, "eigen", 115).seconds(), 4);
  EXPECT_EQ(call_limit(group, "eigen", 200).seconds(), 0);
  EXPECT_EQ(row.outcome, Outcome::not_run);
}

TEST(Smaller, ACallThatPassesTheTimeoutIsTooSlowWhateverTheRunHasLeft) {
  Row row = planned(10'000);
  Group group{find_problem("similarity"), {}, Type::f32, {}, 1, timeout_s, {}};
  group.deadline_s = 105;
  ASSERT_TRUE(settle_by_smaller(row, group, std::vector<Row>{asked(1000, Outcome::too_slow, 9)}, 100));
  EXPECT_EQ(row.outcome, Outcome::too_slow);
  EXPECT_NE(row.reason.find("the timeout of 8.00 s"), std::string::npos) << row.reason;
  ASSERT_TRUE(settle_by_smaller(row, group, std::vector<Row>{asked(9000, Outcome::not_run, 6)}, 100));
  EXPECT_EQ(row.outcome, Outcome::not_run) << "6.67 s: less than the timeout, more than what is left";
  EXPECT_NE(row.reason.find("the 5.00 s that --within leaves"), std::string::npos) << row.reason;
}

TEST(Smaller, NothingRunsBehindTheDeadline) {
  Row row = planned(1000);
  Group group{find_problem("similarity"), {}, Type::f32, {}, 1, timeout_s, {}};
  EXPECT_FALSE(settle_without_time(row, group, 1e9)) << "there is none";
  group.deadline_s = 100;
  EXPECT_FALSE(settle_without_time(row, group, 99));
  EXPECT_TRUE(settle_without_time(row, group, 100));
  EXPECT_EQ(row.outcome, Outcome::not_run);
  EXPECT_NE(row.reason.find("--within"), std::string::npos);
}

TEST(Smaller, TheReasonNamesWhatWasForecastAndWhatItComesTo) {
  Row row = planned(10'000);
  const Group group{find_problem("similarity"), {}, Type::f32, {}, 1, timeout_s, {}};
  ASSERT_TRUE(settle_by_smaller(row, group, std::vector<Row>{asked(1000, Outcome::too_slow, 9)}, 0));
  EXPECT_EQ(
      row.reason,
      "forecast from queries=1000, where a call was forecast to take 9.00 s: 90.0 s, more than the timeout "
      "of 8.00 s (--timeout allows more)");
}

}  // namespace
}  // namespace crossover
