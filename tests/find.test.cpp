// Asserts of `crossover find`: what --vary and --compare take and refuse, how findings read, what the CSV
// holds, and, of the program itself, that two CPU solvers are searched and that a wall ends the range.
#include <algorithm>
#include <cmath>

#include "bench/search/find.hpp"
#include "bench/search/host_best.hpp"
#include "bench/search/pair_search.hpp"
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
  expect_refused("find sum --vary n=1:10 --compare serial,openmp --most-runs 0", {"--most-runs", "too few"});
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

Searched searched(const CrossingFindings& found) {
  return {.found = found, .title = "sum f64", .a = "serial (1)", .b = "openmp (2)"};
}

std::string rendered(const CrossingFindings& found) { return render_findings(searched(found), "n"); }

TEST(HostBest, IsTheFastestOverAllSizes) {
  const std::vector<Pilots> all = {{"short", {1e-6, 1e-3, 1.0}},
                                   {"long", {3e-6, 5e-4, 0.1}},
                                   {"absent", {1e-7, 1e-4, {}}},
                                   {"never", {{}, {}, {}}}};
  EXPECT_EQ(fastest_of(all), 1U) << "20 and 2 times as fast weigh more than 3";
  EXPECT_EQ(fastest_of(std::span(all).first(1)), 0U);
  EXPECT_EQ(fastest_of(std::span(all).subspan(2)), 0U);
  EXPECT_THROW(fastest_of(std::span(all).last(1)), std::invalid_argument);
}

TEST(HostBest, IsMeasured) {
  const Options options = parsed("find row_means --cols 100 --vary rows=100:2000 --threads 1");
  std::vector<Case> hosts;
  for (const char* name : {"serial", "openmp"})
    hosts.push_back({&cpu_backend(), cpu_backend().find_solver("row_means", name), 1, "none"});
  std::string said;
  const Case best =
      measured_best(options, machine_facts(), {}, hosts, [&](const std::string& text) { said = text; });
  EXPECT_TRUE(best.solver == hosts[0].solver || best.solver == hosts[1].solver);
  EXPECT_TRUE(said.starts_with("the CPU's side is " + label_of(best) + ", the fastest of 2 in pilot calls"))
      << said;
}

TEST(Findings, SayWhereTheSolversChangePlaces) {
  const std::string text = rendered(one_crossing());
  EXPECT_NE(text.find("n = 13 (12 to 14): below, serial (1) is faster, above,"), std::string::npos) << text;
  EXPECT_NE(text.find("unclear"), std::string::npos) << text;
  EXPECT_NE(text.find("300 runs of each at 20"), std::string::npos) << text;
  EXPECT_EQ(text.find("touch"), std::string::npos) << text;
  EXPECT_EQ(text.find("modelled"), std::string::npos) << text;
}

TEST(Findings, SayWhereTheCurvesNearlyTouchOrAreOne) {
  CrossingFindings found = one_crossing();
  found.crossings[0].slope = 0.05;
  EXPECT_NE(rendered(found).find("nearly touch"), std::string::npos);
  found.crossings[0].plateau = Regime{100, 700, Faster::tie};
  EXPECT_NE(rendered(found).find("equally fast from n = 100 to 700"), std::string::npos) << rendered(found);
}

TEST(Findings, SayWhatIsUnclear) {
  CrossingFindings found = one_crossing();
  found.crossings[0].is_unclear = true;
  EXPECT_NE(rendered(found).find("somewhere between n = 8 (below, serial (1) is faster) and 23"),
            std::string::npos)
      << rendered(found);
  found.crossings[0].after = Faster::a;
  EXPECT_NE(rendered(found).find("more than once"), std::string::npos) << rendered(found);
}

TEST(Findings, SayThatThereIsNoCrossing) {
  CrossingFindings found = one_crossing();
  found.crossings.clear();
  found.regimes = {{1, 1000, Faster::b}};
  EXPECT_NE(
      rendered(found).find("No crossing: openmp (2) is faster wherever there is a difference, from n ="),
      std::string::npos)
      << rendered(found);
  found.regimes = {{1, 1000, Faster::tie}};
  found.first_wall = 1001;
  found.wall = "openmp: needs 8 GiB";
  EXPECT_NE(rendered(found).find("no difference"), std::string::npos) << rendered(found);
  EXPECT_NE(rendered(found).find("n = 1001: openmp: needs 8 GiB"), std::string::npos) << rendered(found);
}

