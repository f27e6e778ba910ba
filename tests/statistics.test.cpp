// Asserts: medians, rank intervals against exactly computed binomial tails and their coverage over all looks,
// correlation, batches, outliers, and who is faster, with the false wins that this costs. Random numbers are
// seeded: a count here never changes. To add a distribution, add a line to `skewed`.
#include "bench/base/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <utility>

namespace crossover {
namespace {

using Samples = std::vector<double>;

/// 1, 2, ... n, so that a value is its rank; reversed, because order must not matter.
Samples ranks(std::size_t n) {
  Samples samples(n);
  for (std::size_t i = 0; i < n; ++i) samples[i] = static_cast<double>(n - i);
  return samples;
}

/// Pascal's row n, exact for n up to 64.
std::vector<std::uint64_t> binomials(std::size_t n) {
  std::vector<std::uint64_t> row{1};
  for (std::size_t i = 1; i <= n; ++i) {
    row.push_back(1);
    for (std::size_t j = i - 1; j > 0; --j) row[j] += row[j - 1];
  }
  return row;
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoInTheMiddle) {
  EXPECT_EQ(median(Samples{3}), 3);
  EXPECT_EQ(median(Samples{5, 1, 3}), 3);
  EXPECT_EQ(median(Samples{8, 1, 3, 4}), 3.5);
  EXPECT_THROW(median(Samples{}), std::invalid_argument);
}

TEST(MedianInterval, ExistsFromEightSamplesAtTheFirstLook) {
  for (std::size_t n = 0; n < 8; ++n) EXPECT_FALSE(median_interval(ranks(n), look_alpha(0))) << n;
  const auto interval = median_interval(ranks(8), look_alpha(0));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 8);
  EXPECT_FALSE(median_interval(ranks(5), 0.05));
  EXPECT_TRUE(median_interval(ranks(6), 0.05));
}

TEST(MedianInterval, IsTheNarrowestWhoseBinomialTailsFit) {
  for (const double alpha : {0.05, 0.01, 0x1p-7, 0.001, 1e-5})
    for (std::size_t n = 16; n <= 62; ++n) {
      const auto counts = binomials(n);
      std::uint64_t tail = 0;
      std::size_t rank = 0;
      for (; rank < n / 2; ++rank) {
        tail += counts[rank];
        if (std::ldexp(2.0 * static_cast<double>(tail), -static_cast<int>(n)) > alpha) break;
      }
      const auto interval = median_interval(ranks(n), alpha);
      ASSERT_EQ(interval.has_value(), rank > 0) << n << " " << alpha;
      if (!interval) continue;
      EXPECT_EQ(interval->low, static_cast<double>(rank)) << n << " " << alpha;
      EXPECT_EQ(interval->high, static_cast<double>(n + 1 - rank)) << n << " " << alpha;
    }
}

TEST(MedianInterval, ManySamplesDoNotUnderflow) {
  const std::size_t n = 1 << 14;
  const auto interval = median_interval(ranks(n), 0.01);
  ASSERT_TRUE(interval);
  const double half = 0.5 * (interval->high - interval->low);  // 2.576 sigma, sigma = sqrt(n) / 2
  EXPECT_NEAR(half, 2.576 * 0.5 * std::sqrt(static_cast<double>(n)), 2);
}

TEST(Looks, SpendAtMostOnePercentTogether) {
  double spent = 0;
  for (int look = 0; look < 60; ++look) {
    EXPECT_GT(look_alpha(look), 0);
    spent += look_alpha(look);
  }
  EXPECT_LE(spent, 0.01);
  EXPECT_GT(spent, 0.0099);
  EXPECT_EQ(look_alpha(0), 0x1p-7);
}

TEST(Looks, AreCountedFromTheFirstThatCanHaveAnInterval) {
  EXPECT_EQ(alpha_after(8, 8), look_alpha(0));
  EXPECT_EQ(alpha_after(16, 8), look_alpha(1));
  EXPECT_EQ(alpha_after(17, 8), look_alpha(2));
  EXPECT_EQ(alpha_after(8, 1), look_alpha(0)) << "looks at 1, 2 and 4 samples spend nothing";
  EXPECT_EQ(alpha_after(10, 5), look_alpha(0));
  EXPECT_EQ(alpha_after(30, 30), look_alpha(0));
  EXPECT_EQ(alpha_after(9, 8), look_alpha(0)) << "9 samples have no interval at the second look's part";
  for (std::size_t n = 8; n <= 400; ++n)
    ASSERT_TRUE(median_interval(ranks(n), alpha_after(n, 8))) << n << " samples without an interval";
}

using Draw = std::function<double(std::mt19937_64&)>;

/// Distributions of what times look like, with their medians.
std::vector<std::pair<Draw, double>> skewed() {
  return {
      {[](auto& random) { return std::exponential_distribution<double>(1)(random); }, std::log(2.0)},
      {[](auto& random) { return std::lognormal_distribution<double>(0, 1)(random); }, 1.0},
      {[](auto& random) { return 1 / std::uniform_real_distribution<double>(1e-9, 1)(random); }, 2.0},
  };
}

TEST(MedianInterval, CoversTheMedianAtEveryLookOfAtLeast99PercentOfRuns) {
  constexpr int runs = 2000;
  std::mt19937_64 random(20240607);
  for (const auto& [draw, middle] : skewed()) {
    int missed = 0;
    for (int run = 0; run < runs; ++run) {
      Samples samples;
      bool miss = false;
      for (const std::size_t n : {8U, 16U, 32U, 64U, 128U, 150U}) {  // the last look is cut short
        while (samples.size() < n) samples.push_back(draw(random));
        const auto interval = median_interval(samples, alpha_after(n, 8));
        ASSERT_TRUE(interval);
        miss = miss || interval->low > middle || interval->high < middle;
      }
      missed += miss;
    }
    EXPECT_LE(missed, runs / 100);
    EXPECT_GT(missed, runs / 1000) << "wider than it needs to be";
  }
}

TEST(Correlation, OfNeighbours) {
  EXPECT_EQ(lag1_correlation(Samples{1, 2}), 0);
  EXPECT_EQ(lag1_correlation(Samples(50, 3.0)), 0);
  Samples alternating, rising;
  for (int i = 0; i < 100; ++i) alternating.push_back(i % 2), rising.push_back(i);
  EXPECT_NEAR(lag1_correlation(alternating), -1, 0.02);
  EXPECT_NEAR(lag1_correlation(rising), 1, 0.05);
}

/// A walk whose neighbours correlate by `rho`, standard deviation 1.
Samples correlated(std::size_t n, double rho, std::mt19937_64& random) {
  std::normal_distribution<double> noise;
  Samples samples;
  for (double x = noise(random); samples.size() < n; x = rho * x + std::sqrt(1 - rho * rho) * noise(random))
    samples.push_back(x);
  return samples;
}

TEST(Correlation, IsNotHiddenByPreemptedSamples) {
  std::mt19937_64 random(11);
  Samples samples = correlated(256, 0.8, random);
  for (double& s : samples) s = std::exp(0.05 * s);
  const double found = lag1_correlation(samples);
  for (const std::size_t at : {10U, 100U, 200U}) samples[at] = 40;
  EXPECT_NEAR(lag1_correlation(samples), found, 0.05);
  EXPECT_GT(found, 0.6);
}

TEST(Batches, FindOffsetsThatSamplesInARowShare) {
  std::mt19937_64 random(12);
  std::normal_distribution<double> normal;
  Samples samples;
  for (int row = 0; row < 64; ++row) {
    const double offset = 0.6 * normal(random);
    for (int i = 0; i < samples_in_a_row; ++i) samples.push_back(offset + normal(random));
  }
  EXPECT_LE(decorrelated(samples).size(), 64U) << "a batch for each row";
}

TEST(CallInterval, IsExtendedByFactorsAroundTheMedian) {
  const Samples samples{1, 2, 1, 2, 1, 2, 1, 2};
  const auto interval = call_interval(samples, look_alpha(0));
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->low, std::exp2(-1.5), 1e-12) << "above 0, however wide";
  EXPECT_NEAR(interval->high, std::exp2(2.5), 1e-12);
  EXPECT_FALSE(call_interval(std::span(samples).first(7), look_alpha(0)));
}

