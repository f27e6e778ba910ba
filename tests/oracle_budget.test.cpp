// Asserts how many answers of a group are checked: what a case that does not run costs the others, and how
// many there are at least. To add a rule: a shape, the memory that is free, the time that is spent.
#include "bench/worker/oracle_budget.hpp"

#include <gtest/gtest.h>

#include "common/sampling.hpp"

namespace crossover {
namespace {

const Problem& searched = *find_problem("similarity");

Need need(std::int64_t bytes, std::size_t free) {
  Need made;
  made.own.host_bytes = static_cast<std::size_t>(bytes);
  made.available_host_bytes = free;
  made.fits_host = made.own.host_bytes <= free;
  return made;
}

/// Queries that the operations are enough for.
double queries(const Shape& shape, const std::vector<Need>& needs, double budget_s = 1, int cpus = 2) {
  const Group group{&searched, shape, Type::f32, {}, budget_s, 60, {}};
  const double each = searched.work(shape, Type::f32).flops / static_cast<double>(shape[1]);
  return affordable_operations(group, needs, cpus) / each - 1;
}

constexpr std::size_t GiB = std::size_t{1} << 30;

TEST(OracleBudget, SmallGroupsAreCheckedWhole) {
  EXPECT_GE(queries({{1000, 500, 100, 3}}, {need(1 << 20, 16 * GiB)}), 500);
}

TEST(OracleBudget, LargeGroupsHave64OutputsChecked) {
  const Shape wall{{100'000, 100'000, 1000, 3}};
  EXPECT_DOUBLE_EQ(queries(wall, {need(1 << 20, 16 * GiB)}, 10), 64);
  EXPECT_DOUBLE_EQ(queries({{1'000'000, 30, 1000, 3}}, {need(1 << 20, 16 * GiB)}, 1000), 30)
      << "all that there are";
}

TEST(OracleBudget, WhereThatTakesLongerThanTheMeasuringAtLeast8) {
  const Shape wall{{100'000, 100'000, 1000, 3}};
  EXPECT_NEAR(queries(wall, {need(1 << 20, 16 * GiB)}, 0.01), 9, 1) << "2e9 operations are enough for more";
  EXPECT_DOUBLE_EQ(queries({{1'000'000, 100'000, 1000, 3}}, {need(1 << 20, 16 * GiB)}, 0.01), 8);
  const double between = queries(wall, {need(1, GiB), need(1, GiB)}, 2);
  EXPECT_GT(between, 8);
  EXPECT_LT(between, 64);
}

TEST(OracleBudget, ARefusedCaseTakesNothingFromTheOthers) {
  const Shape shape{{1000, 20'000, 10, 3}};
  const std::vector<Need> fitting = {need(1 << 20, 4 * GiB)},
                          both = {need(1 << 20, 4 * GiB), need(8 * GiB, 4 * GiB)};
  EXPECT_GE(queries(shape, fitting), 20'000);
  EXPECT_DOUBLE_EQ(queries(shape, both), queries(shape, fitting));
}

TEST(OracleBudget, ReferencesDoNotFillTheMemoryThatIsLeft) {
  const Shape shape{{1000, 20'000, 10, 3}};
  EXPECT_LT(queries(shape, {need(1 << 20, (1 << 20) + (1 << 18))}), 10'000);
  EXPECT_LE(queries(shape, {need(1 << 20, 1 << 20)}), 0) << "one, by its own rule";
}

TEST(SampledOutputs, AreTheFirstTheMiddleTheLastAndSpread) {
  for (const double affordable : {64.0, 65.0, 9.0}) {
    const std::vector<Index> found = sampled_indices(100'000, affordable);
    ASSERT_EQ(found.size(), static_cast<std::size_t>(affordable));
    EXPECT_EQ(found.front(), 0);
    EXPECT_EQ(found.back(), 99'999);
    EXPECT_TRUE(std::ranges::is_sorted(found));
    const double stratum = 100'000 / affordable;
    const auto middle = std::ranges::min_element(found, {}, [](Index i) { return std::abs(i - 50'000); });
    EXPECT_LE(std::abs(*middle - 50'000), stratum);
  }
  EXPECT_EQ(sampled_indices(100'000, 9)[4], 50'000);
}

}  // namespace
}  // namespace crossover