/// As where a wall lies below the first size.
TEST(Findings, OfNoSizeAtAllSayWhy) {
  CrossingFindings found;
  found.first_wall = 10;
  found.wall = "openmp: needs 8 GiB";
  const std::string text = rendered(found);
  EXPECT_NE(text.find("No size of the range was measured. The range ends before n = 10: openmp: needs"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find(" 0 runs"), std::string::npos) << text;
}

/// A sentence that the study's table bears out: of what is not throttled, and of what is.
TEST(Findings, ClaimTheCoverageOfTheStudy) {
  std::ifstream file(CROSSOVER_TEST_DATA + "/../../results/simulated_study.csv");
  const std::string table{std::istreambuf_iterator<char>(file), {}};
  const CsvRecords study = parse_csv(table);
  const auto column = [&](const char* name) {
    return static_cast<std::size_t>(std::ranges::find(study.records.at(0), name) -
                                    study.records.at(0).begin());
  };
  double least = 1, throttled = 1;
  for (std::size_t i = 1; i < study.records.size(); ++i) {
    const std::vector<std::string>& record = study.records[i];
    if (record.at(column("coverage")).empty()) continue;
    double& part = record.at(column("throttled")) == "true" ? throttled : least;
    part = std::min(part, std::stod(record.at(column("coverage"))));
  }
  EXPECT_LT(throttled, 1);
  EXPECT_GE(least, studied_coverage);
  EXPECT_LT(least, studied_coverage + 0.01);
  EXPECT_GE(throttled, throttled_coverage);
  EXPECT_LT(throttled, throttled_coverage + 0.01);
  EXPECT_EQ(rendered(one_crossing()).find("hold at 99"), std::string::npos);
  EXPECT_NE(rendered(one_crossing()).find("simulated searches"), std::string::npos);
}

TEST(Findings, SayHowOftenTheirSamplesWereDisturbed) {
  const Options options = parsed("find sum --vary n=1:1000 --compare serial,openmp");
  const auto outcome = [&](const Searched& search) {
    const std::vector<std::string> header = crossing_header(options);
    const auto at = std::ranges::find(header, "outcome") - header.begin();
    return crossing_records(search, options, "test").at(0).at(static_cast<std::size_t>(at));
  };
  Searched search = searched(one_crossing());
  EXPECT_EQ(render_findings(search, "n").find("disturbed"), std::string::npos);
  search.disturbed = {0.01, 0.1};
  std::string text = render_findings(search, "n", 1000);
  EXPECT_NE(
      text.find("Other work disturbed 1.0% of the samples of serial (1) and 10% of those of openmp (2)."),
      std::string::npos)
      << text;
  EXPECT_EQ(outcome(search), "crossing");
  search.disturbed = {0.01, 0.4};
  text = render_findings(search, "n", 1000);
  EXPECT_NE(text.find("Provisional: other work disturbed 1.0% of"), std::string::npos) << text;
  EXPECT_EQ(outcome(search), "crossing (provisional)");
  search.found.crossings[0].is_unclear = true;
  EXPECT_EQ(outcome(search), "unclear");
  search.found.crossings.clear();
  search.found.regimes = {{1, 1000, Faster::b}};
  EXPECT_EQ(outcome(search), "none (provisional)");
}

TEST(Findings, DoNotCallNoneWhatIsUnclear) {
  CrossingFindings found = one_crossing();
  found.crossings.clear();
  found.regimes = {{1, 10, Faster::b}, {20, 1000, Faster::undecided}};
  found.last_size = 1000;
  EXPECT_EQ(rendered(found).find("No crossing"), std::string::npos) << rendered(found);
  EXPECT_NE(rendered(found).find("No change was seen"), std::string::npos) << rendered(found);
  found.unseen = 12;
  EXPECT_NE(rendered(found).find(" 12 sizes"), std::string::npos) << rendered(found);
}

TEST(Findings, SayQuestionSourceAndBreakEven) {
  Searched search = searched(one_crossing());
  search.question = {.kind = Question::Kind::reuse, .uses = 100};
  search.is_modelled = true;
  search.break_even = BreakEven{.uses = 5,
                                .uses_interval = Interval{4, 6},
                                .link_bytes_per_s = 23e9,
                                .link_interval = {},
                                .link_now_bytes_per_s = 5.1e9};
  std::string text = render_findings(search, "n");
  std::ranges::replace(text, '\n', ' ');
  EXPECT_NE(text.find("kept for 100 calls"), std::string::npos) << text;
  EXPECT_NE(text.find("300 modelled runs"), std::string::npos) << text;
  EXPECT_NE(text.find("At n = 1000: Kept on the device, the data has to be used 5"), std::string::npos)
      << text;
  EXPECT_NE(text.find("a link of 23.0 GB/s: this one has 5.10 GB/s"), std::string::npos) << text;
}

TEST(Findings, AreRecordsWithOneHeader) {
  const Options options = parsed("find row_means --cols 7 --vary rows=1:1000 --compare serial,openmp");
  const std::vector<std::string> header = crossing_header(options);
  Searched search = searched(one_crossing());
  search.found.crossings.push_back(search.found.crossings.front());
  search.found.crossings.back().is_unclear = true;
  auto records = crossing_records(search, options, "test");
  ASSERT_EQ(records.size(), 2U);
  const auto cell = [&](std::size_t record, const std::string& name) {
    const auto at = std::ranges::find(header, name) - header.begin();
    return records.at(record).at(static_cast<std::size_t>(at));
  };
  for (const auto& record : records) EXPECT_EQ(record.size(), header.size());
  EXPECT_EQ(cell(0, "outcome"), "crossing");
  EXPECT_EQ(cell(1, "outcome"), "unclear");
  EXPECT_EQ(cell(0, "faster_below"), "serial (1)");
  EXPECT_EQ(cell(0, "size"), "13.2");
  EXPECT_EQ(cell(0, "size_low"), "12.1");
  EXPECT_EQ(cell(0, "cols"), "7");
  EXPECT_EQ(cell(0, "question"), "call");
  EXPECT_EQ(cell(0, "source"), "measured");
  EXPECT_EQ(cell(0, "label"), "test");
  EXPECT_EQ(cell(0, "breakeven_reuse"), "");
  search.found.crossings.clear();
  search.break_even = BreakEven{.uses = INFINITY, .link_bytes_per_s = INFINITY, .link_now_bytes_per_s = 5e9};
  records = crossing_records(search, options, "test");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(cell(0, "outcome"), "none");
  EXPECT_EQ(cell(0, "breakeven_reuse"), "never");
  EXPECT_EQ(cell(0, "breakeven_link_bytes_per_s"), "");
  EXPECT_EQ(cell(0, "link_bytes_per_s"), "5e+09");
  EXPECT_EQ(records.at(0).size(), header.size());
}

/// A visit has both cases open, with an output and a workspace each: 240 MB each.
TEST(PairSearches, EndWhereBothDoNotFitTogether) {
  const auto wall_with = [](const std::string& limit) {
    const Options options = parsed(
        {"find similarity --queries 1e5 --dim 1 --k 100 --vary corpus=100:200 --compare serial,openmp-tiled "
         "--threads 1 --host-memory-limit",
         limit});
    const Machine machine = machine_facts();
    const std::vector<Case> two = pair_cases(options, machine, {});
    return PairSearch(options, machine, {}, two).wall(150);
  };
  EXPECT_NE(wall_with("350MB").find("both at once need 4"), std::string::npos) << wall_with("350MB");
  EXPECT_EQ(wall_with("220MB").find("both at once"), std::string::npos) << "one alone is too much";
  EXPECT_EQ(wall_with("700MB"), "");
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
  EXPECT_EQ(file.records.at(0)[0], "problem");
  EXPECT_EQ(file.records.at(1)[0], "sum");
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

/// A corpus below k is none: it was measured, and a right solver called wrong.
TEST_F(Find, BeginsAtTheFirstSizeThatThereIs) {
  const Ended end =
      run("find similarity --queries 10 --dim 10 --vary corpus=1:8 --compare serial,eigen-full "
          "--most-runs 40 --csv found.csv");
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.err.find("the range begins at corpus = 3: "), std::string::npos) << end.err;
  EXPECT_EQ(parse_csv(text("found.csv")).records.at(1).at(3), "3") << "column `from`";
  const Ended none = run("find similarity --corpus 100 --vary k=200:300 --compare serial,eigen-full");
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("more rows than the corpus"), std::string::npos) << none.err;
}

TEST_F(Find, NeedsTwoThatCanRun) {
  const Ended end = run("find sum --vary n=1000:2000");
  if (end.status == 0) GTEST_SKIP() << "there is a GPU here";
  EXPECT_EQ(end.status, 2);
  EXPECT_NE(end.err.find("--compare serial,openmp"), std::string::npos) << end.err;
}

}  // namespace
}  // namespace crossover