TEST(FewSamples, DecideWhatLiesFarApart) {
  EXPECT_TRUE(far_below(Samples{1, 1.01}, Samples{1.8, 1.81}));
  EXPECT_FALSE(far_below(Samples{1, 1.01}, Samples{1.6, 1.61})) << "two need 1.7x";
  EXPECT_TRUE(far_below(Samples{1, 1.01, 1}, Samples{1.6, 1.61, 1.6}));
  EXPECT_FALSE(far_below(Samples{1, 1.01, 1}, Samples{1.4, 1.41, 1.4})) << "three 1.5x";
  EXPECT_TRUE(far_below(Samples(4, 1), Samples(4, 1.4)));
  EXPECT_FALSE(far_below(Samples(4, 1), Samples(4, 1.2))) << "four 1.3x";
  EXPECT_TRUE(far_below(Samples(7, 1), Samples(7, 1.2)));
  EXPECT_FALSE(far_below(Samples(16, 1), Samples(16, 1.1))) << "more 1.15x";
  EXPECT_FALSE(far_below(Samples{1, 90, 1}, Samples{180, 181, 180})) << "too little for so much spread";
  EXPECT_TRUE(far_below(Samples{1}, Samples{3.1, 3.2})) << "one 3x";
  EXPECT_FALSE(far_below(Samples{1}, Samples{2.9, 2.9}));
  EXPECT_FALSE(far_below(Samples{1, 1, 1}, Samples{30}, 40)) << "as it is asked";
  EXPECT_FALSE(far_below(Samples{}, Samples{30}));
}

