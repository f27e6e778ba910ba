// Asserts, of the program itself: every way in which a case can end is the right row with its evidence, the
// other cases are measured all the same, and the exit status says what it must. To add an ending, rehearse it
// (--rehearse, see bench/plan/rehearsal.hpp) or give flags that lead there.
#include "tests/program.hpp"

namespace crossover {
namespace {

class Outcomes : public ProgramTest {
 protected:
  Outcomes() : ProgramTest(CROSSOVER_PROGRAM) {}

  /// row_means on the CPU, short; the rows come from rows.csv.
  Ended measure(const Arguments& flags) const {
    return run(
        {"run row_means --rows 200 --cols 50 --backend cpu --threads 1 --budget 0.05 --quiet --csv rows.csv",
         flags});
  }

  Row row(const std::string& solver) const {
    for (const Row& candidate : rows())
      if (candidate.solver == solver) return candidate;
    ADD_FAILURE() << "no row of " << solver;
    return {};
  }

  /// Rows of all other solvers are measured, and never compared with `ended`.
  void expect_others_ok(const std::string& ended) const {
    int others = 0;
    for (const Row& other : rows()) {
      if (other.solver == ended) continue;
      ++others;
      EXPECT_EQ(other.outcome, Outcome::ok) << other.solver << ": " << other.reason;
      EXPECT_GE(other.samples.value_or(0), 8) << other.solver;
      EXPECT_NE(other.baseline_solver, ended);
    }
    EXPECT_GE(others, 2);
  }

