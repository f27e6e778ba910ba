// Asserts of `crossover find`: what --vary and --compare take and refuse, how findings read, what the CSV
// holds, and, of the program itself, that two CPU solvers are searched and that a wall ends the range.
#include <algorithm>

#include "bench/find.hpp"
#include "tests/parsed.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

TEST(FindFlags, TakeARangeAndTwoSolvers) {
  const Options options =
      parsed("find row_means --cols 1000 --vary rows=1:1e5 --compare eigen,cpu:openmp --most-runs 100");
  EXPECT_EQ(options.command, Command::find);
  EXPECT_EQ(options.vary, 0);
  EXPECT_EQ(options.vary_from, 1);
  EXPECT_EQ(options.vary_to, 100'000);
  EXPECT_EQ(options.compare, (std::vector<std::string>{"eigen", "cpu:openmp"}));
  EXPECT_EQ(options.most_runs, 100);
  EXPECT_DOUBLE_EQ(options.precision, 0.02);
}

TEST(FindFlags, AreRefusedWithAReason) {
  expect_refused("find sum", {"--vary", "n=1:1e6"});
  expect_refused("find sum --vary rows=1:10", {"--vary", "'rows'", "there are n"});
  expect_refused("find sum --vary n=10", {"--vary", "'n=10'", "AXIS=LOW:HIGH"});
  expect_refused("find sum --vary n:1=10", {"--vary", "AXIS=LOW:HIGH"});
  expect_refused("find sum --vary n=10:10", {"--vary", "empty range"});
  expect_refused("find sum --vary n=20:10", {"--vary", "empty range"});
  expect_refused("find sum --vary n=0:10", {"--vary"});
  expect_refused("find sum --vary n=1:10 --n 5", {"--n", "--vary"});
  expect_refused("find sum --vary n=1:10 --compare serial", {"--compare", "two different solvers"});
  expect_refused("find sum --vary n=1:10 --compare serial,openpm", {"--compare", "'openpm'", "openmp"});
  expect_refused("find sum --vary n=1:10 --compare serial,gpu:openmp", {"--compare"});
  expect_refused("find sum --vary n=1:10 --compare serial,openmp --solver serial", {"--solver", "find"});
  expect_refused("find sum --vary n=1:10 --compare serial,openmp --threads 1,2", {"--threads", "one number"});
  expect_refused("find row_means --vary rows=1:10 --cols 1,2 --compare serial,eigen",
                 {"--cols", "one value"});
  expect_refused("find row_means --vary rows=1:10 --type f32,f64 --compare serial,eigen", {"--type", "one"});
}

CrossingFindings one_crossing() {
  CrossingFindings found;
  found.regimes = {{1, 8, Faster::a}, {11, 16, Faster::undecided}, {23, 1000, Faster::b}};
  found.crossings = {{.size = 13.2,
                      .interval = {12.1, 14.4},
                      .below = 8,
                      .above = 23,
                      .before = Faster::a,
                      .after = Faster::b,
                      .slope = 0.9,
                      .runs = 120}};
  found.last_size = 1000;
  found.sizes = 20;
  found.wins = 14;
  found.runs = 300;
  return found;
}

TEST(Findings, SayWhereTheSolversChangePlaces) {
  const std::string text = render_findings(one_crossing(), "sum f64", "n", "serial (1)", "openmp (2)");
  EXPECT_NE(text.find("n = 13 (12 to 14): below, serial (1) is faster, above,"), std::string::npos) << text;
  EXPECT_NE(text.find("unclear"), std::string::npos) << text;
  EXPECT_NE(text.find("300 runs of each at 20"), std::string::npos) << text;
  EXPECT_EQ(text.find("touch"), std::string::npos) << text;
}

TEST(Findings, SayWhereTheCurvesNearlyTouchOrAreOne) {
  CrossingFindings found = one_crossing();
  found.crossings[0].slope = 0.05;
  EXPECT_NE(render_findings(found, "sum f64", "n", "a", "b").find("nearly touch"), std::string::npos);
  found.crossings[0].plateau = Regime{100, 700, Faster::tie};
  const std::string text = render_findings(found, "sum f64", "n", "a", "b");
  EXPECT_NE(text.find("equally fast from n = 100 to 700"), std::string::npos) << text;
}

TEST(Findings, SayThatThereIsNoCrossing) {
  CrossingFindings found = one_crossing();
  found.crossings.clear();
  found.regimes = {{1, 1000, Faster::b}};
  std::string text = render_findings(found, "sum f64", "n", "serial", "openmp");
  EXPECT_NE(text.find("No crossing: openmp is faster wherever there is a difference, from n = 1 to"),
            std::string::npos)
      << text;
  found.regimes = {{1, 1000, Faster::tie}};
  found.first_wall = 1001;
  found.wall = "openmp: needs 8 GiB";
  text = render_findings(found, "sum f64", "n", "serial", "openmp");
  EXPECT_NE(text.find("no difference"), std::string::npos) << text;
  EXPECT_NE(text.find("n = 1001: openmp: needs 8 GiB"), std::string::npos) << text;
}

TEST(Findings, AreRecordsWithOneHeader) {
  const Options options = parsed("find row_means --cols 7 --vary rows=1:1000 --compare serial,openmp");
  CrossingFindings found = one_crossing();
  found.crossings.push_back(found.crossings.front());
  const auto records = crossing_records(found, options, "serial", "openmp", "test");
  ASSERT_EQ(records.size(), 3U);
  const auto cell = [&](std::size_t record, const std::string& name) {
    const auto at = std::ranges::find(records[0], name) - records[0].begin();
    return records[record].at(static_cast<std::size_t>(at));
  };
  for (const auto& record : records) EXPECT_EQ(record.size(), records[0].size());
  EXPECT_EQ(cell(1, "outcome"), "crossing");
  EXPECT_EQ(cell(1, "faster_below"), "serial");
  EXPECT_EQ(cell(1, "size"), "13.2");
  EXPECT_EQ(cell(1, "size_low"), "12.1");
  EXPECT_EQ(cell(1, "cols"), "7");
  found.crossings.clear();
  const auto none = crossing_records(found, options, "serial", "openmp", "test");
  ASSERT_EQ(none.size(), 2U);
  EXPECT_EQ(none[1][8], "none");
  EXPECT_EQ(none[1].size(), none[0].size());
}

class Find : public ProgramTest {
 protected:
  Find() : ProgramTest(CROSSOVER_PROGRAM) {}
};

TEST_F(Find, SearchesBetweenTwoSolversAndKeepsWhatItFound) {
  const Ended end =
      run("find sum --vary n=10:2000 --type i64 --compare serial,eigen --most-runs 200 --csv found.csv");
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.out.find("sum i64, n varied: serial (1) against eigen (1)"), std::string::npos) << end.out;
  const CsvRecords file = parse_csv(text("found.csv"));
  ASSERT_GE(file.records.size(), 2U);
  EXPECT_EQ(file.records[0][0], "problem");
  EXPECT_EQ(file.records[1][0], "sum");
  const Ended again = run("find sum --vary n=10:2000 --type i64 --compare serial,eigen --csv found.csv");
  EXPECT_EQ(again.status, 2) << "the file exists";
}

TEST_F(Find, EndsTheRangeAtTheWall) {
  const Ended end =
      run("find sum --vary n=1000:1e9 --type f64 --compare serial,eigen --most-runs 24 --host-memory-limit "
          "200MB");
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.out.find("The range ends before n = "), std::string::npos) << end.out;
  EXPECT_NE(end.out.find("--host-memory-limit"), std::string::npos) << end.out;
}

TEST_F(Find, NeedsTwoThatCanRun) {
  const Ended end = run("find sum --vary n=1000:2000");
  if (end.status == 0) GTEST_SKIP() << "there is a GPU here";
  EXPECT_EQ(end.status, 2);
  EXPECT_NE(end.err.find("--compare serial,openmp"), std::string::npos) << end.err;
}

}  // namespace
}  // namespace crossover
