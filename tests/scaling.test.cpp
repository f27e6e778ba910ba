// Asserts: the sizes that `scaling` chooses for a machine's caches, where a time is flat, and what is said of
// it. To add a sentence, give the times and floors that lead to it.
#include "bench/screen/scaling.hpp"

#include <gtest/gtest.h>

#include "bench/machine/calibration.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

constexpr std::size_t KiB = std::size_t{1} << 10, MiB = std::size_t{1} << 20;
constexpr std::size_t plenty = std::size_t{1} << 40;

Machine machine() {
  Machine machine;
  machine.usable = 8;
  machine.l1d = {32 * KiB, 2, 4};
  machine.l2 = {1 * MiB, 2, 4};
  machine.l3 = {32 * MiB, 4, 2};
  return machine;
}

double bytes(const Problem& problem, const Shape& shape, Type type) {
  return static_cast<double>(bytes_of(problem.in, shape, type));
}

TEST(ScalingShapes, FillHalfOfEachCacheAndFourTimesTheLast) {
  for (const Problem* problem : problems())
    for (const Type type : problem->types) {
      const std::vector<Shape> shapes = scaling_shapes(*problem, type, machine(), plenty);
      ASSERT_EQ(shapes.size(), 4U) << problem->name << " " << name_of(type);
      const double wanted[] = {16.0 * KiB, 512.0 * KiB, 16.0 * MiB, 256.0 * MiB};
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_LE(bytes(*problem, shapes[i], type), wanted[i]) << problem->name;
        EXPECT_GE(bytes(*problem, shapes[i], type), 0.5 * wanted[i]) << problem->name;
        if (problem->contradiction) {
          EXPECT_EQ(problem->contradiction(shapes[i]), "");
        }
      }
    }
}

