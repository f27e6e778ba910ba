// Asserts of prices: how they are written, who is charged what, and when the verdict about cost is said. To
// add a case: two rows with intervals, and two prices.
#include "bench/rows/cost.hpp"

#include "bench/base/sizes.hpp"
#include "tests/parsed.hpp"
#include "tests/program.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

TEST(Prices, AreWrittenPerHour) {
  EXPECT_DOUBLE_EQ(parse_price("3.6/h"), 0.001);
  EXPECT_DOUBLE_EQ(parse_price("2/s"), 2);
  EXPECT_DOUBLE_EQ(parse_price("6/min"), 0.1);
  EXPECT_DOUBLE_EQ(parse_price("86.4/d"), 0.001);
  EXPECT_EQ(parse_price("0/h"), 0) << "it is there anyway";
  for (const char* text : {"", "3.5", "3.5/week", "-1/h", "x/h", "1e400/h", "nan/h"})
    EXPECT_THROW(parse_price(text), UsageError) << text;
  expect_refused("run sum --cpu-price 3", {"--cpu-price", "0.4/h"});
  expect_refused("find sum --vary n=1:10 --compare serial,openmp --gpu-price 3x", {"--gpu-price", "0.4/h"});
}

Row gpu_row(double call_s) {
  Row row = cpu_row("tiled", 1, call_s);
  row.backend = "cuda";
  row.device = "A GPU";
  row.transfer = "pageable";
  return row;
}

/// A million calls of a second: one of the CPU's machine, ten of the GPU's.
constexpr Prices ten_times = {1e-6, 1e-5};

std::string said(Row cpu, Row gpu, const Prices& prices = ten_times) {
  std::vector<Row> rows = {std::move(cpu), std::move(gpu)};
  charge(rows, prices);
  return render_cost(rows, 200);
}

TEST(Costs, AreThoseOfTheWholeMachine) {
  std::vector<Row> rows = {cpu_row("openmp", 2, 0.5), gpu_row(0.1)};
  charge(rows, ten_times);
  EXPECT_DOUBLE_EQ(*rows[0].cost_per_million_calls, 0.5);
  EXPECT_DOUBLE_EQ(*rows[1].cost_per_million_calls, 1.0);
  Row failed = cpu_row("openmp", 2, 0.5);
  failed.outcome = Outcome::wrong;
  rows = {failed, gpu_row(0.1)};
  charge(rows, {1e-6, {}});
  EXPECT_FALSE(rows[0].cost_per_million_calls) << "nobody pays for a wrong answer";
  EXPECT_FALSE(rows[1].cost_per_million_calls) << "no price was given";
}

TEST(Costs, AreSaidWhereTheyTurnTheVerdict) {
  const std::string text = said(cpu_row("openmp", 2, 0.5), gpu_row(0.1));
  EXPECT_NE(text.find("by cost, openmp (2 threads) is 2.00x cheaper: openmp (2 threads) 0.500, cuda tiled "
                      "(pageable) 1.00 per million calls"),
            std::string::npos)
      << text;
  EXPECT_EQ(said(cpu_row("openmp", 2, 0.5), gpu_row(0.01)), "") << "faster and cheaper";
  EXPECT_EQ(said(cpu_row("openmp", 2, 0.5), gpu_row(1)), "") << "slower and dearer";
  EXPECT_NE(said(cpu_row("openmp", 2, 0.5), gpu_row(0.05)).find("a tie"), std::string::npos);
  Row short_run = gpu_row(0.1);
  short_run.call_low_s.reset();
  EXPECT_EQ(said(cpu_row("openmp", 2, 0.5), short_run), "") << "unclear before and after";
  Row noisy = gpu_row(0.05);
  noisy.call_low_s = 0.03;
  noisy.call_high_s = 0.07;
  EXPECT_NE(said(cpu_row("openmp", 2, 0.5), noisy).find("unclear"), std::string::npos);
}

TEST(Costs, AreComparedFromOrdinaryMemory) {
  Row pinned = gpu_row(0.1);
  pinned.transfer = "pinned";
  EXPECT_EQ(said(cpu_row("openmp", 2, 0.5), pinned), "") << "its producer would have to write there";
  EXPECT_EQ(said(cpu_row("openmp", 2, 0.5), gpu_row(0.1), {1e-6, {}}), "");
}

class CostProgram : public ProgramTest {
 protected:
  CostProgram() : ProgramTest(CROSSOVER_PROGRAM) {}
};

TEST_F(CostProgram, RowsHaveTheirs) {
  const Ended ended =
      run("run sum --n 1000 --backend cpu --threads 1 --budget 0.05 --quiet --cpu-price 0.36/h "
          "--csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  for (const Row& row : rows())
    EXPECT_NEAR(row.cost_per_million_calls.value_or(-1), *row.call_s * 100, 1e-12) << row.solver;
}

}  // namespace
}  // namespace crossover
