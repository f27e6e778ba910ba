// Asserts: what is said of a CPU's row and of every outcome, with figures that the rows have or that follow
// from them; and which files and rows the command refuses. A GPU's rows: tests/explain_device.test.cpp. To
// add a sentence, make the row that leads to it and give its words to expect_said.
#include <gtest/gtest.h>

#include <functional>

#include "explained.hpp"
#include "parsed.hpp"
#include "program.hpp"
#include "rows.hpp"

namespace crossover {
namespace {

/// serial 87 ms, openmp with 1 thread 46 ms, with 2 threads 24 ms: the baseline, and the winner.
std::vector<Row> cpu_rows() {
  std::vector<Row> rows = {cpu_row("serial", 1, 0.087), cpu_row("openmp", 1, 0.046),
                           cpu_row("openmp", 2, 0.024)};
  for (Row& row : rows) {
    row.cores = 2;
    row.floor_s = 0.0216;
    compare(row, rows[2], "openmp t2");
  }
  return rows;
}

TEST(Explain, RowsOfOtherRunsAndMachinesAreNotCompared) {
  for (const auto& change : std::vector<std::function<void(Row&)>>{
           [](Row& row) { row.label = "laptop-8c"; }, [](Row& row) { row.run_id = "20260101T000000Z-7"; },
           [](Row& row) { row.cpu = "Another CPU"; }, [](Row& row) { row.cache = "cold"; }}) {
    std::vector<Row> rows = {cpu_row("serial", 1, 0.09), cpu_row("openmp", 2, 0.03)};
    for (Row& row : rows) compare(row, rows[1], "openmp");
    ASSERT_NE(said(rows, 1).find("row 2"), std::string::npos) << said(rows, 1);
    change(rows[1]);
    EXPECT_EQ(said(rows, 1).find("row 2"), std::string::npos) << said(rows, 1);
    EXPECT_EQ(said(rows, 2).find("row 1"), std::string::npos) << said(rows, 2);
  }
}

TEST(ExplainHost, TheLimitIsNamedWithItsShareOfTheCall) {
  const auto rows = cpu_rows();
  EXPECT_EQ(said(rows, 1),
            "A call takes 87.0 ms (+-1.0%) on 1 of 2 cores. Memory is its limit (0.125 operations per byte): "
            "763.7 MiB at DRAM read speed take 21.6 ms, only 25% of the call: most of it has another cause. "
            "openmp (2 threads), row 3, is 3.62x as fast: 24.0 ms.");
  expect_said(rows, 3, "take 21.6 ms, 90% of the call; little is left to gain.");
  auto arithmetic = cpu_rows();
  arithmetic[2].flops = 8.008e11;
  arithmetic[2].floor_name = "FMA f64";
  arithmetic[2].floor_s = 0.015;
  expect_said(arithmetic, 3,
              "Arithmetic is its limit (1000 operations per byte): at this machine's FMA f64 rate that takes "
              "15.0 ms, 62% of the call.");
  arithmetic[2].floor_s = 0.03;
  expect_said(arithmetic, 3, "more than the call: that limit is not the right one");
  arithmetic[2].floor_s.reset();
  expect_said(arithmetic, 3, "not calibrated");
}

TEST(ExplainHost, TheWinnerIsComparedWithTheNextAndWithFewerThreads) {
  expect_said(cpu_rows(), 3,
              "It is the fastest here, 1.92x as fast as openmp (46.0 ms, row 2). Its 2 threads are 1.92x as "
              "fast as 1 (46.0 ms, row 2).");
  expect_said(cpu_rows(), 2, "It is 1.89x as fast as serial (87.0 ms, row 1).");
  auto crowded = cpu_rows();
  crowded[2].threads = 8;
  crowded[2].baseline_threads = 8;
  expect_said(crowded, 3, "with 8 threads on 2 cores");
}

TEST(ExplainHost, TiesAndUnclearAndLonelyRows) {
  auto rows = cpu_rows();
  for (Row& row : rows) row.verdict = verdict_in("unclear");
  expect_said(rows, 3, "Whether it or openmp (46.0 ms, row 2) is faster is unclear");
  expect_said(rows, 2, "Whether it or openmp (2 threads) (24.0 ms, row 3) is faster is unclear");
  for (Row& row : rows) row.verdict = verdict_in("openmp t2|openmp t1");
  expect_said(rows, 2,
              "Whether it or openmp (2 threads) (24.0 ms, row 3) is the fastest is not known; no other");
  expect_said(rows, 1,
              "openmp (2 threads) (24.0 ms, row 3), openmp (46.0 ms, row 2) are faster, the first 3.62x");
  rows[1].call_s = 0.0241;
  rows[1].call_low_s = 0.024;
  rows[1].call_high_s = 0.0242;
  expect_said(rows, 2, "It and openmp (2 threads) (24.0 ms, row 3) are the fastest here, within 3%.");
  expect_said(rows, 3, "It and openmp (24.1 ms, row 2) are the fastest here, within 3%.");
  rows[1].call_high_s = 0.09;
  expect_said(rows, 2, "24.1 ms (too noisy for an interval)");
  rows[2].call_low_s.reset();
  rows[2].call_high_s.reset();
  rows[2].samples = 1;
  expect_said(rows, 3, "24.0 ms (1 sample: no interval)");
  rows = {cpu_row("serial", 1, 1)};
  compare(rows[0], rows[0], "serial");
  expect_said(rows, 1, "Nothing else here has a time to compare it with.");
  rows = cpu_rows();
  rows.pop_back();
  expect_said(rows, 1, "The row that it was compared with is not in this file.");
}

TEST(ExplainHost, AProvisionalVerdictNamesWhoIsMissing) {
  auto rows = cpu_rows();
  rows.push_back(cpu_row("eigen", 1, 1));
  rows.back().outcome = Outcome::killed;
  rows.push_back(cpu_row("slow", 1, 1));
  rows.back().outcome = Outcome::too_slow;
  rows.back().forecast_s = 50;
  expect_unsaid(rows, 3, "provisional");
  rows[2].verdict = verdict_in("openmp t2 (provisional)");
  expect_said(rows, 3, "It is the fastest here");
  expect_said(rows, 3, "That is provisional: there is no time for eigen (killed, row 4).");
  rows[3].outcome = Outcome::refused;
  expect_said(rows, 3, "That is provisional. ");
  rows[0].disturbed_samples = rows[0].samples;
  expect_said(rows, 3, "That is provisional: serial (row 1) may be faster: its samples were disturbed.");
}

TEST(ExplainHost, GroupsAreKeptApart) {
  auto rows = cpu_rows();
  rows[0].cache = "cold";
  expect_unsaid(rows, 1, "row 3");
  rows = cpu_rows();
  rows[0].source = "modelled";
  EXPECT_TRUE(said(rows, 1).starts_with("Modelled, not measured. A call takes")) << said(rows, 1);
  expect_unsaid(rows, 1, "row 3");
  expect_unsaid(rows, 2, "serial");
}

TEST(ExplainEnding, EveryOutcomeSaysWhatHappenedAndWhatToDo) {
  auto rows = cpu_rows();
  rows[2].needed_host_bytes = std::int64_t{800} << 20;
  Row& row = rows[0];
  row.call_s.reset();
  row.outcome = Outcome::refused;
  row.reason = "needs 38 GiB of a lot";
  row.needed_host_bytes = std::int64_t{38} << 30;
  row.available_host_bytes = std::int64_t{19} << 30;
  EXPECT_EQ(
      said(rows, 1),
      "It was not run, since it would not fit: needs 38 GiB of a lot. That is 2.00x what was available. "
      "openmp (2 threads), row 3, answers the same question with 800 MiB in 24.0 ms. --over-the-wall "
      "runs it all the same, under a guard.");
  row.outcome = Outcome::out_of_memory;
  row.phase_reached = "allocate";
  row.reason = "the system refused to map memory";
  expect_said(
      rows, 1,
      "It was run, and memory ran out in allocate: the system refused to map memory. It needs 38 GiB of "
      "host memory, 2.00x the 19 GiB that was available.");
  expect_unsaid(rows, 1, "over-the-wall");
  row.needed_device_bytes = std::int64_t{4} << 30;
  expect_said(rows, 1, "It needs 4 GiB of device memory.");
  row.outcome = Outcome::killed;
  expect_said(rows, 1, "Its process was killed in allocate");
  expect_said(rows, 1, "dmesg");
  row.outcome = Outcome::too_slow;
  row.forecast_s = 2.4;
  expect_said(
      rows, 1,
      "openmp (2 threads), row 3, answers the same question in 24.0 ms, 100x as fast as forecast here.");
  row.outcome = Outcome::not_run;
  expect_said(rows, 1, "The run had no time for it in allocate: ");
  expect_said(rows, 1, "openmp (2 threads), row 3, answers the same question in 24.0 ms");
  row.outcome = Outcome::failed;
  expect_said(rows, 1, "It failed in allocate: the system");
  expect_said(rows, 1, "--solver serial");
  row.outcome = Outcome::wrong;
  row.max_error = 0.5;
  expect_said(rows, 1, "Its answer is not the oracle's, so its time counts for nothing");
  expect_said(rows, 1, "The largest error is 0.500 of the problem's scale.");
  row.outcome = Outcome::unavailable;
  row.reason = "no driver: install one.";
  EXPECT_EQ(said(rows, 1), "It cannot run here in allocate: no driver: install one.");
}

TEST(ExplainEnding, WhereNothingAnswers) {
  std::vector<Row> rows = {cpu_row("serial", 1, 1)};
  rows[0].outcome = Outcome::refused;
  expect_said(rows, 1, "Nothing else here answers it: ask for smaller sizes, or allow more memory.");
  rows[0].outcome = Outcome::too_slow;
  expect_said(rows, 1, "A longer --timeout or smaller sizes give it a chance.");
  rows[0].outcome = Outcome::not_run;
  expect_unsaid(rows, 1, "--timeout");
}

TEST(Explain, RowsOfWhichTheSameIsToBeSaidShareAParagraph) {
  std::vector<Row> rows = cpu_rows();
  for (const char* solver : {"cub", "thrust"}) {
    rows.push_back(cpu_row(solver, 1, 1));
    rows.back().backend = "cuda";
    rows.back().outcome = Outcome::unavailable;
    rows.back().reason = "no driver";
  }
  rows.push_back(rows.back());
  rows.back().sizes["rows"] = 7;
  const std::string text = flat(render_explanations(rows));
  EXPECT_NE(text.find("rows 4 to 5, cuda cub, cuda thrust: It cannot run here: no driver."),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("row_means rows=7 cols=1000 f64 row 6, cuda thrust: It cannot"), std::string::npos);
  EXPECT_EQ(text.find("row_means rows=100000"), text.rfind("row_means rows=100000")) << "one title a group";
}

TEST(Explain, WarningsAreKept) {
  auto rows = cpu_rows();
  rows[1].warnings = "one; two";
  EXPECT_TRUE(said(rows, 2).ends_with(" Warning: one; two.")) << said(rows, 2);
}

class ExplainProgram : public ProgramTest {
 protected:
  ExplainProgram() : ProgramTest(CROSSOVER_PROGRAM) {}

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

