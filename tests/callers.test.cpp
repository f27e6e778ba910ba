// Asserts of --concurrent: rates and percentiles of several callers, what is refused, and, of the program
// itself, that every caller calls, that a wrong answer or a death ends the case, and that nobody outlives an
// interrupt.
#include "bench/worker/callers.hpp"

#include "bench/machine/machine.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/plan/plan.hpp"
#include "tests/parsed.hpp"
#include "tests/program.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

TEST(Together, AddsTheCallersRates) {
  const std::vector<CallerTimes> callers = {{{0.1, 0.1, 0.3}, 0.5}, {{0.2, 0.2}, 0.4}};
  const Together all = together(callers);
  EXPECT_DOUBLE_EQ(all.calls_per_s, 3 / 0.5 + 2 / 0.4);
  EXPECT_DOUBLE_EQ(all.call_s, 0.2) << "of single calls";
  EXPECT_FALSE(all.p99_s) << "five calls have no 99th percentile";
}

TEST(Together, HasTheSlowestOfAHundredCalls) {
  CallerTimes first, second;
  for (int i = 1; i <= 100; ++i) (i % 2 ? first : second).calls_s.push_back(i);
  first.end_s = second.end_s = 1;
  EXPECT_EQ(together(std::vector{first, second}).p99_s, 99) << "nearest rank";
  first.calls_s.pop_back();
  EXPECT_FALSE(together(std::vector{first, second}).p99_s);
}

TEST(Together, OfNobodyIsNothing) { EXPECT_THROW(together({}), std::invalid_argument); }

TEST(CallersFlags, AreRefusedWithAReason) {
  EXPECT_EQ(parsed("run sum --concurrent 8").concurrent, 8);
  EXPECT_NE(parsed("run sum --concurrent 8").flags_hash, parsed("run sum").flags_hash);
  for (const char* number : {"0", "-1", "2000", "x", "1.5"})
    expect_refused({"run sum --concurrent", number}, {"--concurrent"});
  expect_refused("find sum --vary n=1:10 --compare serial,openmp --concurrent 2", {"--concurrent", "find"});
  expect_refused("scaling sum --concurrent 2", {"--concurrent"});
}

TEST(Callers, ShareTheInputsAndNothingElse) {
  const Options options = parsed("plan sum --n 1e6 --type f64 --solver serial --backend cpu --concurrent 4");
  const Group group = plan_groups(options).at(0);
  const Machine machine = machine_facts();
  const auto needed = [&](std::size_t available_bytes) {
    return needs_of(group, options, machine, {{{available_bytes, "a test's limit"}}}, {}).at(0);
  };
  const Need roomy = needed(std::size_t{1} << 40);
  EXPECT_EQ(roomy.callers, 4);
  EXPECT_EQ(roomy.together_host_bytes(),
            8'000'000 + 4 * (roomy.own.host_bytes + roomy.own.pinned_bytes + process_slack_bytes));
  EXPECT_TRUE(needed(roomy.together_host_bytes()).fits_host);
  const Need tight = needed(roomy.together_host_bytes() - 1);
  EXPECT_FALSE(tight.fits_host);
  Row row;
  EXPECT_TRUE(settle(row, group.cases.front(), group, tight, nullptr, options));
  EXPECT_EQ(row.outcome, Outcome::refused);
  EXPECT_NE(row.reason.find("4 callers at once need"), std::string::npos) << row.reason;
  EXPECT_NE(row.reason.find("a test's limit"), std::string::npos) << row.reason;
}

TEST(Callers, ReadInASentence) {
  Row row = cpu_row("openmp", 2, 0.01);
  EXPECT_EQ(render_callers(std::vector{row}, 80), "");
  row.concurrent = 4;
  row.calls_per_s = 130.0;
  row.concurrent_call_s = 0.03;
  std::string text = render_callers(std::vector{row}, 80);
  EXPECT_NE(text.find("4 callers at once: openmp (2) 130 calls/s, a call 30.0 ms\n"), std::string::npos)
      << text;
  row.call_p99_s = 0.045;
  text = render_callers(std::vector{row}, 80);
  EXPECT_NE(text.find("99% within 45.0 ms"), std::string::npos) << text;
  row.calls_per_s = {};  // a rival's
  text = render_callers(std::vector{row}, 80);
  EXPECT_NE(text.find("4 callers at once: openmp (2) a call 30.0 ms, 99%"), std::string::npos) << text;
}

