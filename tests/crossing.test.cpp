// The search for crossings on simulated machines whose truth is known: how often the truth lies inside the
// interval, and what is found where there is nothing to find. A case is a Simulated and what must hold for
// it.
#include <gtest/gtest.h>

#include <algorithm>

#include "bench/search/simulated_pair.hpp"

namespace crossover {
namespace {

constexpr int seeds = 200;

/// Of `seeds` searches.
struct Study {
  int single = 0, within = 0, most_runs = 0;  ///< within: 2 % of the truth
  int unclear = 0;                            ///< the interval is the whole bracket then
  int covered = 0;                            ///< of the clear ones
  double coverage() const { return static_cast<double>(covered) / std::max(1, single - unclear); }
  std::vector<double> half_widths{};  ///< over the estimate
};

Study study(Simulated what, double slope) {
  Study all;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    const double truth = 162.7 * std::exp(0.3 * (seed % 7));
    what.log_ratio = log_ratio_line(truth, slope);
    const CrossingFindings found = search(what, {.seed = seed});
    all.most_runs = std::max(all.most_runs, found.runs);
    if (found.crossings.size() != 1) continue;
    const Crossing& crossing = found.crossings[0];
    ++all.single;
    EXPECT_EQ(crossing.before, Faster::a);
    EXPECT_EQ(crossing.after, Faster::b);
    const bool is_clear = !crossing.is_unclear && !crossing.plateau;
    all.unclear += !is_clear;
    all.covered += is_clear && crossing.interval.low <= truth && truth <= crossing.interval.high;
    all.within += std::fabs(crossing.size / truth - 1) <= 0.02;
    all.half_widths.push_back((crossing.interval.high - crossing.interval.low) / 2 / crossing.size);
  }
  return all;
}

TEST(Crossing, LiesInsideItsInterval) {
  for (const double slope : {1.0, 0.1})
    for (const double noise : {0.05, 0.10})
      for (const double correlation : {0.0, 0.8}) {
        SCOPED_TRACE(testing::Message()
                     << "slope " << slope << ", noise " << noise << ", correlation " << correlation);
        const Study found = study({.noise = noise, .correlation = correlation}, slope);
        EXPECT_GE(found.single, 0.95 * seeds);
        EXPECT_GE(found.coverage(), 0.95);
        EXPECT_LE(found.unclear, (slope == 1 ? 0.02 : 0.2) * seeds);
        EXPECT_LE(found.most_runs, 600);
      }
}

/// Layout and start-up differ from process to process: blocks of one process know nothing of that.
TEST(Crossing, LiesInsideItsIntervalWhereProcessesDiffer) {
  for (const double slope : {1.0, 0.1})
    for (const double correlation : {0.0, 0.8}) {
      SCOPED_TRACE(testing::Message() << "slope " << slope << ", correlation " << correlation);
      const Study found = study({.correlation = correlation, .process = 0.03}, slope);
      EXPECT_GE(found.single, 0.95 * seeds);
      EXPECT_GE(found.coverage(), 0.95);
      EXPECT_LE(found.unclear, (slope == 1 ? 0.02 : 0.2) * seeds);
      EXPECT_LE(found.most_runs, 600);
    }
}

TEST(Crossing, IsFoundWithinTwoPercentWhereTheCurvesCrossSteeply) {
  const Study steep = study({.noise = 0.05}, 1);
  EXPECT_GE(steep.within, 0.95 * seeds);
  EXPECT_LT(median(steep.half_widths), 0.021);
}

TEST(Crossing, HasAWiderIntervalWhereTheCurvesNearlyTouch) {
  const double steep = median(study({.noise = 0.05}, 1).half_widths);
  const double flat = median(study({.noise = 0.05}, 0.1).half_widths);
  EXPECT_GT(flat, 4 * steep);
}

TEST(Crossing, SurvivesSpikesDriftAndThrottling) {
  const Study spikes = study({.noise = 0.05, .spikes = 0.03}, 1);
  EXPECT_GE(spikes.coverage(), 0.95);
  EXPECT_LE(spikes.unclear, 0.02 * seeds);
  EXPECT_GE(spikes.single, 0.95 * seeds);
  // What slows one side down for a while moves the crossing itself: 5 % of drift, a fifth of the time by
  // half.
  EXPECT_GE(study({.noise = 0.05, .drift = 0.05}, 1).single, 0.95 * seeds);
  const Study throttled = study({.noise = 0.05, .throttled = true}, 1);
  EXPECT_GE(throttled.single, 0.95 * seeds);
  EXPECT_GE(throttled.coverage(), 0.9);
  EXPECT_LE(throttled.unclear, 0.1 * seeds);
}

TEST(Crossing, IsNotFoundWhereOneIsAlwaysFaster) {
  for (const double ahead : {-1.0, 0.5}) {
    int none = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
      const CrossingFindings found = search({.log_ratio = [=](double) { return ahead; }}, {.seed = seed});
      const auto is_right = [&](const Regime& regime) {
        return regime.faster == (ahead < 0 ? Faster::a : Faster::b) || regime.faster == Faster::undecided;
      };
      none += found.crossings.empty() && std::ranges::all_of(found.regimes, is_right);
    }
    EXPECT_GE(none, 0.99 * seeds);
  }
}