  void expect_refused(const Arguments& line, const std::vector<std::string>& words) const {
    const Ended ended = run(line);
    EXPECT_EQ(ended.status, 2) << line;
    EXPECT_EQ(ended.out, "") << line;
    for (const std::string& word : words)
      EXPECT_NE(ended.err.find(word), std::string::npos)
          << line << "\n  -> " << ended.err << "\n  lacks " << word;
  }
};

TEST_F(ExplainProgram, ReadsAFileAndRefusesWhatItCannotRead) {
  std::string rows = csv_header();
  for (const Row& row : cpu_rows()) rows += csv_row(row);
  write("rows.csv", rows);
  const Ended one = run("explain rows.csv --row 3");
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_NE(flat(one.out).find("row 3, openmp (2 threads): A call takes 24.0 ms"), std::string::npos)
      << one.out;
  EXPECT_EQ(one.out.find("row 1, "), std::string::npos);
  EXPECT_NE(run("explain rows.csv").out.find("row 1, serial: "), std::string::npos);

  write("empty.csv", "");
  write("header.csv", csv_header());
  write("cut.csv", rows.substr(0, rows.size() - 20));
  write("unknown.csv", std::string(rows).replace(rows.find("run_id"), 6, "colour"));
  Row other;
  other.schema = schema_version + 1;
  write("other.csv", csv_header() + csv_row(other));
  expect_refused("explain", {"a file is missing", "crossover explain rows.csv"});
  expect_refused("explain absent.csv", {"absent.csv", "No such file"});
  expect_refused("explain empty.csv", {"empty.csv is empty"});
  expect_refused("explain header.csv", {"header.csv", "no rows"});
  expect_refused("explain cut.csv", {"cut.csv", "in the middle of row 3"});
  expect_refused("explain unknown.csv", {"unknown.csv", "colour"});
  expect_refused("explain other.csv", {"other.csv, row 1", "schema version"});
  expect_refused("explain rows.csv --row 4", {"--row 4", "has 3 rows"});
  for (const char* row : {"0", "-1", "1.5", "x"})
    expect_refused({"explain rows.csv --row", row}, {"--row", row});
  expect_refused("explain rows.csv more.csv", {"unexpected 'more.csv'"});
  expect_refused("explain rows.csv --raw 1", {"unknown flag '--raw'", "--row"});
}

TEST(ExplainHelp, IsWholeAndFits) {
  std::istringstream lines(printed("explain --help"));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  for (const char* word : {"Examples:", "--row N", "Exit status"})
    EXPECT_NE(printed("explain --help").find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace crossover
