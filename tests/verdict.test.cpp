// Asserts: who is the baseline, what verdicts and speed-ups say of whom, and how often an upload must be used
// again. To add an outcome, add it to the loops.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "bench/report/explain.hpp"
#include "bench/rows/screen_labels.hpp"
#include "tests/recorded.hpp"

namespace crossover {
namespace {

TEST(Verdict, TheBaselineIsChosenByPilotsAndQuotedFromOtherSamples) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.right(0);
  group.right(1);
  group.pilots(0, {1.0, 1.0, 1.0});
  group.pilots(1, {2.0, 2.0, 2.0});
  group.calls(0, std::vector<double>(8, 3.0));
  group.calls(1, std::vector<double>(8, 6.0));
  const auto rows = group.rows();
  for (const Row& row : rows) {
    EXPECT_EQ(row.baseline_solver, "serial");
    EXPECT_EQ(row.baseline_call_s, 3.0) << "not the lucky pilots";
  }
  EXPECT_EQ(rows[1].speedup_call, 0.5);
  EXPECT_EQ(text_of(rows[1].verdict), "serial");
  EXPECT_EQ(text_of(rows[0].verdict), "serial") << "the baseline's row says how the group ended";
  EXPECT_EQ(rows[0].speedup_call, 1.0);
}

TEST(Verdict, TheSamplersChoiceOfABaselineHolds) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.well(0, 1.0);
  group.well(1, 1.0);
  group.record.apply(event::baseline(1));
  EXPECT_EQ(group.rows().at(0).baseline_solver, "openmp");
  group.record.apply(event::failure(1, Outcome::failed, Phase::call, "it broke"));
  EXPECT_EQ(group.rows().at(0).baseline_solver, "serial") << "only a case that ended well can be one";

  Recorded afresh({"cpu serial", "cpu openmp"});
  afresh.well(0, 1.0);
  afresh.record.apply(event::baseline(1));
  afresh.record.apply(event::restart(1, true));
  afresh.well(1, 2.0);
  EXPECT_EQ(afresh.rows().at(0).baseline_solver, "serial") << "the samples it was chosen on are gone";
}

TEST(Verdict, ACpuSolverMeasuredFasterTakesTheBaselinesPlace) {
  Recorded group({"cpu serial", "cpu openmp", "cuda tiled"});
  group.well(0, 20.0);
  group.well(1, 2.0);
  group.well(2, 4.0);
  group.record.apply(event::baseline(0));  // its pilots were quiet, those of openmp were not
  const auto rows = group.rows();
  EXPECT_EQ(rows[2].baseline_solver, "openmp");
  EXPECT_NEAR(*rows[2].speedup_call, 0.5, 1e-3) << "not five times faster than a straggler";
  EXPECT_NE(rows[1].warnings.find("pilot samples chose serial"), std::string::npos) << rows[1].warnings;
}

TEST(Verdict, AnOftenDisturbedCandidateLeavesItOpen) {
  for (const bool disturbed : {false, true}) {
    Recorded group({"cpu serial", "cpu openmp"});
    group.well(0, 2.0);
    group.right(1);
    group.pilots(1, {9.0});
    const Contention contention{.preemptions = 1, .waited_s = disturbed ? 3.0 : 0.0, .throttled = {}};
    for (int i = 0; i < 8; ++i)
      group.record.apply(event::sample(1, "call", i, {{"call", i == 0 ? 1.0 : 9.0}}, contention));
    EXPECT_EQ(group.rows().at(0).verdict.provisional, disturbed)
        << "it was once faster, and perhaps always is";
  }
}

TEST(Verdict, SpeedUpsNameTheirQuestion) {
  Recorded group({"cpu serial 4", "cuda tiled"});
  group.well(0, 8.0);
  group.record.apply(event::sample(0, "open", 0, {{"allocate", 1.0}}));
  group.well(1, 4.0);
  group.record.apply(event::sample(1, "phases", 0, {{"upload", 2.0}, {"compute", 1.0}, {"download", 1.0}}));
  group.record.apply(event::sample(1, "open", 0, {{"allocate", 14.0}}));
  const Row row = group.rows().at(1);
  EXPECT_DOUBLE_EQ(*row.speedup_call, 2.0);
  EXPECT_DOUBLE_EQ(*row.speedup_compute, 8.0);
  EXPECT_DOUBLE_EQ(*row.speedup_end_to_end, 0.5);
  EXPECT_EQ(row.baseline_threads, 4);
  EXPECT_EQ(text_of(row.verdict), "tiled");
}

