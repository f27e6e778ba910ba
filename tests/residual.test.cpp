// Asserts: which rows get a forecast beside them, what it is, and how the difference is told. To add a kind
// of row without one, add an edit to RowsThatCannotBeForecastHaveNone.
#include "bench/rows/residual.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "handmade.hpp"
#include "program.hpp"
#include "rows.hpp"
#include "texts.hpp"

namespace crossover {
namespace {

/// row_means f64 of 1e5 x 1e3 in 50 ms with openmp on 2 threads, in 200 ms with serial.
Profile profile_of_rows() {
  Profile profile = handmade_profile();
  const std::vector<Shape> shapes = {{{100'000, 1'000}}};
  add_solver(profile, "row_means", Type::f64, "cpu", "openmp", 2, shapes, [](const Shape&) { return 0.05; });
  add_solver(profile, "row_means", Type::f64, "cpu", "serial", 1, shapes, [](const Shape&) { return 0.2; });
  return profile;
}

TEST(Residual, IsMeasuredOverForecastLessOne) {
  std::vector<Row> rows = {cpu_row("openmp", 2, 0.06), cpu_row("serial", 1, 0.1)};
  fill_residuals(rows, profile_of_rows());
  EXPECT_NEAR(rows[0].predicted_call_s.value_or(0), 0.05, 1e-9);
  EXPECT_NEAR(rows[0].residual.value_or(0), 0.2, 1e-9);
  EXPECT_NEAR(rows[1].residual.value_or(0), -0.5, 1e-9);
}

TEST(Residual, RowsThatCannotBeForecastHaveNone) {
  const std::vector<std::function<void(Row&)>> edits = {
      [](Row& row) { row.source = "modelled"; }, [](Row& row) { row.outcome = Outcome::wrong; },
      [](Row& row) { row.cache = "cold"; },      [](Row& row) { row.chunks = 3; },
      [](Row& row) { row.threads = 7; },         [](Row& row) { row.solver = "numpy"; },
      [](Row& row) { row.type = "f16"; },        [](Row& row) { row.problem = "sort"; },
      [](Row& row) { row.sizes.clear(); },       [](Row& row) { row.call_s.reset(); }};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    std::vector<Row> rows = {cpu_row("openmp", 2, 0.06)};
    edits[i](rows[0]);
    fill_residuals(rows, profile_of_rows());
    EXPECT_FALSE(rows[0].predicted_call_s || rows[0].residual) << "edit " << i;
  }
}

TEST(Residual, IsSaidForEachSolver) {
  std::vector<Row> rows = {cpu_row("openmp", 2, 0.06), cpu_row("serial", 1, 0.1), cpu_row("eigen", 2, 1)};
  fill_residuals(rows, profile_of_rows());
  const std::string text = flat(render_residuals(rows));
  EXPECT_TRUE(has(text, "openmp (2) 50.0 ms (+20%), serial (1) 200 ms (-50%)")) << text;
  EXPECT_FALSE(has(text, "eigen")) << text;
  EXPECT_EQ(render_residuals({}), "");
}

TEST(Residual, TheSummaryHasMedians) {
  std::vector<Row> rows = {cpu_row("openmp", 2, 0.06), cpu_row("serial", 1, 0.1)};
  rows.push_back(rows[0]);
  fill_residuals(rows, profile_of_rows());
  const std::string text = flat(render_residual_summary(rows));
  EXPECT_TRUE(has(text, "in the median: CPU 20% (3 rows)")) << text;
  EXPECT_EQ(render_residual_summary(std::vector<Row>(2)), "");
}

class ResidualProgram : public ProgramTest {
 protected:
  ResidualProgram() : ProgramTest(CROSSOVER_PROGRAM) {}
};

TEST_F(ResidualProgram, ARunWithAProfileHasForecasts) {
  const Arguments line = "run sum --n 1e4 --threads 8 --solver openmp,serial --budget 0.05";
  const Ended with = run({line, "--csv with.csv --profile", CROSSOVER_TEST_DATA + "/invented-8c-gpu.json"});
  EXPECT_EQ(with.status, 0) << with.err;
  EXPECT_TRUE(has(with.err, "another machine's")) << with.err;
  EXPECT_TRUE(has(flat(with.out), "forecast of a call, and the measurement against it: serial")) << with.out;
  for (const Row& row : rows("with.csv")) {
    EXPECT_TRUE(row.predicted_call_s) << row.solver;
    EXPECT_NEAR(row.residual.value_or(-2), *row.call_s / *row.predicted_call_s - 1, 1e-9);
  }
  const Ended without = run({line, "--csv without.csv"});
  EXPECT_FALSE(has(without.out, "forecast")) << without.out;
  for (const Row& row : rows("without.csv")) EXPECT_FALSE(row.predicted_call_s);
}

TEST_F(ResidualProgram, AProfileThatCannotBeReadEndsTheRun) {
  const Ended ended = run("run sum --n 1e4 --profile nothing.json");
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "nothing.json")) << ended.err;
}

}  // namespace
}  // namespace crossover