TEST(Batches, OfTheWorstCorrelationStillHaveAnInterval) {
  Samples drift;
  for (int i = 0; i < 1 << 14; ++i) drift.push_back(1 + 1e-4 * i);
  for (std::size_t n = 8; n <= drift.size(); n *= 2) {
    const Samples batches = decorrelated(std::span(drift).first(n));
    EXPECT_LE(batches.size(), 63U);
    EXPECT_TRUE(median_interval(batches, alpha_after(n, 8))) << n;
  }
}

TEST(Batches, AreMadeOfCorrelatedSamplesOnly) {
  std::mt19937_64 random(5);
  const Samples free = correlated(256, 0, random), bound = correlated(256, 0.8, random);
  EXPECT_EQ(decorrelated(free), free);
  const Samples batches = decorrelated(bound);
  EXPECT_LT(batches.size(), bound.size());
  EXPECT_LT(std::fabs(lag1_correlation(batches)), 0.5 * lag1_correlation(bound));
  const std::size_t length = bound.size() / batches.size();
  EXPECT_EQ(batches[1], median(std::span(bound).subspan(length, length)));
  const Samples few = correlated(63, 0.99, random);
  EXPECT_EQ(decorrelated(few), few) << "few are left as they are";
}

TEST(Outliers, AreMarkedAndStay) {
  Samples samples{1, 1.1, 0.9, 1.05, 0.95, 1.02, 0.98, 9};
  EXPECT_EQ(count_outliers(samples), 1);
  EXPECT_EQ(count_outliers(Samples{1, 1, 1, 1, 1}), 0);
  EXPECT_EQ(count_outliers(Samples{1, 2, 900}), 0) << "quartiles of three say nothing";
  EXPECT_GT(median_interval(samples, look_alpha(0))->high, 8.9) << "an outlier belongs to the interval";
}

Samples noisy(std::size_t n, double middle, double spread, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> noise(1 - spread, 1 + spread);
  Samples samples(n);
  for (double& s : samples) s = middle * noise(random);
  return samples;
}

TEST(Blocks, SayWhoIsFaster) {
  const Samples fast = noisy(16, 1.0, 0.02, 1), slow = noisy(16, 1.3, 0.02, 2),
                same = noisy(64, 1.0, 0.005, 3);
  const double alpha = look_alpha(1);
  EXPECT_EQ(compare_blocks(fast, slow, alpha).verdict, Faster::a);
  EXPECT_EQ(compare_blocks(slow, fast, alpha).verdict, Faster::b);
  EXPECT_EQ(compare_blocks(same, noisy(64, 1.0, 0.005, 4), alpha).verdict, Faster::tie);
  EXPECT_EQ(compare_blocks(same, noisy(64, 1.03, 0.005, 4), alpha).verdict, Faster::undecided)
      << "on the edge of 3 %";
  const PairVerdict pair = compare_blocks(fast, slow, alpha);
  ASSERT_TRUE(pair.ratio);
  EXPECT_LT(pair.ratio->low, 1 / 1.3);
  EXPECT_GT(pair.ratio->high, 1 / 1.3);
}