TEST(Verdict, ADeviceIsNeverTheBaseline) {
  Recorded group({"cuda tiled", "cpu serial"});
  group.well(0, 1.0);
  group.well(1, 5.0);
  EXPECT_EQ(group.rows().at(0).baseline_solver, "serial");
  Recorded alone({"cuda tiled"});
  alone.well(0, 1.0);
  EXPECT_EQ(alone.rows().at(0).baseline_solver, "");
  EXPECT_EQ(text_of(alone.rows().at(0).verdict), "");
  EXPECT_FALSE(alone.rows().at(0).speedup_call);
}

TEST(Verdict, PinnedOperandsDoNotDecideTheHeadline) {
  Recorded group({"cpu serial", "cuda tiled pageable", "cuda tiled pinned"});
  group.well(0, 2.0);
  group.well(1, 4.0);
  group.well(2, 1.0);
  const auto rows = group.rows();
  EXPECT_EQ(text_of(rows[0].verdict), "serial") << "of the modes that start in ordinary memory";
  EXPECT_EQ(text_of(rows[1].verdict), "serial");
  EXPECT_EQ(text_of(rows[2].verdict), "tiled pinned") << "its own row says what it is worth";
  const std::string text = render_verdict(rows, 200);
  EXPECT_NE(text.find("serial is the fastest: 2.00 s a call"), std::string::npos) << text;
  EXPECT_NE(text.find("from pinned memory, cuda tiled (pinned) 1.00 s"), std::string::npos) << text;
}

TEST(Verdict, TiesAndUnclear) {
  Recorded tie({"cpu serial", "cpu openmp"});
  tie.well(0, 1.0);
  tie.well(1, 1.005);
  EXPECT_EQ(text_of(tie.rows().at(0).verdict), "serial|openmp") << "within 3 %: both";
  EXPECT_EQ(text_of(tie.rows().at(1).verdict), "serial|openmp");
  Recorded few({"cpu serial", "cpu openmp"});
  few.well(0, 1.0, 7);
  few.well(1, 1.1, 7);
  EXPECT_EQ(text_of(few.rows().at(1).verdict), "unclear")
      << "seven samples decide what is 1.15x apart, not what is less";
  Recorded noisy({"cpu serial", "cpu openmp"});
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> noise(0, 0.5);
  for (const int id : {0, 1}) {
    noisy.right(id);
    for (int i = 0; i < 16; ++i) noisy.calls(id, {noise(random)});
  }
  EXPECT_EQ(text_of(noisy.rows().at(1).verdict), "unclear");
}

TEST(Verdict, NamesThoseThatNothingTellsApartAndExcludesTheOthers) {
  Recorded group({"cpu serial", "cpu eigen", "cpu openmp"});
  group.well(0, 20.0);
  group.well(1, 1.005);
  group.well(2, 1.0);
  for (const Row& row : group.rows()) EXPECT_EQ(text_of(row.verdict), "openmp|eigen");
  const std::string text = render_verdict(group.rows(), 200);
  EXPECT_NE(text.find("openmp 1.00 s or eigen 1.00 s (within 3%); both at least 19.9x serial"),
            std::string::npos)
      << text;
  group.record.apply(event::restart(1, true));
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> noise(0.02, 0.2);
  for (int i = 0; i < 16; ++i) group.calls(1, {noise(random)});
  EXPECT_EQ(group.rows()[0].verdict.fastest.size(), 2U) << "noise: perhaps one of the two, never serial";
  EXPECT_NE(render_verdict(group.rows(), 200).find("apart, which may be noise); both"), std::string::npos)
      << render_verdict(group.rows(), 200);
}