class Concurrent : public ProgramTest {
 protected:
  Concurrent() : ProgramTest(CROSSOVER_PROGRAM) {}

  Ended measure(const Arguments& flags, const std::string& solvers = "serial,openmp",
                const std::string& budget = "0.1") const {
    return run({"run row_means --rows 200 --cols 50 --backend cpu --quiet --force --csv rows.csv --solver",
                solvers, "--budget", budget, flags});
  }
};

TEST_F(Concurrent, EverySolverIsCalledByAll) {
  const Ended ended = measure("--threads 2 --concurrent 3");
  EXPECT_EQ(ended.status, 0) << ended.err;
  for (const Row& row : rows()) {
    EXPECT_EQ(row.outcome, Outcome::ok) << row.reason;
    EXPECT_EQ(row.concurrent, 3);
    EXPECT_GT(row.calls_per_s.value_or(0), 30) << "three callers for 0.1 s at microseconds a call";
    EXPECT_GT(row.concurrent_call_s.value_or(0), 0);
    EXPECT_GE(row.call_p99_s.value_or(0), *row.concurrent_call_s);
    EXPECT_TRUE(row.call_s) << "and one alone";
  }
  EXPECT_NE(ended.out.find("3 callers at once: "), std::string::npos) << ended.out;
}

TEST_F(Concurrent, WithoutTheFlagTheCellsAreEmpty) {
  EXPECT_EQ(measure("--threads 1").status, 0);
  for (const Row& row : rows())
    EXPECT_FALSE(row.concurrent || row.calls_per_s || row.concurrent_call_s || row.call_p99_s);
}

TEST_F(Concurrent, ThreadsThatTakeTurnsAreSaid) {
  EXPECT_EQ(measure("--threads 2 --concurrent 40", "openmp", "0.02").status, 0);
  ASSERT_EQ(rows().size(), 1U);
  const Row row = rows().at(0);
  if (row.outcome == Outcome::refused) GTEST_SKIP() << row.reason;
  EXPECT_NE(row.warnings.find("40 callers at once have 80 threads"), std::string::npos) << row.warnings;
}

TEST_F(Concurrent, WhatDoesNotFitTogetherIsRefused) {
  EXPECT_EQ(measure("--threads 1 --concurrent 8 --host-memory-limit 128MiB").status, 0);
  for (const Row& row : rows()) {
    EXPECT_EQ(row.outcome, Outcome::refused);
    EXPECT_NE(row.reason.find("8 callers at once"), std::string::npos) << row.reason;
  }
}

TEST_F(Concurrent, ACallersDeathEndsTheCaseAlone) {
  // So often that only those who call for a whole budget get there.
  for (const std::string failure : {"kill", "error"}) {
    measure({"--threads 1 --concurrent 2 --precision 0.9 --rehearse", "serial:compute:" + failure + "@3000"},
            "serial,openmp", "0.3");
    for (const Row& row : rows()) {
      if (row.solver != "serial") {
        EXPECT_EQ(row.outcome, Outcome::ok) << row.reason;
        continue;
      }
      EXPECT_EQ(row.outcome, failure == "kill" ? Outcome::killed : Outcome::failed) << row.reason;
      EXPECT_NE(row.reason.find(failure == "kill" ? "one of 2 callers at once" : "rehearsed"),
                std::string::npos)
          << row.reason;
      EXPECT_FALSE(row.calls_per_s);
    }
  }
}

TEST_F(Concurrent, AllEndWithAnInterrupt) {
  const pid_t child = start(
      "run row_means --rows 200 --cols 50 --backend cpu --solver serial --threads 1 --budget 30 "
      "--precision 0.9 --quiet --concurrent 3");
  EXPECT_TRUE(eventually([&] { return members(child).size() >= 6; })) << "program, group, child and callers";
  kill(child, SIGINT);
  EXPECT_EQ(finish(child).status, 130);
  EXPECT_TRUE(eventually([&] { return members(child).empty(); }));
}

}  // namespace
}  // namespace crossover