TEST(Crossing, NoDifferenceIsNoWin) {
  for (const auto& [correlation, process] : {std::pair(0.0, 0.0), {0.8, 0.0}, {0.0, 0.03}}) {
    int wins = 0, crossings = 0, sizes = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
      const Simulated same{
          .log_ratio = [](double) { return 0.0; }, .correlation = correlation, .process = process};
      const CrossingFindings found = search(same, {.seed = seed, .low = 1, .high = 1024});
      crossings += !found.crossings.empty();
      sizes += found.sizes;
      wins += found.wins;
    }
    EXPECT_LE(wins, 0.01 * sizes) << "correlation " << correlation;
    EXPECT_LE(crossings, 0.01 * seeds) << "correlation " << correlation;
  }
}

TEST(Crossing, EveryOneOfThreeIsFound) {
  const double at[] = {20, 600, 9000};
  const Simulated what{.log_ratio = log_ratio_waves(at[0], at[1], at[2])};
  int all = 0, covered = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    const CrossingFindings found = search(what, {.seed = seed, .low = 8, .high = 30000});
    if (found.crossings.size() != 3) continue;
    ++all;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(found.crossings[i].before, i % 2 ? Faster::b : Faster::a);
      covered += found.crossings[i].interval.low <= at[i] && at[i] <= found.crossings[i].interval.high;
    }
  }
  EXPECT_GE(all, 0.95 * seeds);
  EXPECT_GE(covered, 0.95 * 3 * seeds);
}

TEST(Crossing, APlateauOfEqualTimesIsATieBetweenRegimes) {
  const Simulated what{.log_ratio = [](double size) { return size < 100    ? -0.7
                                                             : size < 3000 ? 0.0
                                                                           : 0.7; },
                       .noise = 0.01};
  const CrossingFindings found = search(what, {.low = 8, .high = 30000});
  ASSERT_EQ(found.crossings.size(), 1U);
  const Crossing& crossing = found.crossings[0];
  ASSERT_TRUE(crossing.plateau);
  EXPECT_GE(crossing.plateau->first, 100);
  EXPECT_LT(crossing.plateau->last, 3000);
  EXPECT_GT(crossing.plateau->last, 4 * crossing.plateau->first);
  EXPECT_LT(crossing.interval.low, 100);
  EXPECT_GE(crossing.interval.high, 3000);
  for (const Regime& regime : found.regimes) {
    if (regime.faster == Faster::a) {
      EXPECT_LT(regime.last, 100);
    }
    if (regime.faster == Faster::b) {
      EXPECT_GE(regime.first, 3000);
    }
  }
}

TEST(Crossing, EndsAtTheWall) {
  for (const Index wall : {2, 3, 100, 150, 165, 1000, 65536})
    for (const bool predicted : {false, true}) {
      const Simulated what{.log_ratio = log_ratio_line(162.7, 1), .wall = wall};
      const CrossingFindings found = search(what, {.seed = 5, .predicted_wall = predicted});
      ASSERT_TRUE(found.first_wall) << wall;
      EXPECT_EQ(found.wall, "b would not fit");
      EXPECT_LT(found.last_size, wall);
      if (predicted) {
        EXPECT_EQ(*found.first_wall, wall);
        EXPECT_EQ(found.last_size, wall - 1);
      }
      EXPECT_EQ(found.crossings.size(), wall >= 1000 ? 1U : 0U) << wall;
    }
  const CrossingFindings none = search({.log_ratio = log_ratio_line(162.7, 1), .wall = 1},
                                       {.seed = 5, .high = 100, .predicted_wall = true});
  EXPECT_EQ(none.last_size, 0);
  EXPECT_EQ(none.runs, 0);
}

/// As where a solver changes its method at a size: no line goes through it.
TEST(Crossing, IsWhereTheJumpIs) {
  const Simulated what{.log_ratio = [](double size) { return size < 5000 ? -0.4 : 0.7; }};
  int right = 0;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    const CrossingFindings found = search(what, {.seed = seed});
    right += found.crossings.size() == 1 && found.crossings[0].interval.low < 5000 &&
             found.crossings[0].interval.high >= 5000 &&
             found.crossings[0].interval.high < 1.06 * found.crossings[0].interval.low;
  }
  EXPECT_GE(right, 48);
}