TEST(Verdict, OfARowWithoutAnyUndisturbedSampleLittleIsKnown) {
  for (const int disturbed : {0, 4, 8}) {
    Recorded group({"cpu serial", "cpu openmp"});
    group.well(0, 1.0, 8);
    group.right(1);
    group.pilots(1, {50.0});
    const Contention contention{.preemptions = 3, .waited_s = 30.0, .throttled = {}};
    for (int i = 0; i < 8; ++i)
      group.record.apply(
          event::sample(1, "call", i, {{"call", 50.0 + i}}, i < disturbed ? contention : Contention{}));
    const auto rows = group.rows();
    EXPECT_EQ(text_of(rows[1].verdict), disturbed == 8 ? "serial (provisional)" : "serial")
        << "undisturbed samples that are far behind leave no doubt";
    EXPECT_EQ(render_verdict(rows, 200).find("openmp may be faster: its samples were disturbed") !=
                  std::string::npos,
              disturbed == 8)
        << render_verdict(rows, 200);
  }
}

/// Groups as machines make them: cases that may be alike, offsets from look to look, neighbours that
/// correlate, drift, preempted samples (not always seen), and as many samples as each had time for.
Recorded random_group(std::mt19937_64& random) {
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  std::normal_distribution<double> normal;
  const std::vector<std::string> names = {"cpu serial", "cpu openmp 1", "cpu openmp 2", "cuda tiled",
                                          "cuda tiled pinned"};
  const int cases = std::uniform_int_distribution<int>(2, 5)(random);
  Recorded group({names.begin(), names.begin() + cases});
  const double spread = uniform(0, 0.2), offsets = uniform(0, 0.2), drift = uniform(-0.5, 0.5);
  const double rho = uniform(0, 0.9), preempted = uniform(0, 1) < 0.3 ? 1 : uniform(0, 0.3);
  for (int id = 0; id < cases; ++id) {
    group.right(id);
    const double call_s = 1e-3 * std::exp(uniform(0, 1) < 0.5 ? 0.02 * normal(random) : normal(random));
    group.pilots(id, {call_s * uniform(0.9, 1.5)});
    const int count = static_cast<int>(std::exp(uniform(0, 5)));
    double offset = 0, state = 0;
    for (int i = 0; i < count; ++i) {
      if (i == 8 || i == 16 || i == 32 || i == 64 || i == 128 || i == 0) offset = offsets * normal(random);
      state = rho * state + std::sqrt(1 - rho * rho) * normal(random);
      const bool hit = uniform(0, 1) < preempted;
      const double seconds = call_s * std::exp(offset + spread * state + drift * i / 200) + (hit ? 8e-3 : 0);
      const bool seen = hit && uniform(0, 1) < 0.8;
      group.record.apply(
          event::sample(id, "call", i, {{"call", seconds}},
                        {.preemptions = seen, .waited_s = seen ? Number(8e-3) : Number(), .throttled = {}}));
      if (i < 8 && id % 2 == 0) group.confirming(id, {call_s * std::exp(spread * normal(random))});
    }
  }
  return group;
}

/// What a verdict says of rows against what stands beside it.
void expect_no_contradiction(const std::vector<Row>& rows) {
  std::vector<const Row*> ok, ordinary;
  for (const Row& row : rows) {
    ok.push_back(&row);
    if (row.transfer != "pinned") ordinary.push_back(&row);
  }
  for (const Row& row : rows) {
    ASSERT_FALSE(row.verdict.empty());
    ASSERT_EQ(verdict_in(text_of(row.verdict)), row.verdict);
    const auto& judged = row.transfer == "pinned" ? ok : ordinary;
    ASSERT_TRUE(row.transfer == "pinned" || row.verdict == rows[0].verdict);
    const std::vector<const Row*> fastest = fastest_of(row, ok);
    ASSERT_EQ(fastest.size(), row.verdict.fastest.size()) << "every name is a row's";
    if (row.verdict.unclear) continue;
    const Row& first = *fastest.front();
    for (const Row* other : judged) {
      ASSERT_LE(*first.call_s, *other->call_s);
      if (std::ranges::find(fastest, other) != fastest.end()) continue;
      ASSERT_LE(*first.call_s * 1.03, *other->call_s) << "what is excluded is not within 3 %";
      ASSERT_TRUE(!first.call_low_s || !other->call_low_s || *first.call_low_s <= *other->call_low_s ||
                  first.warnings.find("by the same blocks") != std::string::npos)
          << "the interval begins above a rival's";
      ASSERT_TRUE(row.verdict.provisional || !other->disturbed_samples ||
                  *other->disturbed_samples < *other->samples)
          << "nothing is known of " << other->solver;
    }
  }
  const std::string screen = render_verdict(rows, 1000), said = render_explanations(rows, 0, 1000);
  ASSERT_EQ(screen.find(" a call, 0."), std::string::npos) << screen;
  for (const char* words : {"both 0.", "all 0.", "least 0."})
    ASSERT_EQ(screen.find(words), std::string::npos) << screen;
  ASSERT_EQ(said.find("is the fastest here, 0."), std::string::npos) << said;
  ASSERT_EQ(said.find("wins this call, 0."), std::string::npos) << said;
}