TEST(ScalingShapes, FreshInputsDoNotGrowPastTheirUsualSize) {
  const Problem& problem = *find_problem("similarity");
  const Shape in_dram = scaling_shapes(problem, Type::f32, machine(), plenty).back();
  EXPECT_EQ(in_dram[problem.axis("queries")], 1000);
  EXPECT_GT(in_dram[problem.axis("corpus")], 500'000);
  EXPECT_EQ(in_dram[problem.axis("dim")], 100);
}

TEST(ScalingShapes, MemoryBoundsThemAndLevelsThatAreNotThereAreLeftOut) {
  const Problem& problem = *find_problem("sum");
  const std::vector<Shape> bounded = scaling_shapes(problem, Type::f32, machine(), 160 * MiB);
  EXPECT_LE(bytes(problem, bounded.back(), Type::f32), 40.0 * MiB);
  Machine unknown = machine();
  unknown.l1d = unknown.l3 = {};
  EXPECT_EQ(scaling_shapes(problem, Type::f32, unknown, plenty).size(), 2U);  // L2, and past any usual cache
  EXPECT_TRUE(scaling_shapes(problem, Type::f32, Machine{}, 0).empty());
  Machine equal = machine();
  equal.l2 = equal.l1d;
  EXPECT_EQ(scaling_shapes(problem, Type::f32, equal, plenty).size(), 3U);
}

/// Calls by threads 1, 2, 4, ...
std::vector<Row> rows_of(const std::vector<double>& calls_s, const std::vector<double>& shares = {}) {
  std::vector<Row> rows;
  int threads = 1;
  for (const double call_s : calls_s) {
    Row& row = rows.emplace_back(cpu_row("openmp", threads, call_s));
    row.floor_s = shares.empty() ? Number{} : Number{shares[rows.size() - 1] * call_s};
    threads *= 2;
  }
  return rows;
}

std::size_t flat_of(const std::vector<Row>& rows) {
  std::vector<const Row*> pointers;
  for (const Row& row : rows) pointers.push_back(&row);
  return flat_from(pointers);
}

TEST(FlatSpot, IsTheFirstWithinFivePercentOfTheFastest) {
  EXPECT_EQ(flat_of(rows_of({8, 4, 2, 1})), 3U);
  EXPECT_EQ(flat_of(rows_of({8, 4.1, 4.05, 4})), 1U);
  EXPECT_EQ(flat_of(rows_of({8, 4.3, 4.1, 4})), 2U);
  EXPECT_EQ(flat_of(rows_of({1, 2, 3})), 0U);
  EXPECT_EQ(flat_of(rows_of({1})), 0U);
}

TEST(FlatSpot, OrWhoseIntervalHoldsTheFastest) {
  std::vector<Row> rows = rows_of({8, 4.4, 4});
  EXPECT_EQ(flat_of(rows), 2U);
  rows[1].call_low_s = 3.9;
  EXPECT_EQ(flat_of(rows), 1U);
  rows[1].call_low_s.reset();
  EXPECT_EQ(flat_of(rows), 2U);
}

/// On one line.
std::string said(const std::vector<Row>& rows, double team_s = 0) {
  Calibration calibration;
  calibration.threads = 2;
  calibration.team_s = team_s;
  const std::string text = render_scaling(rows, machine(), team_s > 0 ? &calibration : nullptr);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  std::string flat;
  for (const char letter : text)
    if (letter != ' ' && letter != '\n')
      flat += letter;
    else if (!flat.ends_with(' '))
      flat += ' ';
  return flat;
}

void expect_said(const std::vector<Row>& rows, const std::string& sentence, double team_s = 0) {
  const std::string text = said(rows, team_s);
  EXPECT_NE(text.find(sentence), std::string::npos) << sentence << "\nin " << text;
}

TEST(ScalingScreen, TheTableHasSpeedUpEfficiencyAndCeiling) {
  const std::string text = said(rows_of({0.04, 0.02, 0.0125}, {0.5, 0.5, 0.95}));
  EXPECT_NE(text.find("762.94 MiB of inputs, DRAM"), std::string::npos) << text;
  EXPECT_NE(text.find("threads call +- speed-up efficiency of ceiling"), std::string::npos) << text;
  EXPECT_NE(text.find("1 40.0 ms 1.0% 1.00x 100% 50% of DRAM read"), std::string::npos) << text;
  EXPECT_NE(text.find("4 12.5 ms 1.0% 3.20x 80% 95% of DRAM read"), std::string::npos) << text;
}

TEST(ScalingScreen, ACeilingThatIsReachedExplains) {
  expect_said(rows_of({0.04, 0.0251, 0.025}, {0.6, 0.96, 0.97}),
              "openmp: flat from 2 threads: DRAM read 31.9 GB/s of 33.2 explains it");
  std::vector<Row> arithmetic = rows_of({4, 2, 2}, {0.5, 0.9, 0.9});
  for (Row& row : arithmetic) row.floor_name = "FMA f64";
  expect_said(arithmetic, "flat from 2 threads: FMA f64 0.0500 GFLOP/s of 0.0556 explains it");
}

TEST(ScalingScreen, ACeilingThatRisesDoesNot) {
  expect_said(rows_of({0.04, 0.04, 0.04}, {0.96, 0.48, 0.24}),
              "flat from 1 thread: no ceiling explains it, 4 threads reach DRAM read 20.0 GB/s of 83.4");
  expect_said(rows_of({0.04, 0.04, 0.08}), "openmp: flat from 1 thread; 4 threads take 2.00x as long");
}

TEST(ScalingScreen, NorDoesATeamThatCostsLittle) {
  expect_said(rows_of({1e-5, 1e-5}, {0.9, 0.4}),
              "flat from 1 thread: starting and joining 2 threads takes 3.00 us, the call 10.0 us; 2 threads "
              "reach DRAM read",
              3e-6);
  expect_said(rows_of({1e-5, 1e-5}), "flat from 1 thread: starting and joining 2 threads", 3e-6);
  expect_said(rows_of({1e-5, 1e-5}, {0.9, 0.4}), "flat from 1 thread: no ceiling explains it", 1e-6);
  expect_said(rows_of({1e-5, 1e-5, 1e-5}, {0.9, 0.9, 0.9}), "explains it", 3e-6);
  expect_said(rows_of({2e-5, 1e-5, 1e-5}, {0.9, 0.9, 0.4}), "no ceiling explains it", 3e-6);  // not of 4
}

TEST(ScalingScreen, WhatOthersDisturbedIsProvisional) {
  std::vector<Row> rows = rows_of({4, 2, 2});
  rows[1].disturbed_samples = 4;  // of 16
  EXPECT_EQ(said(rows).find("provisional"), std::string::npos);
  rows[1].disturbed_samples = 5;
  expect_said(rows, "flat from 2 threads; provisional: disturbed samples");
  Calibration calibration;
  calibration.disturbed_share = 0.5;
  const std::string text = render_scaling(rows, machine(), &calibration);
  EXPECT_NE(text.find("disturbed samples and"), std::string::npos) << text;
  rows[1].disturbed_samples = 0;
  calibration.teams = {{1, {}, 1, 1, 0, 0.09}, {2, {}, 1, 1, 0, 0.09}, {4, {}, 1, 1, 0, 0.09}};
  EXPECT_EQ(render_scaling(rows, machine(), &calibration).find("provisional"), std::string::npos);
  calibration.teams[1].disturbed_share = 0.11;
  EXPECT_NE(render_scaling(rows, machine(), &calibration).find("provisional: disturbed ceilings"),
            std::string::npos);
}

TEST(ScalingScreen, NoFlatSpotAndNothingToCompare) {
  expect_said(rows_of({0.04, 0.02}, {0.5, 0.5}),
              "no flat spot up to 2 threads, the most measured: 2.00x of 1 thread; DRAM read 40.0 GB/s of");
  expect_said(rows_of({0.04}), "measured with 1 thread only: nothing to compare");
}

TEST(ScalingScreen, EachSolverHasItsTableAndFailuresAreSaid) {
  std::vector<Row> rows = rows_of({0.04, 0.02});
  rows.push_back(cpu_row("other", 2, 0.01));
  rows.push_back(cpu_row("other", 1, 0.02));
  rows.push_back(cpu_row("broken", 2, 0.01));
  rows.back().outcome = Outcome::killed;
  rows.back().reason = "killed by signal 9";
  rows[0].warnings = "look out";
  expect_said(rows, "other: no flat spot up to 2 threads, the most measured: 2.00x of 1 thread");
  expect_said(rows, "broken (2 threads): killed: killed by signal 9");
  expect_said(rows, "look out");
  EXPECT_EQ(said(rows).find("broken: "), std::string::npos);
  EXPECT_EQ(render_scaling({}, machine(), nullptr), "");
}

TEST(ScalingFloor, IsThatOfTheTeamThatWasMeasured) {
  Calibration calibration;
  calibration.threads = 8;
  calibration.levels = {{"DRAM", 1024 * MiB, 1, 9, 70, 10, 80}};
  calibration.fma_gflops_f32_1 = calibration.fma_gflops_f64_1 = 10;
  calibration.fma_gflops_f32_all = calibration.fma_gflops_f64_all = 80;
  const Work reading{.bytes_in = 1e9, .bytes_out = 0, .flops = 0}, adding{0, 0, 1e9};
  const auto seconds = [&](const Work& work, Type type, int threads) {
    return floor_of(calibration, work, type, threads, 1e12)->seconds;
  };
  EXPECT_DOUBLE_EQ(seconds(reading, Type::f32, 2), 1.0 / 20);
  EXPECT_FALSE(team_s_of(calibration, 8));
  calibration.team_s = 5e-6;
  EXPECT_EQ(team_s_of(calibration, 8), 5e-6);
  EXPECT_FALSE(team_s_of(calibration, 2));
  calibration.teams = {{2, {15}, 12, 11, 1e-6}};
  EXPECT_EQ(team_s_of(calibration, 2), 1e-6);
  EXPECT_DOUBLE_EQ(seconds(reading, Type::f32, 2), 1.0 / 15);
  EXPECT_DOUBLE_EQ(seconds(reading, Type::f32, 4), 1.0 / 40);
  EXPECT_DOUBLE_EQ(seconds(adding, Type::f32, 2), 1.0 / 12);
  EXPECT_DOUBLE_EQ(seconds(adding, Type::f64, 2), 1.0 / 11);
  EXPECT_DOUBLE_EQ(seconds(adding, Type::f64, 8), 1.0 / 80);
}

}  // namespace
}  // namespace crossover