/// A curve that touches 0 for two octaves, with steps that processes see: no narrow interval is honest.
TEST(Crossing, OfCurvesThatTouchIsSaidToBeUnclear) {
  int unclear_or_wide = 0;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    const Simulated what{.log_ratio =
                             [](double size) {
                               const double x = std::log(size / 1000);
                               return std::fabs(x) < 1 ? 0 : 0.4 * (x > 0 ? x - 1 : x + 1);
                             },
                         .process = 0.03};
    const CrossingFindings found = search(what, {.seed = seed});
    ASSERT_LE(found.crossings.size(), 1U);
    if (found.crossings.empty()) continue;
    const Crossing& crossing = found.crossings[0];
    EXPECT_LT(crossing.interval.low, 2718);
    EXPECT_GT(crossing.interval.high, 368);
    unclear_or_wide +=
        crossing.is_unclear || crossing.plateau || crossing.interval.high > 1.2 * crossing.interval.low;
  }
  EXPECT_GE(unclear_or_wide, 47);
}

TEST(Crossing, BetweenNeighbouringWholeNumbersIsTheirBracket) {
  const Simulated what{.log_ratio = [](double size) { return size < 3 ? -2.0 : 2.0; }};
  const CrossingFindings found = search(what, {.high = 64});
  ASSERT_EQ(found.crossings.size(), 1U);
  EXPECT_EQ(found.crossings[0].below, 2);
  EXPECT_EQ(found.crossings[0].above, 3);
  EXPECT_GE(found.crossings[0].interval.low, 2);
  EXPECT_LE(found.crossings[0].interval.high, 3);
}

/// As where another program takes the memory while a crossing is looked at.
TEST(Crossing, SurvivesAWallThatComesLate) {
  for (int from = 10; from < 60; ++from) {
    SimulatedPair pair({.log_ratio = log_ratio_line(162.7, 1)}, 5);
    int visits = 0;
    const CrossingFindings found = find_crossings(
        {.low = 1, .high = 1 << 16, .visit = [&](Index size, int blocks) {
           return ++visits > from && size > 150 ? Visit{{}, "no memory"} : pair.visit(size, blocks);
         }});
    EXPECT_LE(found.runs, 600);
    EXPECT_EQ(found.wall.empty(), !found.first_wall);
    EXPECT_LE(found.crossings.size(), 1U);
  }
  EXPECT_THROW(find_crossings({.low = 1, .high = 100, .visit = [](Index, int) { return Visit{}; }}),
               std::runtime_error);
}

/// Nothing is said of sizes that were not looked at, nor of sizes at which nothing is certain.
TEST(Crossing, ThatTheRunsCannotTellIsNotNone) {
  SimulatedPair pair({.log_ratio = log_ratio_line(5'000, 1)}, 1);
  CrossingSearch few{
      .low = 1, .high = 1 << 16, .visit = [&](Index size, int blocks) { return pair.visit(size, blocks); }};
  few.most_runs = 30;
  const CrossingFindings spent = find_crossings(few);
  EXPECT_GT(spent.unseen, 20);
  EXPECT_FALSE(is_settled(spent));
  few.most_runs = 600;
  EXPECT_EQ(find_crossings(few).unseen, 0);
  const CrossingFindings noise = search({.log_ratio = [](double) { return 0.0; }, .noise = 0.5}, {});
  EXPECT_FALSE(is_settled(noise));
  EXPECT_TRUE(is_settled(search({.log_ratio = [](double) { return 1.0; }}, {})));
}

TEST(Crossing, OfOneSizeIsNone) {
  const CrossingFindings found = search({.log_ratio = log_ratio_line(7, 1)}, {.low = 50, .high = 50});
  EXPECT_TRUE(found.crossings.empty());
  ASSERT_EQ(found.regimes.size(), 1U);
  EXPECT_EQ(found.regimes[0].faster, Faster::b);
  EXPECT_THROW(search({.log_ratio = log_ratio_line(7, 1)}, {.low = 50, .high = 49}), std::invalid_argument);
  EXPECT_THROW(search({.log_ratio = log_ratio_line(7, 1)}, {.low = 0, .high = 49}), std::invalid_argument);
}

/// The rule of GPU-BLOB answers another question, and needs more runs for it.
TEST(Crossing, IsNearerThanAThresholdFromSingleRuns) {
  std::vector<double> ours, theirs;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    const Simulated what{.log_ratio = log_ratio_line(162.7, 1)};
    SimulatedPair pair(what, seed);
    theirs.push_back(std::fabs(static_cast<double>(offload_threshold(pair, 1, 4000)) / 162.7 - 1));
    EXPECT_EQ(pair.runs(), 4000);
    const CrossingFindings found = search(what, {.seed = seed});
    ASSERT_EQ(found.crossings.size(), 1U);
    ours.push_back(std::fabs(found.crossings[0].size / 162.7 - 1));
  }
  EXPECT_LT(median(ours), 0.5 * median(theirs));
}

}  // namespace
}  // namespace crossover