TEST(Verdict, NeverContradictsWhatStandsBesideIt) {
  std::mt19937_64 random(20261201);
  int named = 0, sets = 0, unclear = 0, provisional = 0;
  for (int i = 0; i < 2000 && !HasFatalFailure(); ++i) {
    const std::vector<Row> rows = random_group(random).rows();
    expect_no_contradiction(rows);
    const Verdict& verdict = rows[0].verdict;
    (verdict.unclear ? unclear : verdict.fastest.size() == 1 ? named : sets) += 1;
    provisional += verdict.provisional;
  }
  for (const int count : {named, sets, unclear, provisional}) EXPECT_GT(count, 50) << "each kind is met";
}

TEST(Verdict, FewSamplesThatLieFarApartAreAnAnswer) {
  Recorded group({"cpu eigen", "cpu openmp"});
  for (const int id : {0, 1}) group.right(id);
  group.calls(0, {1.03, 1.01, 1.05});
  group.calls(1, {0.126, 0.124, 0.122});
  EXPECT_EQ(text_of(group.rows()[0].verdict), "openmp");
  const std::string text = render_verdict(group.rows(), 200);
  EXPECT_NE(text.find("openmp is the fastest: 124 ms a call, 8.31x eigen, 3 samples"), std::string::npos)
      << text;

  Recorded once({"cpu eigen", "cpu openmp"});
  for (const int id : {0, 1}) once.right(id);
  once.calls(0, {1.0});
  once.calls(1, {0.1});
  EXPECT_EQ(text_of(once.rows()[0].verdict), "openmp") << "one sample, 10x";
  Recorded near({"cpu eigen", "cpu openmp"});
  for (const int id : {0, 1}) near.right(id);
  near.calls(0, {0.29});
  near.calls(1, {0.1});
  EXPECT_TRUE(near.rows()[0].verdict.unclear) << "one sample, 2.9x";
  Recorded first({"cpu eigen", "cpu openmp"});
  for (const int id : {0, 1}) first.right(id);
  first.record.apply(event::sample(0, "first", 0, {{"call", 3.0}}, {}));
  first.calls(1, {0.1, 0.1, 0.1});
  EXPECT_TRUE(first.rows()[0].verdict.unclear) << "a first call, 30x";
}

TEST(Verdict, WaitsForAProcessorAreNotTheSolvers) {
  Recorded group({"cpu eigen", "cpu openmp"});
  std::mt19937_64 random(3);
  for (const int id : {0, 1}) {
    group.right(id);
    for (int i = 0; i < 8; ++i) {
      const double own_s = (id == 0 ? 20e-3 : 10e-3) * (1 + 0.01 * (i % 3));
      const double waited_s = std::exponential_distribution<double>(1 / 20e-3)(random);
      group.record.apply(event::sample(id, "call", i, {{"call", own_s + waited_s}},
                                       {.preemptions = 1, .waited_s = waited_s, .throttled = {}}));
    }
  }
  const auto rows = group.rows();
  ASSERT_LT(*rows[1].call_s, *rows[0].call_s);
  EXPECT_EQ(rows[0].verdict.fastest, std::vector<std::string>{"openmp"});
  EXPECT_TRUE(rows[0].verdict.provisional) << "no sample of eigen was undisturbed";
}

