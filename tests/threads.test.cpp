// Asserts, of the program itself: --threads and --bind arrive in rows and in the threads that compute, what
// they cannot do is said, and `scaling` is a run like any other with its rows read along the threads.
#include "bench/machine/topology.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

class Threads : public ProgramTest {
 protected:
  Threads() : ProgramTest(CROSSOVER_PROGRAM) {}

  /// The program's calibration, for that many threads tied to those CPUs: nothing is measured for it.
  static void keep_calibration(int threads, std::span<const int> cpus) {
    Machine machine = machine_facts();
    const LoadedCalibration whole = load_calibration(calibration_cache_path(machine));
    ASSERT_TRUE(whole.calibration);
    Calibration part = *whole.calibration;
    part.threads = machine.usable = threads;
    EXPECT_EQ(save_calibration(calibration_cache_path(machine, cpus), part), "");
  }

  /// CPUs that single threads of the group's processes are tied to.
  static std::set<int> tied(pid_t group) {
    std::set<int> found;
    std::error_code gone;
    for (const pid_t pid : members(group))
      for (const auto& thread :
           std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        std::ifstream file(thread.path() / "status");
        for (std::string line; std::getline(file, line);)
          if (line.starts_with("Cpus_allowed_list:")) {
            const std::vector<int> cpus = cpus_of_list(line.substr(line.find_first_of("0123456789")));
            if (cpus.size() == 1) found.insert(cpus[0]);
          }
      }
    return found;
  }
};

TEST_F(Threads, CpusThatTheRuntimeTookAreTheMachines) {
  const auto usable_with = [&](const char* variable, const char* value) {
    const std::string devices = finish(start_program(program_, "devices", folder_, "stdout", "stderr", [&] {
                                  if (variable) setenv(variable, value, 1);
                                })).out;
    const std::size_t at = devices.find("cores");
    return devices.substr(at, devices.find('\n', at) - at);
  };
  const std::string without = usable_with(nullptr, "");
  const std::string first = std::to_string(usable_cpus().at(0).id);
  EXPECT_NE(without.find("CPUs usable"), std::string::npos) << without;
  for (const auto& [variable, value] : {std::pair{"OMP_PROC_BIND", std::string("true")},
                                        {"OMP_PLACES", "cores"},
                                        {"GOMP_CPU_AFFINITY", first},
                                        {"OMP_DYNAMIC", "true"}})
    EXPECT_EQ(usable_with(variable, value.c_str()), without) << variable;
}

TEST_F(Threads, ARowsThreadsAreThoseThatComputed) {
  if (usable_cpus().size() < 2) GTEST_SKIP() << "one CPU: no team that could be smaller";
  const Arguments flags = "run sum --n 1e5 --solver openmp --budget 0.05 --quiet --force --csv rows.csv";
  const auto run_with = [&](const char* variable, const std::string& value, const Arguments& more) {
    const Ended ended = finish(start_program(program_, {flags, more}, folder_, "stdout", "stderr",
                                             [&] { setenv(variable, value.c_str(), 1); }));
    return ended.status;
  };
  EXPECT_EQ(run_with("OMP_MAX_ACTIVE_LEVELS", "0", "--threads 2"), 0);
  EXPECT_EQ(rows().at(0).threads, 2);

  EXPECT_EQ(run_with("OMP_THREAD_LIMIT", "1", "--threads 2"), 2);
  EXPECT_NE(text("stderr").find("OMP_THREAD_LIMIT allows (1)"), std::string::npos) << text("stderr");
  EXPECT_EQ(run_with("OMP_THREAD_LIMIT", "1", ""), 0);
  EXPECT_EQ(rows().at(0).threads, 1);
  EXPECT_NE(rows().at(0).warnings.find("OMP_THREAD_LIMIT leaves 1 of"), std::string::npos)
      << rows().at(0).warnings;

  const std::string first = std::to_string(usable_cpus().at(0).id);
  EXPECT_EQ(run_with("GOMP_CPU_AFFINITY", first, "--threads 2"), 0);
  EXPECT_EQ(rows().at(0).threads, 2);
  EXPECT_NE(rows().at(0).warnings.find("ties threads to 1 of"), std::string::npos) << rows().at(0).warnings;
}

TEST_F(Threads, BoundOnesStandOnTheirCpus) {
  std::set<int> wanted;
  const std::vector<LogicalCpu> cpus = usable_cpus();
  if (cpus.size() < 2) GTEST_SKIP() << "one CPU: nothing to choose";
  const std::vector<int> order = binding_order(cpus, Binding::close);
  const pid_t program =
      start("run sum --n 1e6 --solver openmp --threads 2 --bind close --budget 20 --precision 0.01% --quiet");
  EXPECT_TRUE(eventually([&] {
    const std::set<int> found = tied(program);
    return found.contains(order[0]) && found.contains(order[1]);
  }));
  kill(program, SIGTERM);
  finish(program);
}