  /// A row that is not ok claims nothing.
  void expect_nothing_claimed(const Row& row) const {
    EXPECT_FALSE(row.speedup_call || row.speedup_compute || row.speedup_end_to_end || row.call_s);
    EXPECT_TRUE(row.verdict.empty());
    EXPECT_NE(row.reason, "");
  }
};

TEST_F(Outcomes, Ok) {
  const Ended ended = measure("");
  EXPECT_EQ(ended.status, 0) << ended.err;
  expect_others_ok("");
  for (const Row& row : rows()) {
    EXPECT_EQ(row.verified, "all");
    EXPECT_TRUE(row.startup_s && row.first_call_s && row.one_shot_s && row.call_s && row.end_to_end_s);
    EXPECT_TRUE(row.peak_host_bytes && row.needed_host_bytes && row.available_host_bytes && row.floor_s);
    EXPECT_LE(*row.call_low_s, *row.call_s);
    EXPECT_GE(*row.call_high_s, *row.call_s);
    EXPECT_GT(*row.one_shot_s, *row.first_call_s);
    EXPECT_FALSE(row.verdict.empty());
  }
}

TEST_F(Outcomes, WrongAtFirstAndLater) {
  for (const std::string failure : {"wrong", "overrun", "wrong@2", "overrun@3"}) {
    const Ended ended = measure({"--force --rehearse", "openmp:compute:" + failure});
    EXPECT_EQ(ended.status, 1) << failure << ended.err;
    const Row wrong = row("openmp");
    EXPECT_EQ(wrong.outcome, Outcome::wrong) << failure;
    EXPECT_EQ(wrong.phase_reached, "verify");
    EXPECT_EQ(wrong.reason.find("outside output") != std::string::npos, failure.starts_with("overrun"));
    expect_nothing_claimed(wrong);
    expect_others_ok("openmp");
  }
}

TEST_F(Outcomes, ARehearsalThatDoesNotHappenIsNoSilentSuccess) {
  const Ended unknown = measure("--rehearse cublas:compute:kill");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("'cublas': there are serial"), std::string::npos) << unknown.err;
  for (const std::string never : {"openmp:upload:kill", "openmp:compute:kill@1000000000"})
    EXPECT_NE(measure({"--force --rehearse", never}).err.find(never + " never happened"), std::string::npos);
  EXPECT_EQ(measure("--force --rehearse openmp:compute:kill").err.find("never happened"), std::string::npos);
}

TEST_F(Outcomes, KilledAndCrashed) {
  for (const std::string when : {"", "@5"}) {
    EXPECT_EQ(measure({"--force --samples samples.csv --rehearse", "openmp:compute:kill" + when}).status, 1);
    EXPECT_EQ(row("openmp").outcome, Outcome::killed);
    EXPECT_EQ(row("openmp").phase_reached, "call");
    EXPECT_NE(row("openmp").reason.find("signal 9"), std::string::npos);
    expect_nothing_claimed(row("openmp"));
    expect_others_ok("openmp");
    if (when == "@5") {
      EXPECT_NE(text("samples.csv").find("cpu,openmp,1,none,pilot,"), std::string::npos)
          << "sampled, then killed";
    }
    EXPECT_EQ(measure({"--force --rehearse", "openmp:compute:segv" + when}).status, 1);
    EXPECT_EQ(row("openmp").outcome, Outcome::failed);
    EXPECT_NE(row("openmp").reason.find("was killed by signal"), std::string::npos);
    expect_others_ok("openmp");
  }
}

TEST_F(Outcomes, FailedInEachPhase) {
  for (const std::string phase : {"allocate", "compute", "release"}) {
    EXPECT_EQ(measure({"--force --rehearse", "eigen:" + phase + ":error"}).status, 1);
    EXPECT_EQ(row("eigen").outcome, Outcome::failed);
    EXPECT_EQ(row("eigen").reason, "a rehearsed error");
    EXPECT_EQ(row("eigen").phase_reached, phase == "compute" ? "call" : phase);
    expect_nothing_claimed(row("eigen"));
    expect_others_ok("eigen");
  }
}

TEST_F(Outcomes, FailedAtTheEndOfSampling) {
  EXPECT_EQ(measure("--rehearse eigen:release:error@5").status, 1);
  EXPECT_EQ(row("eigen").outcome, Outcome::failed);
  EXPECT_EQ(row("eigen").phase_reached, "release");
  expect_others_ok("eigen");
}

TEST_F(Outcomes, OutOfMemoryIsAWallAndNoFault) {
  EXPECT_EQ(measure("--rehearse eigen:allocate:out-of-memory").status, 0);
  EXPECT_EQ(row("eigen").outcome, Outcome::out_of_memory);
  EXPECT_EQ(row("eigen").phase_reached, "allocate");
  EXPECT_EQ(row("eigen").needed_host_bytes, 1 << 30);
  EXPECT_EQ(row("eigen").available_host_bytes, 1 << 20);
  expect_others_ok("eigen");
}

TEST_F(Outcomes, TooSlowByTheClock) {
  for (const std::string when : {"", "@2"}) {
    EXPECT_EQ(measure({"--force --timeout 1 --rehearse", "openmp:compute:hang" + when}).status, 0);
    EXPECT_EQ(row("openmp").outcome, Outcome::too_slow);
    EXPECT_NE(row("openmp").reason.find(" in call; a call has the timeout of 1.00 s"), std::string::npos);
    expect_nothing_claimed(row("openmp"));
    expect_others_ok("openmp");
  }
}

/// Libraries inside pack copies of their operands: of 57 MiB in Eigen's product by two threads.
TEST_F(Outcomes, NoSolverTakesMoreMemoryThanItNeeds) {
  const Ended ended =
      run("run similarity --corpus 150000 --queries 16 --dim 100 --backend cpu --threads 1,2 --budget 0.01 "
          "--quiet --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  int seen = 0;
  for (const Row& row : rows()) {
    if (row.outcome != Outcome::ok) continue;
    constexpr std::int64_t program = 24 << 20;
    EXPECT_LT(row.peak_host_bytes.value_or(0), row.needed_host_bytes.value_or(0) + program)
        << row.solver << " with " << row.threads << " threads";
    ++seen;
  }
  EXPECT_GE(seen, 5);
}

TEST_F(Outcomes, TooSlowByForecast) {
  const Ended ended =
      run("run similarity --corpus 50000 --queries 2000 --dim 100 --solver serial --backend cpu "
          "--timeout 0.5 --within 1h --budget 0.05 --quiet --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Row slow = row("serial");
  EXPECT_EQ(slow.outcome, Outcome::too_slow);
  EXPECT_GT(slow.forecast_s.value_or(0), 0.5);
  EXPECT_NE(slow.reason.find("forecast"), std::string::npos);
  EXPECT_FALSE(slow.first_call_s) << "it was not run";
  expect_nothing_claimed(slow);
}

TEST_F(Outcomes, TooSlowAtASizeIsTooSlowAtLargerOnes) {
  const Ended ended =
      run("run similarity --corpus 50000 --queries 2000,4000 --dim 100 --solver serial --backend cpu "
          "--timeout 0.5 --budget 0.05 --quiet --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const std::vector<Row> both = rows();
  ASSERT_EQ(both.size(), 2U);
  for (const Row& row : both) EXPECT_EQ(row.outcome, Outcome::too_slow) << row.reason;
  EXPECT_NE(both[0].reason.find("smaller piece"), std::string::npos) << both[0].reason;
  EXPECT_NE(both[1].reason.find("forecast from queries=2000"), std::string::npos) << both[1].reason;
  EXPECT_DOUBLE_EQ(both[1].forecast_s.value_or(0) / both[0].forecast_s.value_or(1),
                   *both[1].flops / *both[0].flops);
  expect_nothing_claimed(both[1]);
}

/// The budget is too short for samples: a second call is the headline all the same.
TEST_F(Outcomes, NobodyIsJudgedByAFirstCall) {
  const Ended ended =
      run("run row_means --rows 200 --cols 50 --backend cpu --threads 1 --budget 1us --quiet --csv rows.csv");
  ASSERT_EQ(ended.status, 0) << ended.err;
  ASSERT_EQ(rows().size(), 4U);
  for (const Row& row : rows()) {
    EXPECT_EQ(row.outcome, Outcome::ok) << row.reason;
    EXPECT_EQ(row.samples, 1) << row.solver;
    EXPECT_NE(row.call_s, row.first_call_s) << row.solver;
    EXPECT_EQ(row.warnings.find("its first call"), std::string::npos) << row.warnings;
    EXPECT_NE(row.warnings.find("one sample: raise --budget for more"), std::string::npos) << row.warnings;
  }
}

TEST_F(Outcomes, WhatTheRunHasNoTimeForIsNotRun) {
  const Ended ended = measure("--within 0.001");
  EXPECT_EQ(ended.status, 1) << "nothing was measured";
  EXPECT_NE(ended.err.find("nothing was measured: every row is not_run"), std::string::npos) << ended.err;
  for (const Row& late : rows()) {
    EXPECT_EQ(late.outcome, Outcome::not_run) << late.reason;
    EXPECT_NE(late.reason.find("--within"), std::string::npos) << late.reason;
    expect_nothing_claimed(late);
  }
  EXPECT_EQ(rows().size(), 4U);
  EXPECT_EQ(measure("--resume").status, 0);
  expect_others_ok("");
  EXPECT_EQ(rows().size(), 4U) << "what had no time before stands there once";
  EXPECT_EQ(measure("--force --within 2 --rehearse openmp:compute:hang").status, 0);
  EXPECT_EQ(row("openmp").outcome, Outcome::not_run);
  EXPECT_NE(row("openmp").reason.find("all that --within left"), std::string::npos) << row("openmp").reason;
  EXPECT_EQ(row("serial").outcome, Outcome::ok) << row("serial").reason;
}

const Arguments wall =
    "run similarity --corpus 10000 --queries 10000 --dim 10 --solver eigen-full,eigen-tiled "
    "--backend cpu --threads 1 --budget 0.05 --quiet --csv rows.csv --force "
    "--host-memory-limit 200MiB";  // the scores alone: 400 MB

TEST_F(Outcomes, RefusedBeforeRunning) {
  const Ended ended = run(wall);
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Row refused = row("eigen-full");
  EXPECT_EQ(refused.outcome, Outcome::refused);
  EXPECT_GT(refused.needed_host_bytes.value_or(0), 400'000'000);
  EXPECT_LE(refused.available_host_bytes.value_or(0), 200 << 20);
  EXPECT_GT(refused.available_host_bytes.value_or(0), 0);
  EXPECT_EQ(refused.phase_reached, "");
  expect_nothing_claimed(refused);
  EXPECT_EQ(row("eigen-tiled").outcome, Outcome::ok) << row("eigen-tiled").reason;
}

TEST_F(Outcomes, OverTheWallShowsTheRealFailure) {
  const Ended ended = run({wall, "--over-the-wall"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  const Row real = row("eigen-full");
  EXPECT_TRUE(real.outcome == Outcome::out_of_memory || real.outcome == Outcome::killed) << real.reason;
  EXPECT_NE(real.phase_reached, "");
  if (real.outcome == Outcome::out_of_memory) {
    EXPECT_EQ(real.phase_reached, "allocate");
    EXPECT_GT(real.needed_host_bytes.value_or(0), 400'000'000);
    EXPECT_LT(real.available_host_bytes.value_or(1LL << 40), 200 << 20);
    EXPECT_GT(real.available_host_bytes.value_or(0), 0);
  }
  expect_nothing_claimed(real);
  EXPECT_EQ(row("eigen-tiled").outcome, Outcome::ok) << row("eigen-tiled").reason;
}

TEST_F(Outcomes, InputsThatPassTheWallAreAResultToo) {
  const Ended ended =
      run("run sum --n 100M --type f64 --backend cpu --host-memory-limit 200MiB --over-the-wall "
          "--quiet --budget 0.05 --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  for (const Row& row : rows()) {
    EXPECT_EQ(row.outcome, Outcome::out_of_memory) << row.reason;
    EXPECT_EQ(row.phase_reached, "inputs");
    EXPECT_EQ(row.needed_host_bytes, 800'000'000);
  }
}

TEST_F(Outcomes, UnavailableBackendsSayWhy) {
  const Ended ended =
      run("run row_means --rows 200 --cols 50 --backend cuda --device 63 --quiet --csv rows.csv");
  EXPECT_EQ(ended.status, 1) << "nothing was measured";
  EXPECT_NE(ended.err.find("nothing was measured: every row is unavailable"), std::string::npos) << ended.err;
  ASSERT_FALSE(rows().empty());
  for (const Row& row : rows()) {
    EXPECT_EQ(row.backend, "cuda");
    EXPECT_EQ(row.outcome, Outcome::unavailable);
    expect_nothing_claimed(row);
  }
}

}  // namespace
}  // namespace crossover