TEST(Verdict, ASecondProcessMustAgree) {
  Recorded group({"cpu serial", "cpu openmp"});
  group.well(0, 2.0);
  group.well(1, 1.0);
  group.confirming(0, std::vector<double>(8, 2.2));
  group.confirming(1, std::vector<double>(8, 1.1));
  EXPECT_EQ(text_of(group.rows().at(1).verdict), "openmp");
  EXPECT_NEAR(*group.rows().at(1).call_s, 1.0, 0.01) << "figures stay those of the first process";
  Recorded other({"cpu serial", "cpu openmp"});
  other.well(0, 2.0);
  other.well(1, 1.0);
  other.confirming(0, std::vector<double>(8, 1.0));
  other.confirming(1, std::vector<double>(8, 1.2));
  EXPECT_EQ(text_of(other.rows().at(1).verdict), "unclear");
  EXPECT_NE(other.rows().at(0).warnings.find("second process"), std::string::npos);

  Recorded busy({"cpu serial", "cpu openmp"});  // other programs had the second one's processors
  busy.well(0, 2.0);
  busy.well(1, 1.0);
  busy.confirming(0, std::vector<double>(8, 2.0));
  for (int i = 0; i < 8; ++i)
    busy.record.apply(event::sample(1, "confirm_call", i, {{"call", 40.0}},
                                    {.preemptions = 9, .waited_s = 38.0, .throttled = {}}));
  EXPECT_EQ(text_of(busy.rows().at(1).verdict), "openmp");
}

TEST(Verdict, NamesTellCasesOfOneSolverApart) {
  Recorded threads({"cpu openmp 1", "cpu openmp 2"});
  threads.well(0, 2.0);
  threads.well(1, 1.0);
  EXPECT_EQ(text_of(threads.rows().at(0).verdict), "openmp t2");
  Recorded backends({"cpu tiled", "cuda tiled"});
  backends.well(0, 2.0);
  backends.well(1, 1.0);
  EXPECT_EQ(text_of(backends.rows().at(0).verdict), "cuda tiled");
}

TEST(Verdict, ALonelySolverWins) {
  Recorded group({"cpu serial"});
  group.well(0, 1.0);
  EXPECT_EQ(text_of(group.rows().at(0).verdict), "serial");
}

TEST(Verdict, WhatIsNotOkNeverWinsAndHasNoSpeedUp) {
  for (const Outcome outcome : {Outcome::wrong, Outcome::out_of_memory, Outcome::killed, Outcome::too_slow,
                                Outcome::not_run, Outcome::failed, Outcome::unavailable, Outcome::refused}) {
    Recorded group({"cpu eigen", "cpu serial", "cpu openmp"});
    group.well(0, 1e-3);  // by far the fastest, until it ends
    group.well(1, 1.0);
    group.well(2, 2.0);
    if (outcome == Outcome::wrong)
      group.record.apply(
          event::verified(0, {.ok = false, .max_error = 1, .checked = 1, .of = 1, .what = "off"}));
    else
      group.record.apply(event::failure(0, outcome, Phase::call, "ended"));
    const auto rows = group.rows();
    EXPECT_EQ(rows[0].outcome, outcome);
    EXPECT_FALSE(rows[0].speedup_call || rows[0].speedup_compute || rows[0].speedup_end_to_end);
    EXPECT_FALSE(rows[0].call_s || rows[0].baseline_call_s);
    EXPECT_EQ(text_of(rows[0].verdict), "");
    EXPECT_EQ(rows[1].baseline_solver, "serial");
    EXPECT_EQ(rows[2].verdict.fastest, std::vector<std::string>{"serial"});
  }
}

