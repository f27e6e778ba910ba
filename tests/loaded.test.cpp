// Asserts how often verdicts are wrong, and how often they are given, on a machine that other work shares.
// CROSSOVER_GROUPS is how many groups each test tries (the default is short; 10000 tells more).
#include "tests/loaded.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "bench/base/statistics.hpp"

namespace crossover {
namespace {

int groups() {
  const char* asked = std::getenv("CROSSOVER_GROUPS");
  return asked ? std::atoi(asked) : 150;
}

struct Setting {
  LoadedCase each;
  Sampling how;
};

/// Calls from 20 us to 0.4 s, on one thread or two; those of up to 1 ms are of data that the caches hold.
Setting random_setting(std::mt19937_64& random, double least_budget_s, double most_budget_s) {
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  Setting setting{
      .each = {.call_s = 2e-5 * std::exp(uniform(0, std::log(2e4))), .threads = uniform(0, 1) < 0.5 ? 1 : 2},
      .how = {.budget_s = uniform(least_budget_s, most_budget_s), .most_samples = 1 << 11, .seed = random()}};
  setting.how.interleave = setting.each.call_s > 1e-3;
  return setting;
}

struct Tally {
  int groups = 0, quicker = 0, slower = 0, sets = 0, unclear = 0, provisional = 0;
  int few = 0, few_named = 0;  ///< of groups with fewer than 8 samples of one
  double named() const { return static_cast<double>(quicker) / groups; }
};

std::ostream& operator<<(std::ostream& out, const Tally& tally) {
  return out << tally.groups << " groups: the first named in " << tally.quicker << ", the second in "
             << tally.slower << ", both in " << tally.sets << ", unclear " << tally.unclear
             << ", provisional " << tally.provisional << "; fewer than 8 samples " << tally.few << ", named "
             << tally.few_named;
}

/// Pairs of which the second takes `ratio` as long.
Tally pairs(double ratio, const Load& load, std::pair<double, double> budgets_s, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Tally all;
  for (int i = 0; i < groups(); ++i) {
    const Setting setting = random_setting(random, budgets_s.first, budgets_s.second);
    LoadedMachine machine(load, random());
    const std::vector<Row> rows =
        machine.measure({setting.each, {setting.each.call_s * ratio, setting.each.threads}}, setting.how);
    const Verdict& verdict = rows[0].verdict;
    const bool named = verdict.fastest.size() == 1, few = std::min(*rows[0].samples, *rows[1].samples) < 8;
    ++all.groups;
    all.quicker += named && verdict.names("a");
    all.slower += named && verdict.names("b");
    all.sets += verdict.fastest.size() > 1;
    all.unclear += verdict.unclear;
    all.provisional += verdict.provisional;
    all.few += few;
    all.few_named += few && named;
  }
  if (std::getenv("CROSSOVER_GROUPS")) std::cout << all << "\n";
  return all;
}

constexpr Load quiet{.mean_rivals = 0, .slow_noise = 0.01, .offset = 0.01};

/// One in a hundred, and what so many groups leave to chance.
double one_percent(int of) { return 0.01 * of + 2 * std::sqrt(0.01 * of); }

TEST(Loaded, EqualPairsAreNamedInAtMostOneOfAHundred) {
  Load unseen;  // waits that no counter shows
  unseen.counted = false;
  for (const Load& load : {Load{}, quiet, unseen}) {
    const Tally all = pairs(1, load, {0.3, 2}, 1);
    EXPECT_LE(all.quicker + all.slower, one_percent(all.groups)) << all;
  }
}

TEST(Loaded, PairsThatDifferByTwoAreNamed) {
  const Tally all = pairs(2, {}, {5, 5}, 3);
  EXPECT_GE(all.named(), 0.9) << all;
  EXPECT_EQ(all.slower, 0) << all;
}

TEST(Loaded, PairsThatDifferByAFifthAreNamedWithoutLoad) {
  const Tally all = pairs(1.2, quiet, {5, 5}, 4);
  EXPECT_GE(all.named(), 0.94) << all;
  EXPECT_EQ(all.slower, 0) << all;
}

TEST(Loaded, IntervalsHoldTheMedianOfManyProcesses) {
  std::mt19937_64 random(5);
  int held = 0, all = 0;
  double width = 0;
  for (int i = 0; i < groups() / 12 + 1; ++i) {
    const Setting setting = random_setting(random, 1, 1);
    std::vector<Row> rows;
    std::vector<double> medians;
    for (int process = 0; process < 12; ++process) {
      LoadedMachine machine(quiet, random());
      rows.push_back(machine.measure({setting.each, setting.each}, setting.how).at(0));
      medians.push_back(*rows.back().call_s);
    }
    for (const Row& row : rows) {
      if (!row.call_low_s) continue;
      ++all;
      width += (*row.call_high_s - *row.call_low_s) / 2 / *row.call_s;
      held += *row.call_low_s <= median(medians) && median(medians) <= *row.call_high_s;
    }
  }
  EXPECT_GE(held, 0.95 * all) << all;
  EXPECT_LE(width, 0.06 * all) << "the mean half width: nobody is served by intervals that hold everything";
}

}  // namespace
}  // namespace crossover