TEST_F(Threads, TheRowSaysWhoIsBound) {
  const Ended ended = run(
      "run sum --n 1e4 --backend cpu --threads 1,2 --bind spread --budget 0.05 --csv rows.csv --type f32");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("bound spread"), std::string::npos) << ended.out;
  ASSERT_GE(rows().size(), 4U);
  for (const Row& row : rows()) EXPECT_EQ(row.bind, "spread") << row.solver;
  EXPECT_EQ(run("run sum --n 1e4 --backend cpu --budget 0.05 --csv free.csv --quiet").status, 0);
  for (const Row& row : rows("free.csv")) EXPECT_EQ(row.bind, "") << row.solver;
}

TEST_F(Threads, WhatThereAreTooManyOfIsSaid) {
  const int usable = machine_facts().usable;
  const Arguments flags = "run sum --n 1e4 --solver openmp --quiet --budget 0.05";
  const std::string threads = std::to_string(usable) + "," + std::to_string(usable + 1);
  EXPECT_EQ(run({flags, "--threads", threads, "--csv rows.csv"}).status, 0);
  ASSERT_EQ(rows().size(), 2U);
  EXPECT_EQ(rows().at(0).warnings.find("they take turns"), std::string::npos) << rows().at(0).warnings;
  EXPECT_NE(rows().at(1).warnings.find("they take turns"), std::string::npos) << rows().at(1).warnings;
  EXPECT_FALSE(rows().at(1).disturbed_samples) << "turns are no disturbance";
  EXPECT_EQ(rows().at(1).warnings.find("share CPUs"), std::string::npos) << rows().at(1).warnings;

  const Ended bound = run({flags, "--threads", threads + "," + std::to_string(usable_cpus().size() + 2),
                           "--bind close --csv bound.csv"});
  EXPECT_EQ(bound.status, 0) << bound.out << bound.err;
  ASSERT_EQ(rows("bound.csv").size(), 3U);
  EXPECT_NE(rows("bound.csv").at(2).warnings.find("bound threads share CPUs"), std::string::npos);
}

TEST_F(Threads, ScalingIsARunReadAlongTheThreads) {
  keep_calibration(2, {});  // where the machine has more CPUs
  const Ended ended = run("scaling sum --n 1e4,2e4 --threads 2,1 --budget 0.05 --quiet --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.err;
  const std::vector<Row> measured = rows();
  ASSERT_EQ(measured.size(), 4U);
  for (std::size_t i = 0; i < measured.size(); ++i) {
    EXPECT_EQ(measured[i].solver, "openmp");
    EXPECT_EQ(measured[i].threads, i % 2 + 1);
    EXPECT_EQ(measured[i].outcome, Outcome::ok);
    EXPECT_TRUE(measured[i].floor_s);
  }
  for (const char* text : {"sum n=10000 f32", "sum n=20000 f32", "threads", "speed-up", "efficiency",
                           "of ceiling", "of DRAM read", "openmp: "})
    EXPECT_NE(ended.out.find(text), std::string::npos) << text << " in\n" << ended.out;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST_F(Threads, ScalingUsesWhatWasMeasuredWithItsBinding) {
  const std::vector<int> order = binding_order(usable_cpus(), Binding::close);
  const Machine machine = machine_facts();
  keep_calibration(1, std::span(order).first(1));
  Machine one = machine;
  one.usable = 1;
  const std::filesystem::path path = calibration_cache_path(one, std::span(order).first(1));
  Calibration slow = *load_calibration(path).calibration;
  slow.levels[0].best_gbytes_per_s_all = 1;  // a thousandth
  ASSERT_EQ(save_calibration(path, slow), "");
  EXPECT_EQ(run("scaling sum --n 1e6 --threads 1 --bind close --budget 0.05 --quiet --csv rows.csv").status,
            0);
  ASSERT_EQ(rows().size(), 1U);
  EXPECT_NEAR(*rows().at(0).floor_s, 4e6 / 1e9, 1e-4);
}

TEST_F(Threads, ScalingIsResumedLikeARun) {
  const Arguments line = "scaling sum --n 1e4,2e4 --threads 1 --budget 0.05 --quiet --csv rows.csv";
  EXPECT_EQ(run(line).status, 0);
  const std::string before = text("rows.csv");
  EXPECT_EQ(run(line).status, 2) << "the file exists";
  EXPECT_EQ(run({line, "--resume"}).status, 0);
  EXPECT_EQ(text("rows.csv"), before);
}

}  // namespace
}  // namespace crossover
