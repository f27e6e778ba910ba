// Asserts of the line through visits: exact on a line, Student's quantiles as tabulated, an interval that
// widens with noise, with correlation and with a slope that is hardly there, and one wild visit that does not
// move it.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "bench/base/noise.hpp"
#include "bench/search/zero_of_line.hpp"

namespace crossover {
namespace {

std::vector<VisitMedian> visits(double slope, double spread, double correlation = 0, int count = 40) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<VisitMedian> all;
  double state = normal(random);
  for (int i = 0; i < count; ++i) {
    state = correlation * state + std::sqrt(1 - correlation * correlation) * normal(random);
    const double x = 0.1 * (i * 7 % count - 0.5 * count);
    all.push_back({5 + x, slope * x + spread * state, 4});
  }
  return all;
}

double width(const std::optional<ZeroOfLine>& zero) { return zero->interval->high - zero->interval->low; }

TEST(StudentQuantile, IsTheTables) {
  EXPECT_NEAR(student_quantile(0.01, 1e9), 2.5758, 1e-3);
  EXPECT_NEAR(student_quantile(0.05, 1e9), 1.9600, 1e-3);
  EXPECT_NEAR(student_quantile(0.01, 30), 2.750, 2e-3);
  EXPECT_NEAR(student_quantile(0.01, 10), 3.169, 5e-3);
  EXPECT_NEAR(student_quantile(0.01, 5), 4.032, 0.04);
}

TEST(ZeroOfLine, IsExactOnALine) {
  const auto zero = zero_of_line(visits(0.7, 0), 0.01);
  ASSERT_TRUE(zero && zero->interval);
  EXPECT_NEAR(zero->log_size, 5, 1e-9);
  EXPECT_NEAR(zero->slope, 0.7, 1e-9);
  EXPECT_NEAR(zero->interval->low, 5, 1e-6);
  EXPECT_NEAR(zero->interval->high, 5, 1e-6);
}

TEST(ZeroOfLine, HasAnIntervalThatKnowsItsNoise) {
  const auto quiet = zero_of_line(visits(1, 0.02), 0.01), loud = zero_of_line(visits(1, 0.08), 0.01);
  ASSERT_TRUE(quiet && quiet->interval && loud && loud->interval);
  EXPECT_NEAR(width(loud) / width(quiet), 4, 0.6);
  EXPECT_NEAR(quiet->spread, 0.02, 0.01);
  const auto correlated = zero_of_line(visits(1, 0.08, 0.8), 0.01);
  ASSERT_TRUE(correlated && correlated->interval);
  EXPECT_GT(width(correlated), 1.2 * width(loud));
}

TEST(ZeroOfLine, HasNoIntervalWithoutASlope) {
  const auto flat = zero_of_line(visits(0.001, 0.08), 0.01);
  ASSERT_TRUE(flat);
  EXPECT_FALSE(flat->interval);
}

TEST(ZeroOfLine, IsNotMovedByOneWildVisit) {
  std::vector<VisitMedian> all = visits(1, 0.02);
  const double before = zero_of_line(all, 0.01)->log_size;
  all[20].d += 5;
  EXPECT_NEAR(zero_of_line(all, 0.01)->log_size, before, 0.004);
}

TEST(ZeroOfLine, NeedsVisitsAtTwoSizes) {
  EXPECT_FALSE(zero_of_line(std::vector<VisitMedian>{{1, 0.1, 4}, {2, 0.2, 4}, {3, 0.3, 4}}, 0.01));
  EXPECT_FALSE(zero_of_line(std::vector<VisitMedian>(9, {2, 0.1, 4}), 0.01));
}

TEST(Noise, IsSeededAndAsLoudAsAsked) {
  NoiseSource same({.spread = 0.1}, 3), again({.spread = 0.1}, 3);
  double sum = 0, squares = 0;
  constexpr int calls = 20000;
  for (int i = 0; i < calls; ++i) {
    const double factor = same.next();
    ASSERT_EQ(factor, again.next());
    sum += std::log(factor);
    squares += std::log(factor) * std::log(factor);
  }
  EXPECT_NEAR(sum / calls, 0, 0.005);
  EXPECT_NEAR(std::sqrt(squares / calls), 0.1, 0.005);
}

TEST(Noise, CorrelatesSpikesDriftsAndThrottles) {
  std::vector<double> logs;
  NoiseSource correlated({.correlation = 0.8}, 5);
  for (int i = 0; i < 5000; ++i) logs.push_back(std::log(correlated.next()));
  EXPECT_NEAR(lag1_correlation(logs), 0.8, 0.03);
  NoiseSource spiky({.spread = 0, .spikes = 0.1}, 5);
  int spikes = 0;
  for (int i = 0; i < 5000; ++i) spikes += spiky.next() > 4;
  EXPECT_NEAR(spikes, 500, 80);
  NoiseSource drifting({.spread = 0, .drift = 0.06}, 5), throttled({.spread = 0, .throttle = 1.5}, 5);
  double last = 0;
  int slow = 0;
  for (int i = 0; i <= 600; ++i) {
    last = drifting.next();
    slow += throttled.next() > 1.4;
  }
  EXPECT_NEAR(last, std::exp(0.06), 1e-9);
  EXPECT_EQ(slow, 120);
}

TEST(Noise, DiffersFromProcessToProcess) {
  NoiseSource source({.spread = 0, .process = 0.05}, 5);
  const double first = source.next();
  EXPECT_EQ(source.next(), first);
  source.new_process();
  EXPECT_NE(source.next(), first);
}

}  // namespace
}  // namespace crossover
