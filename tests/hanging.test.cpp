// Asserts, of the program itself: whatever hangs or is stopped (a solver in any phase, the group's process,
// callers, a library, a rival's Python, a driver) ends as a row or a sentence that says where and how long
// was waited, the others are measured, and no process is left. The limits are flags; nothing rests on how
// long anything took.
#include "bench/base/clock.hpp"
#include "bench/plan/probe.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

class Hanging : public ProgramTest {
 protected:
  Hanging() : ProgramTest(CROSSOVER_PROGRAM) {}
  ~Hanging() override {
    unsetenv("CROSSOVER_PYTHON");
    unsetenv("CROSSOVER_BLAS");
  }

  /// The run, which leaves no process.
  Ended run_to_its_end(const Arguments& arguments) const {
    const pid_t program = start(arguments);
    Ended ended = finish(program);
    EXPECT_TRUE(eventually([&] { return members(program).empty(); })) << "a process was left";
    return ended;
  }

  Row row(const std::string& solver) const {
    for (const Row& candidate : rows())
      if (candidate.solver == solver) return candidate;
    ADD_FAILURE() << "no row of " << solver;
    return {};
  }

  void expect_ended(const std::string& solver, Outcome outcome, const char* phase, const char* reason) const {
    const Row ended = row(solver);
    EXPECT_EQ(ended.outcome, outcome) << ended.reason;
    EXPECT_EQ(ended.phase_reached, phase) << ended.reason;
    EXPECT_NE(ended.reason.find(reason), std::string::npos) << ended.reason;
    EXPECT_FALSE(ended.call_s) << "it claims nothing";
  }
};

TEST_F(Hanging, AStoppedSolverIsTooSlow) {
  run_to_its_end(
      "run sum --n 1000 --backend cpu --solver serial,openmp --threads 1 --budget 0.05 --quiet --csv "
      "rows.csv "
      "--timeout 1 --rehearse openmp:compute:stop");
  expect_ended("openmp", Outcome::too_slow, "call", "timed out after 1.00 s in call; a call has the timeout");
  EXPECT_EQ(row("serial").outcome, Outcome::ok) << row("serial").reason;
}

TEST_F(Hanging, AStepThatHangsLeavesTimeForTheOthers) {
  run_to_its_end(
      "run sum --n 1000 --backend cpu --solver openmp,serial --threads 1 --budget 0.05 --quiet --csv "
      "rows.csv "
      "--within 12 --rehearse openmp:startup:hang");
  expect_ended("openmp", Outcome::not_run, "startup", "in startup; that was all that --within left for it");
  EXPECT_EQ(row("serial").outcome, Outcome::ok) << row("serial").reason;
}

TEST_F(Hanging, ACheckThatIsStopped) {
  run_to_its_end(
      "run sum --n 1000 --backend cpu --solver serial,openmp --threads 1 --budget 0.05 --quiet --csv "
      "rows.csv "
      "--within 8 --rehearse openmp:verify:stop");
  expect_ended("openmp", Outcome::not_run, "verify", " in verify; that was all that --within left for it");
  EXPECT_EQ(row("serial").outcome, Outcome::ok) << row("serial").reason;
}

TEST_F(Hanging, InputsThatAreNeverMade) {
  const Ended ended = run_to_its_end(
      "run sum --n 1000,2000 --backend cpu --threads 1 --budget 0.05 --quiet --csv rows.csv --within 2 "
      "--rehearse group:inputs:hang");
  EXPECT_NE(ended.status, 2) << ended.err;
  EXPECT_EQ(rows().size(), 8U);
  for (const Row& row : rows()) {
    EXPECT_EQ(row.outcome, Outcome::not_run) << row.reason;
    EXPECT_NE(row.reason.find("the time of --within was over"), std::string::npos) << row.reason;
  }
  expect_ended("openmp", Outcome::not_run, "inputs", "the group's process timed out after ");
}

