// Asserts, of the program itself: what an interrupted or killed run leaves behind (finished rows, no
// process), how --resume goes on, what is printed where, and that --input and --result are the arrays they
// say they are. Runs hang on demand (--rehearse), so that nothing here depends on how fast the machine is.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "bench/base/input_file.hpp"
#include "common/npy.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

class Interruptions : public ProgramTest {
 protected:
  Interruptions() : ProgramTest(CROSSOVER_PROGRAM) {}

  const Arguments one_group =
      "run sum --n 1000 --type i64 --backend cpu --threads 1 --budget 0.05 --quiet --csv rows.csv";

  std::size_t lines(const std::string& name) const {
    const std::string all = text(name);
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
  }

  /// Starts it with a solver that hangs, and returns when it does.
  pid_t start_and_hang() const {
    const pid_t program = start({one_group, "--timeout 100 --rehearse openmp:compute:hang"});
    EXPECT_TRUE(eventually([&] { return members(program).size() >= 3; })) << "program, group and case";
    return program;
  }
};

TEST_F(Interruptions, CtrlCKeepsFinishedRowsAndResumeGoesOn) {
  // The second group alone is large enough to be sampled for long: the signal comes while it is measured.
  const Arguments flags =
      "run sum --n 1000,2000000 --type i64 --backend cpu --threads 1 --solver serial,openmp "
      "--min-samples 10000 --budget 2 --csv rows.csv";
  const pid_t program = start(flags);
  ASSERT_TRUE(eventually([&] { return lines("rows.csv") >= 3 && members(program).size() >= 3; }));
  ASSERT_EQ(lines("rows.csv"), 3U) << "a header and the first group";
  kill(program, SIGINT);
  const Ended ended = finish(program);
  EXPECT_EQ(ended.status, 130) << ended.err;
  EXPECT_NE(
      ended.err.find("interrupted: 1 of 2 groups finished, in rows.csv; the same command with --resume"),
      std::string::npos)
      << ended.err;
  EXPECT_TRUE(eventually([&] { return members(program).empty(); })) << "a worker was left";
  const std::string before = text("rows.csv");
  ASSERT_EQ(rows().size(), 2U);
  for (const Row& row : rows()) EXPECT_EQ(row.sizes.at("n"), 1000);

  EXPECT_EQ(run({flags, "--resume --seed 2"}).status, 2) << "other flags";
  EXPECT_EQ(run(flags).status, 2) << "never overwritten unasked";
  EXPECT_EQ(text("rows.csv"), before);

  const Ended resumed = run({flags, "--resume"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_TRUE(text("rows.csv").starts_with(before)) << "finished groups are not measured again";
  ASSERT_EQ(rows().size(), 4U);
  EXPECT_EQ(rows().at(3).sizes.at("n"), 2000000);
  EXPECT_EQ(rows().at(0).run_id, rows().at(1).run_id);
  EXPECT_NE(rows().at(0).run_id, rows().at(2).run_id);
  const std::string whole = text("rows.csv");
  EXPECT_EQ(run({flags, "--resume"}).status, 0);
  EXPECT_EQ(text("rows.csv"), whole) << "there was nothing left to do";
}

TEST_F(Interruptions, WhatALiveRunWritesIsItsAlone) {
  const pid_t program = start_and_hang();
  const std::string before = text("rows.csv"), facts = text("rows.csv.meta.json");
  for (const char* how : {"--resume", "--force"}) {
    const pid_t second = start_program(program_, {one_group, how}, folder_, "out", "err");
    EXPECT_EQ(status_of(second), 2) << how;
    EXPECT_NE(text("err").find("rows.csv is being written by another run"), std::string::npos) << text("err");
    EXPECT_EQ(text("rows.csv"), before);
    EXPECT_EQ(text("rows.csv.meta.json"), facts);
  }
  kill(program, SIGKILL);
  EXPECT_EQ(finish(program).status, -1);
  const Ended at_once = run({one_group, "--force"});
  EXPECT_EQ(at_once.status, 0) << "its children, which may take their time to end, do not hold it: "
                               << at_once.err;
}

TEST_F(Interruptions, ResumeGoesOnWithMoreSizesTypesAndProblems) {
  const Arguments flags = "--backend cpu --solver serial --threads 1 --budget 0.05 --csv rows.csv";
  ASSERT_EQ(run({"run sum --n 1000 --type i64", flags}).status, 0);
  std::size_t count = 1;
  for (const Arguments& more :
       {Arguments{"run sum --n 1000,2000 --type i64"}, Arguments{"run sum --n 1000 --type f32"},
        Arguments{"run mean --n 1000 --type f64"}}) {
    const std::string before = text("rows.csv");
    const Ended ended = run({more, flags, "--resume"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_TRUE(text("rows.csv").starts_with(before)) << "finished groups are not measured again";
    EXPECT_EQ(rows().size(), ++count);
  }
  EXPECT_EQ(run({"run mean --n 1000 --type f64 --min-samples 9", flags, "--resume"}).status, 2);
}

TEST_F(Interruptions, CtrlCEndsAHangingSolver) {
  const pid_t program = start_and_hang();
  kill(-program, SIGINT);  // as a terminal does: to the workers as well
  const Ended ended = finish(program);
  EXPECT_EQ(ended.status, 130);
  EXPECT_EQ(ended.err, "") << "--quiet";
  EXPECT_TRUE(eventually([&] { return members(program).empty(); }));
}

TEST_F(Interruptions, CtrlCEndsTheCalibration) {
  const std::filesystem::path kept = calibration_cache_path(machine_facts());
  const std::string before = read_whole(kept);
  const pid_t program = start("run sum --n 1000 --backend cpu --threads 1 --recalibrate --csv rows.csv");
  ASSERT_TRUE(eventually([&] { return text("stderr").find("measuring") != std::string::npos; }));
  kill(-program, SIGINT);
  const Ended ended = finish(program);
  EXPECT_EQ(ended.status, 130);
  EXPECT_EQ(read_whole(kept), before) << "it was measured to its end";
  for (const char* word : {"again", "floor"})  // a second attempt, a warning
    EXPECT_EQ(ended.err.find(word), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("interrupted: 0 of 1 groups"), std::string::npos) << ended.err;
}

TEST_F(Interruptions, TermEndsItToo) {
  const pid_t program = start_and_hang();
  kill(program, SIGTERM);
  EXPECT_EQ(finish(program).status, 130);
  EXPECT_TRUE(eventually([&] { return members(program).empty(); }));
}

TEST_F(Interruptions, AKilledProgramLeavesNoWorker) {
  const pid_t program = start_and_hang();
  kill(program, SIGKILL);
  EXPECT_EQ(finish(program).status, -1);
  EXPECT_TRUE(eventually([&] { return members(program).empty(); }));
}

TEST_F(Interruptions, CsvOnStdoutIsAlone) {
  const Ended ended = run("run sum --n 1000 --type i64 --backend cpu --threads 1 --budget 0.05 --csv -");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const std::vector<Row> rows = rows_of_csv(ended.out, "stdout");
  EXPECT_GE(rows.size(), 3U);
  for (const Row& row : rows) EXPECT_EQ(row.outcome, Outcome::ok) << row.reason;
  EXPECT_NE(ended.err.find("sum"), std::string::npos) << "the table goes to stderr";
}

TEST_F(Interruptions, QuietSaysNothingOnStderr) {
  const Ended ended =
      run("run sum --n 1000 --type i64 --backend cpu --threads 1 --budget 0.05 --quiet --csv a.csv");
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.err, "");
}

TEST_F(Interruptions, JsonHoldsTheSameRows) {
  ASSERT_EQ(run("run sum --n 1000 --type i64 --backend cpu --threads 1 --budget 0.05 --quiet --csv rows.csv "
                "--json rows.json")
                .status,
            0);
  const auto json = nlohmann::json::parse(text("rows.json"));
  const std::vector<Row> same = rows();
  ASSERT_EQ(json.at("rows").size(), same.size());
  for (std::size_t i = 0; i < same.size(); ++i) {
    EXPECT_EQ(json.at("rows")[i].at("solver"), same[i].solver);
    EXPECT_EQ(json.at("rows")[i].at("call_s"), *same[i].call_s);
    EXPECT_EQ(json.at("rows")[i].at("n"), 1000);
  }
}

/// Rows of `cols` f64, x(i, j) = i * 100 + j * j.
std::vector<double> numbers(Index rows, Index cols) {
  std::vector<double> values;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) values.push_back(static_cast<double>(i * 100 + j * j));
  return values;
}

TEST_F(Interruptions, ResultsAreThoseOfTheInput) {
  constexpr Index count = 37, cols = 11;
  std::vector<double> values = numbers(count, cols);
  write_npy(path("mine.npy"), {values.data(), Type::f64, {2, {count, cols}}});
  const Ended ended =
      run("run row_means --input values=mine.npy --backend cpu --threads 1 --budget 0.05 --quiet "
          "--result results --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Ended again = run("run row_means --input values=mine.npy --backend cpu --threads 1 --result results");
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("mean.npy exists: --force replaces it"), std::string::npos) << again.err;
  ASSERT_GE(rows().size(), 3U);
  for (const Row& row : rows()) {
    EXPECT_EQ(row.outcome, Outcome::ok) << row.reason;
    EXPECT_EQ(row.type, "f64");
    EXPECT_EQ(row.sizes.at("rows"), count);
    const std::string file =
        path("results/row_means_rows37_cols11_f64/cpu_" + row.solver + "_none_t1.mean.npy");
    ASSERT_TRUE(std::filesystem::exists(file)) << file;
    const NpyHeader header = read_npy_header(file);
    ASSERT_EQ(header.type, Type::f64);
    ASSERT_EQ(header.extents.count(), count);
    std::vector<double> means(count);
    read_npy(file, header, {means.data(), Type::f64, header.extents});
    for (Index i = 0; i < count; ++i) {
      double sum = 0;
      for (Index j = 0; j < cols; ++j) sum += static_cast<double>(i * 100 + j * j);
      EXPECT_NEAR(means[static_cast<std::size_t>(i)], sum / cols, 1e-12 * (1 + sum))
          << row.solver << " row " << i;
    }
  }
}

TEST_F(Interruptions, ARunOfASuiteWithoutMatchingSolversIsRefused) {
  EXPECT_EQ(run("run --suite lecture --backend cpu --solver eigen-full --type i64 --quiet").status, 2);
}

}  // namespace
}  // namespace crossover
