// Asserts, with a scripted clock: what is run before, within and after each sample, when sampling stops and
// why. To add a case, script its steps in
// tests/scripted.hpp.
#include "bench/measure/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <set>

#include "tests/scripted.hpp"

namespace crossover {
namespace {

using Names = std::vector<std::string>;
using SamplerTest = ScriptedSampler;

/// Noise that is the same in every run of a test.
ScriptedStep noisy(double seconds, double spread, std::uint64_t seed) {
  auto random = std::make_shared<std::mt19937_64>(seed);
  return {Phase::compute,
          [=](int) { return seconds * std::exp(spread * std::normal_distribution<double>()(*random)); }};
}

TEST_F(SamplerTest, ACallHasOneWaitAndItsPhasesHaveOneEach) {
  ScriptedExecution& execution = add(four_steps);
  const World world = script_.world();
  EXPECT_DOUBLE_EQ(timed_call(world, execution, execution.call()), 15e-3);
  EXPECT_EQ(script_.log, (Names{"a upload", "a upload_fresh", "a compute", "a download", "a wait"}));
  script_.log.clear();
  const PhaseSeconds phases = timed_steps(world, 0, "phases", 3, execution, execution.call());
  EXPECT_EQ(script_.log, (Names{"a upload", "a wait", "a upload_fresh", "a wait", "a compute", "a wait",
                                "a download", "a wait"}));
  EXPECT_DOUBLE_EQ(phases.at("upload_fresh"), 2e-3);
  EXPECT_DOUBLE_EQ(phases.at("download"), 8e-3);
  EXPECT_EQ(script_.of("begin").size(), 4U);
  EXPECT_EQ(script_.of("sample").at(0).at("block"), 3);
}

TEST_F(SamplerTest, StepsOfOnePhaseAddUp) {
  ScriptedExecution& execution = add({takes(Phase::compute, 1), takes(Phase::compute, 2)});
  EXPECT_DOUBLE_EQ(timed_steps(script_.world(), 0, "phases", 0, execution, execution.call()).at("compute"),
                   3);
}

TEST_F(SamplerTest, CallsOfSeveralStepsGetPhaseSamplesOfTheirOwn) {
  add(four_steps);
  add({takes(Phase::compute, 1e-3)});
  sample();
  const std::vector<double> downloads = script_.samples(0, "phases", "download");
  EXPECT_EQ(downloads.size(), 8U);
  for (const double download_s : downloads) EXPECT_NEAR(download_s, 8e-3, 1e-9);
  EXPECT_TRUE(script_.samples(1, "phases", "compute").empty()) << "one step has nothing to split";
  for (const double call_s : script_.samples(0, "call")) EXPECT_NEAR(call_s, 15e-3, 1e-9);
}

TEST_F(SamplerTest, ClearCasesStopAtTheFirstLook) {
  add({takes(Phase::compute, 1e-3)});
  add({takes(Phase::compute, 5e-3)});
  sample();
  EXPECT_EQ(calls(0), 8U);
  EXPECT_EQ(calls(1), 8U);
  EXPECT_EQ(script_.of("baseline").at(0).at("case"), 0);
}

TEST_F(SamplerTest, LooksAreAtDoublings) {
  add({noisy(1e-3, 0.08, 1)});
  add({noisy(1.25e-3, 0.08, 2)});
  sample({.precision = 1e-6});
  EXPECT_TRUE(calls(1) == 16 || calls(1) == 32 || calls(1) == 64) << calls(1);
  EXPECT_GE(calls(0), calls(1)) << "the baseline is needed as long";
}

/// A process's first call touches its memory for the first time: a rival's took 1.2 s, where a call takes
/// 0.08.
TEST_F(SamplerTest, ASlowFirstCallLeavesTheOthersTheirBudget) {
  add({{Phase::compute, [](int n) { return n == 1 ? 1.2 : 0.08; }}});
  subjects_[0].spent_s = 1.4;  // its first call, in another process
  sample({.budget_s = 1.5});
  EXPECT_EQ(calls(0), 8U);
  for (const double call_s : script_.samples(0, "call")) EXPECT_NEAR(call_s, 0.08, 1e-9);
  reset();
  add({takes(Phase::compute, 1)});
  subjects_[0].spent_s = 1;
  sample({.budget_s = 2.4});
  EXPECT_EQ(calls(0), 1U) << "first calls like the others have had their part of the budget";
}

TEST_F(SamplerTest, MinSamplesIsTheFirstLook) {
  add({takes(Phase::compute, 1e-3)});
  add({takes(Phase::compute, 5e-3)});
  sample({.min_samples = 30});
  EXPECT_EQ(calls(0), 30U);
  EXPECT_EQ(calls(1), 30U);
}

TEST_F(SamplerTest, ATieStops) {
  add({noisy(1e-3, 0.002, 1)});
  add({noisy(1e-3, 0.002, 2)});
  sample({.budget_s = 1e6, .precision = 1e-9});
  EXPECT_LE(std::min(calls(0), calls(1)), 64U);
  EXPECT_GT(std::max(calls(0), calls(1)), 1000U)
      << "nobody else stops a baseline that is never precise enough";
}

TEST_F(SamplerTest, PrecisionStopsACaseThatIsNotDecided) {
  add({noisy(1e-3, 0.01, 1)});
  add({noisy(1.03e-3, 0.01, 2)});  // on the edge between tie and slower
  sample({.budget_s = 1e6, .precision = 0.01});
  EXPECT_GE(calls(1), 16U);
  EXPECT_LE(calls(1), 128U);
}

TEST_F(SamplerTest, TheBudgetEndsWhatNothingElseDoes) {
  add({noisy(1e-3, 0.5, 1)});
  add({noisy(1.03e-3, 0.5, 2)});
  sample({.budget_s = 0.5, .precision = 1e-9});
  for (const int id : {0, 1}) {
    double spent = 0;
    for (const double s : script_.samples(id, "call")) spent += s;
    EXPECT_LE(spent, 0.5);
    EXPECT_GT(spent, 0.1) << "the budget is there to be used";
  }
  EXPECT_LT(script_.now_s, 2 * 0.5 * 1.1);
}

TEST_F(SamplerTest, TheBaselineIsSampledAsLongAsAnotherNeedsIt) {
  add({takes(Phase::compute, 1e-3)});                 // precise at once
  const ScriptedStep near = noisy(1.02e-3, 0.06, 1);  // hard to tell from it, slower in its pilots
  add({{Phase::compute, [near](int n) { return n <= pilot_samples ? 2e-3 : near.seconds(n); }}});
  add({takes(Phase::compute, 10e-3)});  // clear at once
  sample({.budget_s = 1e6, .precision = 1e-4});
  ASSERT_EQ(script_.of("baseline").at(0).at("case"), 0);
  EXPECT_EQ(calls(2), 8U);
  EXPECT_GT(calls(1), 64U);
  EXPECT_EQ(calls(0), calls(1)) << "block by block";
}

TEST_F(SamplerTest, ABaselineOutOfBudgetKeepsNobodySampling) {
  add({{Phase::compute, [](int n) { return n <= pilot_samples ? 1e-3 : 0.1; }}});  // slow after its pilots
  add({takes(Phase::compute, 2e-3)});
  add({noisy(4e-3, 0.01, 1)});
  sample({.budget_s = 0.5, .precision = 0.05});
  ASSERT_EQ(script_.of("baseline").at(0).at("case"), 0);
  EXPECT_LT(calls(0), 8U);
  for (const int id : {1, 2}) EXPECT_EQ(calls(id), 8U) << "its own median is known: no block can be paired";
}

TEST_F(SamplerTest, SamplesSayWhatDisturbedThem) {
  int reads = 0;
  std::vector<bool> close;
  script_.contention = [&](bool closely) {
    close.push_back(closely);
    ++reads;
    ContentionCounters counters;
    counters.preemptions = 3 * (reads / 2);  // rises during each timed call
    if (closely) counters.waited_s = {{1, 0.05 * close_look_s * (reads / 2)}};
    return counters;
  };
  add({takes(Phase::compute, 2 * close_look_s)});
  sample();
  for (const Event& event : script_.of("sample", 0)) {
    if (event.at("kind") != "call") continue;
    const Contention found = event::contention_of(event);
    EXPECT_EQ(found.preemptions, 3);
    EXPECT_NEAR(*found.waited_s, 0.05 * close_look_s, 1e-12);
    EXPECT_EQ(found.throttled, std::nullopt);
  }
  EXPECT_EQ(std::count(close.begin(), close.end(), false), 0);

  reset();
  close.clear();
  script_.contention = [&](bool closely) {
    close.push_back(closely);
    return ContentionCounters{};
  };
  add({takes(Phase::compute, 0.5 * close_look_s)});
  sample();
  EXPECT_EQ(std::count(close.begin(), close.end(), true), 2 * 2)
      << "the two verified calls; a close look would cost what a short call takes";
}

/// Each call of thread 1 finds the processor taken for half of its time, until `until` counts were read.
std::function<ContentionCounters(bool)> taken(int& reads, int until) {
  return [&reads, until](bool) {
    ++reads;
    ContentionCounters counters;
    counters.preemptions = 0;
    counters.waited_s = {{1, 1e-3 * (std::min(reads, until) / 2)}};
    return counters;
  };
}

TEST_F(SamplerTest, ADisturbedCaseIsNotSettledBeforeItsBudgetEnds) {
  int reads = 0;
  script_.contention = taken(reads, 1 << 30);
  add({takes(Phase::compute, 2e-3)});
  add({takes(Phase::compute, 9e-3)});
  sample({.budget_s = 0.5});
  EXPECT_GT(calls(0), 20U) << "clear at 8, were it not disturbed";
  EXPECT_LT(script_.now_s, 2 * 0.5 * 1.2);

  reset();
  reads = 0;
  script_.contention = taken(reads, 60);
  add({takes(Phase::compute, 2e-3)});
  sample({.budget_s = 10});
  EXPECT_GT(calls(0), 8U);
  EXPECT_LT(calls(0), 1000U) << "quiet again: the disturbed ones become few";
}

TEST_F(SamplerTest, ThreadsThatTakeTurnsAreNotLookedAt) {
  int reads = 0;
  script_.contention = taken(reads, 1 << 30);
  add({takes(Phase::compute, 2e-3)});
  subjects_[0].crowded = true;
  sample();
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(calls(0), 8U);
}

TEST_F(SamplerTest, ThreadsTakeTheirPlacesWheneverAnotherCaseRan) {
  add(four_steps);
  add({takes(Phase::compute, 2e-3)});
  subjects_[0].take_places = [this] { script_.log.emplace_back("a places"); };
  subjects_[1].take_places = [this] { script_.log.emplace_back("b places"); };
  sample();
  std::string placed;
  int changes = 0;
  for (const std::string& line : script_.log) {
    if (line.ends_with(" places")) {
      changes += placed != line.substr(0, 1);
      placed = line.substr(0, 1);
    } else if (line.ends_with(" compute")) {
      EXPECT_EQ(line.substr(0, 1), placed);
    }
  }
  EXPECT_GT(changes, 4);
  EXPECT_GT(script_.count("b compute"), 2 * script_.count("b places")) << "not before every call";
}

TEST_F(SamplerTest, AFailureToTakePlacesIsTheCasesOwn) {
  add({takes(Phase::compute, 1e-3)});
  add({takes(Phase::compute, 2e-3)});
  subjects_[0].take_places = [] { throw std::runtime_error("no such CPU"); };
  sample();
  ASSERT_EQ(script_.of("failure", 0).size(), 1U);
  EXPECT_EQ(script_.of("failure", 0).at(0).at("reason"), "no such CPU");
  EXPECT_GE(calls(1), 8U);
}

TEST_F(SamplerTest, TheBestPilotChoosesTheBaseline) {
  add({{Phase::compute, [](int n) { return n <= pilot_samples && n != 5 ? 8e-3 : 1e-3; }}});  // others' noise
  add({takes(Phase::compute, 2e-3)});
  sample();
  EXPECT_EQ(script_.of("baseline").at(0).at("case"), 0);
}

TEST_F(SamplerTest, ADeviceIsNeverTheBaseline) {
  add({takes(Phase::compute, 1e-3)}, false);
  add({takes(Phase::compute, 5e-3)});
  add({takes(Phase::compute, 9e-3)});
  sample();
  EXPECT_EQ(script_.of("baseline").at(0).at("case"), 1);
}

TEST_F(SamplerTest, BlocksAreInRandomOrderThatTheSeedRepeats) {
  const auto run = [this](std::uint64_t seed) {
    reset();
    for (const double s : {1e-3, 2e-3, 4e-3}) add({takes(Phase::compute, s)});
    sample({.min_samples = 32, .seed = seed});
    return order();
  };
  const std::string first = run(7);
  EXPECT_EQ(first, run(7));
  EXPECT_NE(first, run(8));
  ASSERT_EQ(first.size(), 96U);
  std::set<std::string> orders;
  for (std::size_t block = 0; block < 96; block += 3) {
    std::string names = first.substr(block, 3);
    orders.insert(names);
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, "abc") << "each once per block";
  }
  EXPECT_EQ(orders.size(), 6U) << "every order occurs in 32 blocks";
}

TEST_F(SamplerTest, NotInterleavedALookTakesTheSamplesOfACaseInARow) {
  for (const double s : {1e-3, 2e-3, 4e-3}) add({takes(Phase::compute, s)});
  sample({.interleave = false});
  const std::string names = order();
  ASSERT_EQ(names.size(), 24U);
  for (std::size_t i = 0; i < 24; i += 8) EXPECT_EQ(names.substr(i, 8), std::string(8, names[i]));
  EXPECT_EQ(script_.count("pause"), 3U + 3 * (pilot_samples - 1))
      << "one quiet gap before each row of samples, and one before each pilot but the first";
  reset();
  for (const double s : {1e-3, 1.04e-3}) add({takes(Phase::compute, s)});
  sample({.min_samples = 32, .interleave = false});
  const std::string turns = order();
  ASSERT_EQ(turns.size(), 64U);
  for (std::size_t i = 0; i < 64; i += 16)
    EXPECT_NE(turns[i], turns[i + 8]) << "more than eight are taken in turns: what is compared alternates";
}

TEST_F(SamplerTest, ShortSamplesFollowAQuietGapAndAnUntimedCall) {
  ScriptedExecution& fast = add({takes(Phase::compute, 1e-3)});
  add({takes(Phase::compute, 5e-3)});
  sample();
  constexpr std::size_t pilots = 2 * (pilot_samples - 1);
  EXPECT_EQ(script_.count("pause"), pilots + 16);
  EXPECT_EQ(fast.calls(), pilot_samples + 8 * 2 + 1)
      << "pilots, samples with a call before each, a last check";
  const auto& log = script_.log;
  std::size_t gaps = 0;
  for (std::size_t i = 0; i < log.size(); ++i)
    if (log[i] == "pause" && ++gaps > pilots) {
      EXPECT_EQ(log[i + 1], log[i + 3]) << "the untimed call and the timed one are of the same case";
      EXPECT_EQ(log[i + 1].substr(1), " compute");
    }
}

TEST_F(SamplerTest, LongSamplesHaveNoUntimedCall) {
  ScriptedExecution& slow = add({takes(Phase::compute, 0.2)});
  add({takes(Phase::compute, 0.5)});
  sample({.budget_s = 100});
  EXPECT_EQ(slow.calls(), pilot_samples + 8) << "pilots and samples; the last sample is checked as it is";
}

TEST_F(SamplerTest, AColdCacheIsMadeBeforeEverySample) {
  ScriptedExecution& lone = add(four_steps);
  sample({.cache = Cache::cold});
  EXPECT_EQ(calls(0), 8U);
  EXPECT_EQ(script_.count("flush"), 8U + 8U) << "calls and phases";
  EXPECT_EQ(lone.calls(), pilot_samples + 8 + 8 + 1) << "no untimed call would leave it cold";
  EXPECT_EQ(script_.count("pause"), 0U) << "there is no other case to fall asleep";
}

TEST_F(SamplerTest, WarmCachesAreNeverFlushed) {
  add({takes(Phase::compute, 1e-3)});
  sample();
  EXPECT_EQ(script_.count("flush"), 0U);
}

TEST_F(SamplerTest, SlowCasesGetASample) {
  add({takes(Phase::compute, 4)});
  add({takes(Phase::compute, 400)});
  sample({.budget_s = 5});
  EXPECT_GE(calls(0), 1U);
  EXPECT_EQ(calls(1), 1U);
  EXPECT_EQ(executions_[1]->calls(), 2) << "verified once, sampled once";
}

}  // namespace
}  // namespace crossover
