// Asserts: what becomes of a case from one file to another, from times and intervals; which rows are one
// case; what is said of machines that differ; and the command's exit statuses and files. To add a change, add
// it to changes_of's callers.
#include "bench/report/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "bench/rows/columns.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/sidecar.hpp"
#include "parsed.hpp"
#include "program.hpp"
#include "rows.hpp"

namespace crossover {
namespace {

Row timed(double call_s, double low_s, double high_s) {
  Row row = cpu_row("openmp", 2, call_s);
  row.call_low_s = low_s;
  row.call_high_s = high_s;
  return row;
}

Row ended(Outcome outcome, const char* reason) {
  Row row = cpu_row("openmp", 2, 1);
  row.call_s.reset();
  row.outcome = outcome;
  row.reason = reason;
  return row;
}

RowPair one_pair(const Row& before, const Row& after) {
  static std::vector<Row> kept[2];
  kept[0] = {before};
  kept[1] = {after};
  const std::vector<RowPair> pairs = paired(kept[0], kept[1]);
  EXPECT_EQ(pairs.size(), 1U);
  return pairs.front();
}

TEST(Compare, TheIntervalIsTheWidestThatBothAllow) {
  const RowPair pair = one_pair(timed(2, 1.9, 2.2), timed(4, 3.8, 4.4));
  EXPECT_DOUBLE_EQ(*pair.ratio, 2);
  ASSERT_TRUE(pair.interval);
  EXPECT_DOUBLE_EQ(pair.interval->low, 3.8 / 2.2);
  EXPECT_DOUBLE_EQ(pair.interval->high, 4.4 / 1.9);
}

TEST(Compare, TheChangeIsThatOfTheInterval) {
  const auto change = [](double low, double high) {
    return one_pair(timed(1, 1, 1), timed((low + high) / 2, low, high)).change;
  };
  EXPECT_EQ(change(0.99, 1.01), Change::same);
  EXPECT_EQ(change(0.972, 1.029), Change::same);
  EXPECT_EQ(change(0.99, 1.04), Change::unclear);
  EXPECT_EQ(change(0.90, 0.98), Change::unclear);
  EXPECT_EQ(change(1.031, 1.2), Change::slower);
  EXPECT_EQ(change(0.5, 0.97), Change::faster);
  EXPECT_EQ(change(0.5, 2), Change::unclear);
}

TEST(Compare, WithoutAnIntervalItIsUnclearAndTheRatioIsShown) {
  Row one = timed(5, 5, 5);
  one.call_low_s.reset();
  one.call_high_s.reset();
  for (const RowPair& pair : {one_pair(timed(1, 1, 1), one), one_pair(one, timed(1, 1, 1))}) {
    EXPECT_EQ(pair.change, Change::unclear);
    EXPECT_TRUE(pair.ratio);
    EXPECT_FALSE(pair.interval);
  }
}

TEST(Compare, DisturbedSamplesDecideNoDifference) {
  for (const bool is_first : {true, false}) {
    std::vector<Row> before = {timed(1, 0.99, 1.01)}, after = {timed(2, 1.98, 2.02)};
    Row& row = is_first ? before[0] : after[0];
    row.disturbed_samples = 4;  // of 16
    EXPECT_EQ(paired(before, after).at(0).change, Change::slower);
    row.disturbed_samples = 5;
    EXPECT_EQ(paired(before, after).at(0).change, Change::unclear);
    EXPECT_EQ(paired(after, before).at(0).change, Change::unclear);
    EXPECT_NE(render_comparison(paired(before, after)).find("disturbed samples: measure again"),
              std::string::npos);
    after[0].call_s = after[0].call_low_s = after[0].call_high_s = 1;
    EXPECT_EQ(paired(before, after).at(0).change, Change::same) << "in spite of them";
  }
}

TEST(Compare, LostAndGainedAndNeither) {
  const Row well = timed(1, 1, 1), refused = ended(Outcome::refused, "no room");
  EXPECT_EQ(one_pair(well, refused).change, Change::lost);
  EXPECT_EQ(one_pair(refused, well).change, Change::gained);
  EXPECT_EQ(one_pair(refused, refused).change, Change::neither);
  EXPECT_FALSE(one_pair(well, refused).ratio);
}

TEST(Compare, WhatWasNotRunIsMissingAndNotLost) {
  const Row well = timed(1, 1, 1), late = ended(Outcome::not_run, "the time of --within was over");
  EXPECT_EQ(one_pair(well, late).change, Change::only_before);
  EXPECT_EQ(one_pair(late, well).change, Change::only_after);
  EXPECT_EQ(one_pair(late, late).change, Change::neither);
  EXPECT_EQ(one_pair(late, ended(Outcome::refused, "no room")).change, Change::neither);
  const std::vector<Row> before = {well}, after = {late};
  EXPECT_NE(render_comparison(paired(before, after)).find("is not_run: the time of --within was over"),
            std::string::npos);
}

TEST(Compare, ACaseIsAllThatTellsRowsApart) {
  const std::vector<std::function<void(Row&)>> edits = {
      [](Row& row) { row.problem = "sum"; },     [](Row& row) { row.type = "f32"; },
      [](Row& row) { row.sizes["rows"] = 7; },   [](Row& row) { row.seed = 2; },
      [](Row& row) { row.backend = "cuda"; },    [](Row& row) { row.solver = "eigen"; },
      [](Row& row) { row.threads = 1; },         [](Row& row) { row.transfer = "pinned"; },
      [](Row& row) { row.cache = "cold"; },      [](Row& row) { row.bind = "close"; },
      [](Row& row) { row.source = "modelled"; },
  };
  for (const auto& edit : edits) {
    const std::vector<Row> before = {timed(1, 1, 1)};
    std::vector<Row> after = before;
    edit(after[0]);
    const std::vector<RowPair> pairs = paired(before, after);
    ASSERT_EQ(pairs.size(), 2U);
    EXPECT_EQ(pairs[0].change, Change::only_before);
    EXPECT_EQ(pairs[1].change, Change::only_after);
    after.push_back(before[0]);
    EXPECT_EQ(paired(before, after).at(0).change, Change::same) << "wherever it stands";
  }
}

TEST(Compare, ACaseThatStandsTwiceIsAnErrorThatNamesTheRows) {
  const std::vector<Row> twice = {timed(1, 1, 1), cpu_row("serial", 1, 1), timed(2, 2, 2)}, once = {twice[0]};
  for (const bool first : {true, false}) try {
      paired(first ? twice : once, first ? once : twice, "a.csv", "b.csv");
      ADD_FAILURE();
    } catch (const CsvError& error) {
      const std::string text = error.what();
      EXPECT_TRUE(text.starts_with(first ? "a.csv: rows 1 and 3 " : "b.csv: rows 1 and 3 ")) << text;
      EXPECT_NE(text.find("row_means rows=100000 cols=1000 f64, openmp (2 threads)"), std::string::npos);
    }
}

TEST(Compare, SamplesOfOneDistributionAreSeldomCalledADifference) {
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> noise(0, 0.10);
  int differences = 0;
  const int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    Row rows[2];
    for (Row& row : rows) {
      std::vector<double> samples(16);
      for (double& sample : samples) sample = noise(random);
      const auto interval = median_interval(samples, 0.01);
      row = timed(median(samples), interval->low, interval->high);
    }
    const Change change = one_pair(rows[0], rows[1]).change;
    differences += change == Change::faster || change == Change::slower;
  }
  EXPECT_LE(differences, trials / 100);
}

/// Nine cases, one of each change.
std::pair<std::vector<Row>, std::vector<Row>> every_change_once() {
  std::vector<Row> before, after;
  const auto add = [](std::vector<Row>& rows, const char* solver, Row row) {
    row.solver = solver;
    rows.push_back(row);
  };
  add(before, "same", timed(1, 0.999, 1.001));
  add(after, "same", timed(1, 0.999, 1.001));
  add(before, "faster", timed(1, 0.99, 1.01));
  add(after, "faster", timed(0.5, 0.49, 0.51));
  add(before, "slower", timed(1, 0.99, 1.01));
  add(after, "slower", timed(2, 1.98, 2.02));
  add(before, "unclear", timed(1, 0.9, 1.1));
  add(after, "unclear", timed(1.1, 1, 1.2));
  add(before, "lost", timed(1, 1, 1));
  add(after, "lost", ended(Outcome::killed, "killed by signal 9"));
  add(before, "gained", ended(Outcome::too_slow, "forecast"));
  add(after, "gained", timed(1, 1, 1));
  add(before, "gone", timed(1, 1, 1));
  add(after, "a-very-long-name-of-a-solver-that-is-new", timed(1, 1, 1));
  add(before, "neither", ended(Outcome::unavailable, "no driver"));
  add(after, "neither", ended(Outcome::unavailable, "no driver"));
  return {before, after};
}

TEST(Compare, TheTableHasBothTimesTheRatioAndItsInterval) {
  const auto [before, after] = every_change_once();
  const std::string text = render_comparison(paired(before, after));
  std::istringstream lines(text);
  std::string flat, last;
  for (std::string line; std::getline(lines, line); last = line) {
    EXPECT_LE(line.size(), line.ends_with("ok in neither") ? 120U : 80U) << line;
    std::istringstream words(line);
    for (std::string word; words >> word;) flat += word + ' ';
  }
  for (const char* piece :
       {"row_means rows=100000 cols=1000 f64 solver before after ratio its interval change",
        "same (2) 1.00 s 1.00 s 1.00x 0.998..1.00 same",
        "faster (2) 1.00 s 500 ms 0.500x 0.485..0.515 faster",
        "slower (2) 1.00 s 2.00 s 2.00x 1.96..2.04 slower",
        "unclear (2) 1.00 s 1.10 s 1.10x 0.909..1.33 unclear", "lost (2) 1.00 s lost",
        "gained (2) 1.00 s gained", "gone (2) 1.00 s only before", "1.00 s only after",
        "lost (2): is killed: killed by signal 9", "gained (2): was too_slow: forecast"})
    EXPECT_NE(flat.find(piece), std::string::npos) << piece << "\nin " << text;
  EXPECT_EQ(flat.find("no driver"), std::string::npos) << "what is alike and has no time is counted only";
  EXPECT_EQ(last,
            "1 same, 1 faster, 1 slower, 1 unclear, 1 lost, 1 gained, 1 only before, 1 only after, 1 ok in "
            "neither");
}

TEST(Compare, OutcomesThatChangeAndMissingIntervalsAreSaid) {
  std::vector<Row> before = {ended(Outcome::refused, "no room")},
                   after = {ended(Outcome::killed, "signal 9")};
  EXPECT_NE(render_comparison(paired(before, after)).find("was refused: no room; is killed: signal 9"),
            std::string::npos);
  before = after = {timed(1, 1, 1)};
  after[0].call_low_s.reset();
  EXPECT_NE(render_comparison(paired(before, after)).find("no interval: fewer than 8 samples"),
            std::string::npos);
}

TEST(Compare, MeasuredAndModelledAreNeverCompared) {
  const std::vector<Row> before = {timed(1, 1, 1)};
  std::vector<Row> after = {timed(2, 2, 2)};
  after[0].source = "modelled";
  const std::string text = render_comparison(paired(before, after));
  EXPECT_NE(text.find("1 case is measured in one file and modelled in the other: never compared"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("f64, modelled\n"), std::string::npos) << text;
  EXPECT_EQ(render_comparison(paired(before, before)).find("never compared"), std::string::npos);
}

TEST(Compare, OtherMachinesAndProgramsAreSaid) {
  std::vector<Row> before = {timed(1, 1, 1), timed(1, 1, 1)}, after = before;
  EXPECT_EQ(render_differences(before, after), "");
  for (Row& row : before) {
    row.label = "emr-2c";
    row.cores = 2;
  }
  for (Row& row : after) {
    row.label = "zen4-2c";
    row.cores = 2;
  }
  after[1].cores = 4;
  after[1].gpu = "A GPU";
  EXPECT_EQ(render_differences(before, after),
            "label differs: emr-2c -> zen4-2c\ncores differs: 2 -> 2, 4\ngpu differs: none -> A GPU\n");
}

TEST(Compare, TheFileHasALineForEachCase) {
  const auto [before, after] = every_change_once();
  const CsvRecords csv = parse_csv(comparison_csv(paired(before, after)));
  ASSERT_EQ(csv.records.size(), 10U);
  const auto cell = [&](std::size_t line, const std::string& name) {
    const auto& header = csv.records.at(0);
    const auto at = static_cast<std::size_t>(std::ranges::find(header, name) - header.begin());
    return at < csv.records[line].size() ? csv.records[line][at] : "no column " + name;
  };
  EXPECT_EQ(cell(2, "change"), "faster");
  EXPECT_EQ(cell(2, "problem") + cell(2, "rows") + cell(2, "solver") + cell(2, "threads"),
            "row_means100000faster2");
  EXPECT_EQ(cell(2, "before_call_s") + ' ' + cell(2, "after_call_s") + ' ' + cell(2, "ratio"), "1 0.5 0.5");
  EXPECT_EQ(cell(2, "ratio_low"), print_number(0.49 / 1.01));
  EXPECT_EQ(cell(5, "change"), "lost");
  EXPECT_EQ(cell(5, "after_outcome") + cell(5, "after_reason") + cell(5, "ratio"),
            "killedkilled by signal 9");
  EXPECT_EQ(cell(9, "change") + cell(9, "before_outcome"), "only after");
  for (const auto& record : csv.records) EXPECT_EQ(record.size(), csv.records.at(0).size());
}

class CompareProgram : public ProgramTest {
 protected:
  CompareProgram() : ProgramTest(CROSSOVER_PROGRAM) {
    const auto [before, after] = every_change_once();
    write("before.csv", before);
    write("after.csv", after);
  }

  void write(const std::string& name, const std::vector<Row>& rows) const {
    std::ofstream file(folder_ / name, std::ios::binary);
    file << csv_header();
    for (const Row& row : rows) file << csv_row(row);
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

TEST_F(CompareProgram, FailsOnWhatItWasTold) {
  EXPECT_EQ(run("compare before.csv after.csv").status, 0);
  for (const char* change : {"slower", "lost", "unclear", "missing"}) {
    const Ended ended = run({"compare before.csv after.csv --fail-on", change});
    EXPECT_EQ(ended.status, 1) << change;
    EXPECT_EQ(ended.err, std::string("crossover: --fail-on: 1 ") + change + "\n");
    EXPECT_TRUE(ended.out.ends_with(" ok in neither\n")) << ended.out;
  }
  EXPECT_EQ(run("compare before.csv before.csv --fail-on slower,lost,missing").status, 0);
  EXPECT_EQ(run("compare before.csv after.csv --fail-on slower,lost").err,
            "crossover: --fail-on: 1 slower, 1 lost\n");
}

TEST_F(CompareProgram, WritesAFileAndReplacesNoneUnasked) {
  EXPECT_EQ(run("compare before.csv after.csv --csv changes.csv").status, 0);
  const std::string written = text("changes.csv");
  EXPECT_EQ(parse_csv(written).records.size(), 10U);
  expect_refused("compare before.csv before.csv --csv changes.csv",
                 {"changes.csv exists already", "--force"});
  EXPECT_EQ(text("changes.csv"), written);
  EXPECT_EQ(run("compare before.csv before.csv --csv changes.csv --force").status, 0);
  EXPECT_EQ(parse_csv(text("changes.csv")).records.size(), 9U);
  const Ended piped = run("compare before.csv after.csv --csv -");
  EXPECT_EQ(piped.out, written);
  EXPECT_NE(piped.err.find("its interval"), std::string::npos);
  const std::string rows = text("after.csv");
  expect_refused("compare before.csv after.csv --force --csv ./after.csv",
                 {"one of the files that are compared"});
  EXPECT_EQ(text("after.csv"), rows);
}

TEST_F(CompareProgram, RefusesWhatItCannotCompare) {
  write("none.csv", {});
  write("twice.csv", {timed(1, 1, 1), timed(1, 1, 1)});
  expect_refused("compare", {"two files are needed"});
  expect_refused("compare before.csv", {"two files are needed", "crossover compare before.csv after.csv"});
  expect_refused("compare before.csv absent.csv", {"absent.csv", "No such file"});
  expect_refused("compare none.csv after.csv", {"none.csv", "no rows"});
  expect_refused("compare before.csv twice.csv", {"twice.csv: rows 1 and 2"});
  expect_refused("compare before.csv after.csv third.csv", {"unexpected 'third.csv'"});
  expect_refused("compare before.csv after.csv --fail-on faster", {"--fail-on", "faster"});
  expect_refused("compare before.csv after.csv --csv absent/x.csv", {"absent/x.csv"});
}

TEST_F(CompareProgram, SaysThatFlagsDiffer) {
  Sidecar facts;
  facts.flags_hash = "a";
  facts.runs = {{"1", {"crossover", "run", "sum"}, "2026-01-01T00:00:00Z", ""}};
  write_sidecar(path("before.csv"), facts);
  EXPECT_EQ(run("compare before.csv after.csv").out.find("flags"), std::string::npos);
  write_sidecar(path("after.csv"), facts);
  EXPECT_EQ(run("compare before.csv after.csv").out.find("flags"), std::string::npos);
  facts.flags_hash = "b";
  facts.runs[0].command_line.emplace_back("--seed=2");
  write_sidecar(path("after.csv"), facts);
  EXPECT_NE(run("compare before.csv after.csv")
                .out.find("flags differ: crossover run sum -> crossover run sum --seed=2\n"),
            std::string::npos);
}

TEST(CompareOptions, TheNameOfTheFileMayNotBeEmpty) {
  EXPECT_THROW(parsed({"compare before.csv after.csv --csv", std::string()}), UsageError);
}

TEST(CompareHelp, IsWholeAndFits) {
  std::istringstream lines(printed("compare --help"));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  for (const std::string& change : failing_changes())
    EXPECT_NE(printed("compare --help").find(change), std::string::npos) << change;
  for (const char* word : {"Examples:", "--fail-on LIST", "--csv FILE", "Exit status:"})
    EXPECT_NE(printed("compare --help").find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace crossover