TEST(Verdict, IsProvisionalWhereACandidateDidNotFinish) {
  for (const Outcome outcome : {Outcome::wrong, Outcome::out_of_memory, Outcome::killed, Outcome::too_slow,
                                Outcome::not_run, Outcome::failed, Outcome::unavailable, Outcome::refused}) {
    const bool cannot_run = outcome == Outcome::unavailable || outcome == Outcome::refused;
    for (const std::string backend : {"cpu", "cuda"}) {
      Recorded group({backend + " eigen", "cpu serial", "cpu openmp"});
      group.well(1, 1.0);
      group.well(2, 2.0);
      if (outcome == Outcome::wrong)
        group.record.apply(
            event::verified(0, {.ok = false, .max_error = 1, .checked = 1, .of = 1, .what = "off"}));
      else
        group.record.apply(event::failure(0, outcome, Phase::call, "ended"));
      const bool provisional = backend == "cpu" && !cannot_run;
      for (const int id : {1, 2})
        EXPECT_EQ(text_of(group.rows()[static_cast<std::size_t>(id)].verdict),
                  provisional ? "serial (provisional)" : "serial")
            << backend << " " << name_of(outcome);
    }
  }
}

TEST(Verdict, AForecastSlowerThanTheBaselineLeavesNoDoubt) {
  for (const Outcome outcome : {Outcome::too_slow, Outcome::not_run})
    for (const double forecast_s : {0.5, 50.0}) {
      Recorded group({"cpu eigen", "cpu serial", "cpu openmp"});
      group.well(1, 1.0);
      group.well(2, 2.0);
      group.record.apply(event::value(0, "forecast_s", forecast_s));
      group.record.apply(event::failure(0, outcome, Phase::compute, "forecast"));
      EXPECT_EQ(text_of(group.rows().at(2).verdict), forecast_s < 1 ? "serial (provisional)" : "serial");
    }
}

TEST(Reuse, IsTheSmallestWholeNumberAboveTheRatio) {
  EXPECT_EQ(breakeven_reuse(10, 3, 1), "6") << "5 uses are even, not better";
  EXPECT_EQ(breakeven_reuse(9, 3, 1), "5");
  EXPECT_EQ(breakeven_reuse(0, 3, 1), "1");
  EXPECT_EQ(breakeven_reuse(-5, 3, 1), "1") << "a setup cheaper than the CPU's";
  EXPECT_EQ(breakeven_reuse(1, 2, 2), "never");
  EXPECT_EQ(breakeven_reuse(1, 2, 3), "never");
  EXPECT_EQ(breakeven_reuse(0, 2, 3), "never");
  EXPECT_EQ(breakeven_reuse(1, std::nan(""), 3), "never");
  EXPECT_EQ(breakeven_reuse(1e300, 2, 1), "never") << "no whole number of this size is meant";
}

TEST(Reuse, AgreesWithTheBandwidthAtWhichTheDeviceWins) {
  // One upload of `bytes` at B, nothing else to pay: k* = floor(B* / B) + 1 with B* = bytes / (t_cpu -
  // compute).
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> seconds(0.1, 2);
  for (int i = 0; i < 1000; ++i) {
    const double bytes = 1e9 * seconds(random), bandwidth = 1e9 * seconds(random);
    const double compute_s = seconds(random), cpu_s = compute_s + seconds(random);
    const double least = bytes / (cpu_s - compute_s);
    EXPECT_EQ(breakeven_reuse(bytes / bandwidth, cpu_s, compute_s),
              std::to_string(static_cast<long>(std::floor(least / bandwidth)) + 1));
  }
}

TEST(Reuse, OfARowCountsSetupLessTheCpusAndTheStationaryUploadOnce) {
  Recorded group({"cpu serial", "cuda tiled"});
  group.well(0, 8.0);
  group.record.apply(event::sample(0, "open", 0, {{"allocate", 1.0}}));
  group.well(1, 20.0);
  group.record.apply(event::sample(1, "open", 0, {{"allocate", 4.0}, {"pin", 2.0}}));
  group.record.apply(event::sample(1, "close", 0, {{"release", 1.0}}));
  group.record.apply(event::sample(
      1, "phases", 0, {{"upload", 16.0}, {"upload_fresh", 1.0}, {"compute", 2.0}, {"download", 1.0}}));
  const auto rows = group.rows();  // (4 + 2 + 1 - 1 + 16) / (8 - 1 - 2 - 1) = 22 / 4 = 5.5
  EXPECT_EQ(rows[1].breakeven_reuse, "6");
  EXPECT_EQ(rows[0].breakeven_reuse, "") << "nothing is uploaded";
}

}  // namespace
}  // namespace crossover