TEST_F(Hanging, AnOracleThatIsStopped) {
  run_to_its_end(
      "run sum --n 1000 --backend cpu --threads 1 --budget 0.05 --quiet --csv rows.csv --within 2 "
      "--rehearse group:verify:stop");
  ASSERT_EQ(rows().size(), 4U);
  expect_ended("openmp", Outcome::not_run, "verify", "the group's process timed out after ");
}

TEST_F(Hanging, AGroupsProcessThatIsStoppedWhileASolverRuns) {
  const pid_t program = start(
      "run sum --n 1000 --backend cpu --solver serial --threads 1 --budget 0.05 --quiet --csv rows.csv "
      "--timeout 10 --rehearse serial:compute:hang");
  pid_t group = 0;  // its parent is the program
  ASSERT_TRUE(eventually([&] {
    for (const pid_t member : members(program)) {
      std::ifstream stat("/proc/" + std::to_string(member) + "/stat");
      std::string number, name, state;
      pid_t parent = 0;
      if (stat >> number >> name >> state >> parent && parent == program) group = member;
    }
    return group != 0 && members(program).size() >= 3;
  }));
  kill(group, SIGSTOP);
  finish(program);
  EXPECT_TRUE(eventually([&] { return members(program).empty(); })) << "a process was left";
  ASSERT_EQ(rows().size(), 1U);
  const Row ended = row("serial");  // in the phase that its process had heard of
  EXPECT_EQ(ended.outcome, Outcome::failed);
  EXPECT_TRUE(ended.reason.starts_with("the group's process timed out after ")) << ended.reason;
}

TEST_F(Hanging, ACallerThatIsStopped) {
  // So often that only those who call for a whole budget get there.
  run_to_its_end(
      "run row_means --rows 200 --cols 50 --backend cpu --solver serial,openmp --threads 1 --quiet --csv "
      "rows.csv "
      "--concurrent 2 --precision 0.9 --budget 0.3 --timeout 0.5 --rehearse serial:compute:stop@3000");
  expect_ended("serial", Outcome::too_slow, "call", " in call; a call has the timeout of 500 ms");
  EXPECT_EQ(row("openmp").outcome, Outcome::ok) << row("openmp").reason;
}

TEST_F(Hanging, ALibraryThatDoesNotLoad) {
  setenv("CROSSOVER_BLAS", CROSSOVER_HANGING_LIBRARY, 1);
  run_to_its_end(
      "run similarity --corpus 100 --queries 10 --dim 10 --backend cpu --solver serial,blas-full --threads 1 "
      "--budget 0.05 --quiet --csv rows.csv --within 12");
  expect_ended("blas-full", Outcome::not_run, "", "that was all that --within left for it");
  EXPECT_EQ(row("serial").outcome, Outcome::ok) << row("serial").reason;
}

TEST_F(Hanging, ARehearsalOfTheGroupHasPhasesOfItsOwn) {
  EXPECT_EQ(run("run sum --n 10 --rehearse group:compute:hang").status, 2);
  EXPECT_EQ(run("run sum --n 10 --rehearse serial:inputs:hang").status, 2);
}

std::string never(int) {
  for (;;) pause();
}

TEST(Probes, ADriverThatDoesNotAnswerInTheTimeThatIsLeftIsAReason) {
  Backend backend{};
  backend.unavailable = never;
  const DeviceReport report = probe_device(backend, 0, steady_now_s() + 0.2);
  EXPECT_TRUE(report.reason.starts_with("its probe timed out after ")) << report.reason;
  EXPECT_TRUE(is_lack_of_time(report.reason)) << report.reason;
}

TEST(Probes, ACalibrationHasHalfOfTheTimeThatIsLeft) {
  EXPECT_FALSE(obtain_calibration(machine_facts(), {.afresh = true, .end_s = steady_now_s() + 0.1},
                                  [](const std::string&) {}));
}

}  // namespace
}  // namespace crossover