TEST(Blocks, FewOnesDecideOnlyWhatIsClear) {
  const double alpha = look_alpha(0);
  const Samples fast = noisy(8, 1.0, 0.02, 1);
  EXPECT_EQ(compare_blocks(fast, noisy(8, 2.0, 0.02, 2), alpha).verdict, Faster::a);
  EXPECT_EQ(compare_blocks(fast, noisy(8, 1.08, 0.02, 2), alpha).verdict, Faster::undecided);
  EXPECT_EQ(compare_blocks(noisy(7, 1, 0.02, 1), noisy(8, 5, 0.02, 2), alpha).verdict, Faster::undecided);
  EXPECT_FALSE(compare_blocks(Samples{}, fast, alpha).ratio);
}

TEST(Blocks, OfUnequalNumberCompareWhatTheyShare) {
  Samples slow_later = noisy(16, 1.0, 0.001, 1);
  slow_later.resize(64, 100.0);
  EXPECT_EQ(compare_blocks(slow_later, noisy(16, 1.0, 0.001, 2), look_alpha(1)).verdict, Faster::tie);
}

constexpr int trials = 3000;

/// Trials without any difference that end with a winner; noise of 5 %, looks as the sampler takes
/// them.
int false_wins(double rho, int most_samples) {
  int wins = 0;
  for (std::uint64_t run = 1; run <= trials; ++run) {
    std::mt19937_64 random(run);
    Samples a = correlated(static_cast<std::size_t>(most_samples), rho, random);
    Samples b = correlated(static_cast<std::size_t>(most_samples), rho, random);
    for (Samples* samples : {&a, &b})
      for (double& s : *samples) s = std::exp(0.05 * s);
    for (std::size_t n = 8; n <= a.size(); n *= 2) {
      const auto looked_at = std::span(a).first(n);
      const Faster verdict = compare_blocks(looked_at, b, alpha_after(n, 8)).verdict;
      wins += verdict == Faster::a || verdict == Faster::b;
      if (verdict != Faster::undecided) break;
    }
  }
  return wins;
}

TEST(Blocks, WinFalselyInAtMostOneOfAHundredRuns) {
  EXPECT_LE(false_wins(0, 256), trials / 100);
  EXPECT_LE(false_wins(0.8, 1024), trials / 100);
}

TEST(Blocks, FindTrueDifferencesInSpiteOfCorrelation) {
  int found = 0;
  for (std::uint64_t run = 1; run <= 200; ++run) {
    std::mt19937_64 random(run);
    Samples a = correlated(512, 0.8, random), b = correlated(512, 0.8, random);
    for (double& s : a) s = std::exp(0.05 * s);
    for (double& s : b) s = std::exp(0.05 * s + 0.1);
    for (std::size_t n = 8; n <= 512; n *= 2) {
      const Faster verdict = compare_blocks(std::span(a).first(n), b, alpha_after(n, 8)).verdict;
      found += verdict == Faster::a;
      if (verdict != Faster::undecided) break;
    }
  }
  EXPECT_GE(found, 100);
}

TEST(Statistics, AreFiniteWhereTimesAreZeroOrEqual) {
  const Samples zeros(16, 0.0), ones(16, 1.0);
  for (const auto& [a, b] : {std::pair(zeros, zeros), std::pair(zeros, ones), std::pair(ones, ones)}) {
    const PairVerdict pair = compare_blocks(a, b, look_alpha(1));
    ASSERT_TRUE(pair.ratio);
    EXPECT_TRUE(std::isfinite(pair.ratio->low) && std::isfinite(pair.ratio->high));
  }
  EXPECT_EQ(compare_blocks(zeros, zeros, look_alpha(1)).verdict, Faster::tie);
  EXPECT_EQ(compare_blocks(zeros, ones, look_alpha(1)).verdict, Faster::a);
  EXPECT_EQ(median(zeros), 0);
  EXPECT_EQ(lag1_correlation(zeros), 0);
  EXPECT_EQ(count_outliers(zeros), 0);
  EXPECT_EQ(decorrelated(zeros), zeros);
}

}  // namespace
}  // namespace crossover
