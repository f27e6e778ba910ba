// Asserts: which cases the flags lead to, that predicted and counted bytes are the same arithmetic for every
// CPU solver, and that the entries of every suite can be run. To add a shape, add it to `shapes_of`.
#include "bench/plan/plan.hpp"
#include "bench/plan/probe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "bench/machine/machine.hpp"
#include "bench/rows/suites.hpp"
#include "bench/worker/inputs.hpp"
#include "cpu/libraries.hpp"
#include "tests/absence.hpp"
#include "tests/parsed.hpp"

namespace crossover {
namespace {

std::vector<Group> planned(const Arguments& line) { return plan_groups(parsed(line)); }

/// "solver:threads" of a group's CPU cases.
std::multiset<std::string> cases_of(const Group& group) {
  std::multiset<std::string> names;
  for (const Case& subject : group.cases)
    if (subject.backend == &cpu_backend())
      names.insert(std::string(subject.solver ? subject.solver->name : "none") + ":" +
                   std::to_string(subject.threads));
  return names;
}

using Names = std::multiset<std::string>;

TEST(Plan, ListsAreSweptTheLastAxisFastest) {
  const auto groups = planned("run row_means --rows 10,20 --cols 3,4,5 --type f32,f64 --backend cpu");
  ASSERT_EQ(groups.size(), 12U);
  std::vector<std::pair<Index, Index>> sizes;
  for (std::size_t i = 0; i < groups.size(); i += 2) {
    EXPECT_EQ(groups[i].type, Type::f32);
    EXPECT_EQ(groups[i + 1].type, Type::f64);
    EXPECT_EQ(groups[i].shape, groups[i + 1].shape);
    sizes.emplace_back(groups[i].shape[0], groups[i].shape[1]);
  }
  EXPECT_EQ(sizes,
            (std::vector<std::pair<Index, Index>>{{10, 3}, {10, 4}, {10, 5}, {20, 3}, {20, 4}, {20, 5}}));
}

TEST(Plan, ThreadsAreSweptButSerialRunsOnce) {
  const auto groups = planned("run row_means --rows 10 --cols 3 --threads 1,2,4 --backend cpu");
  ASSERT_EQ(groups.size(), 1U);
  const Names names = cases_of(groups.at(0));
  EXPECT_EQ(names.count("serial:1"), 1U);
  EXPECT_EQ(names.count("serial:2"), 0U);
  for (const char* name : {"openmp:1", "openmp:2", "openmp:4"}) EXPECT_EQ(names.count(name), 1U) << name;
}

TEST(Plan, WithoutFlagsThereIsOneThreadPerCore) {
  const auto groups = planned("run row_means --rows 10 --cols 3 --backend cpu --solver openmp");
  EXPECT_EQ(cases_of(groups.at(0)), Names{"openmp:" + std::to_string(machine_facts().usable)});
}

TEST(Plan, SolversAreFiltered) {
  const auto groups = planned("run sum --n 10 --type i64 --solver serial,openmp --threads 1 --backend cpu");
  EXPECT_EQ(cases_of(groups.at(0)), (Names{"openmp:1", "serial:1"}));
  EXPECT_THROW(planned("run row_means --rows 3 --cols 3 --backend cpu --solver eigen-full"), UsageError);
}

TEST(Plan, OtherBackendsHaveACaseToo) {
  const auto groups = planned("run row_means --rows 10 --cols 3");
  EXPECT_TRUE(std::any_of(groups.at(0).cases.begin(), groups.at(0).cases.end(),
                          [](const Case& subject) { return subject.backend == &cuda_backend(); }));
  for (const Case& subject : groups.at(0).cases)
    EXPECT_EQ(subject.transfer == "none", subject.backend == &cpu_backend());
}

TEST(Plan, RowsSayWhatIsKnownBeforehand) {
  const Options options =
      parsed("run row_means --rows 10 --cols 3 --type f64 --backend cpu --cache cold --seed 9");
  const auto groups = plan_groups(options);
  const Row row = planned_row(options, groups.at(0), groups.at(0).cases.at(0));
  EXPECT_EQ(row.problem, "row_means");
  EXPECT_EQ(row.sizes, (std::map<std::string, std::int64_t, std::less<>>{{"rows", 10}, {"cols", 3}}));
  EXPECT_EQ(row.type, "f64");
  EXPECT_EQ(row.cache, "cold");
  EXPECT_EQ(row.seed, 9U);
  EXPECT_EQ(row.bytes_in, 240);
  EXPECT_EQ(row.bytes_out, 80);
  EXPECT_EQ(title_of(*groups.at(0).problem, groups.at(0).shape, groups.at(0).type),
            "row_means rows=10 cols=3 f64");
}

/// Sizes per axis, small enough to be run and odd enough to need padding.
std::vector<Shape> shapes_of(const Problem& problem) {
  std::vector<Shape> shapes;
  for (const Index size : {Index{1}, Index{7}, Index{33}, Index{130}}) {
    Shape shape;
    for (std::size_t axis = 0; axis < problem.axes.size(); ++axis)
      shape[static_cast<int>(axis)] = problem.axes[axis].role == Role::parameter
                                          ? std::min<Index>(size, 3)
                                          : size + static_cast<Index>(axis);
    shapes.push_back(shape);
  }
  return shapes;
}

/// To look at a GPU wakes it, and takes seconds.
TEST(Devices, AreLookedAtWhereACaseIsForThem) {
  EXPECT_TRUE(probe_devices(planned("plan sum --n 1000 --backend cpu"), 0).empty());
  EXPECT_TRUE(probe_devices(planned("plan sum --n 1000 --solver openmp"), 0).empty());
  EXPECT_TRUE(probe_devices(std::span<const Group>{}, 0).empty());
  const std::vector<ProbedDevice> found = probe_devices(planned("plan sum --n 1000 --backend cuda"), 0);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].backend->name, std::string("cuda"));
}

TEST(Footprint, PredictedBytesAreThoseThatAreCounted) {
  int compared = 0;
  for (const SolverInfo* solver : cpu_backend().solvers) {
    if (!absence(*solver).empty()) continue;  // similarity's tests are skipped there, and say so
    const Problem& problem = *find_problem(solver->problem);
    for (const Type type : solver->types.empty() ? problem.types : solver->types)
      for (const Shape& shape : shapes_of(problem))
        for (const int threads : {1, 3}) {
          const Group group{&problem, shape, type, {}, 1, 1, {}};
          const Case subject{&cpu_backend(), solver, threads, "none"};
          const Limits limits = default_limits(machine_facts(), threads);
          HostMemory memory;
          const Inputs inputs(problem, shape, type, 1, {}, memory, 2);
          MemoryLimits none;
          none.all = {{std::size_t{1} << 40, "no limit"}};
          const Need need = need_of(group, subject, none, limits);
          EXPECT_EQ(static_cast<std::size_t>(need.input_bytes), memory.in_use_bytes());
          const auto execution = cpu_backend().open({.problem = &problem,
                                                     .solver = solver->name,
                                                     .shape = shape,
                                                     .type = type,
                                                     .threads = threads,
                                                     .transfer = "none",
                                                     .in = inputs.arrays(),
                                                     .limits = limits,
                                                     .host_memory = &memory});
          for (const Step& step : execution->opening()) step.run();
          for (const Step& step : execution->call()) step.run();
          const cpu::Library* library = cpu::find_library(solver->library);
          const std::size_t inside =
              inside_bytes(*solver, shape, type, limits) +
              (library ? static_cast<std::size_t>(threads) * library->bytes_per_thread : 0);
          const std::size_t own = memory.peak_bytes() - static_cast<std::size_t>(need.input_bytes) + inside;
          // An empty state or workspace is mapped as one byte.
          EXPECT_GE(own, need.own.host_bytes) << solver->problem << " " << solver->name;
          EXPECT_LE(own, need.own.host_bytes + 2) << solver->problem << " " << solver->name;
          for (const Step& step : execution->closing()) step.run();
          EXPECT_EQ(memory.in_use_bytes(), static_cast<std::size_t>(need.input_bytes)) << "not given back";
          ++compared;
        }
  }
  EXPECT_GT(compared, 100);
}

TEST(Footprint, TheWholeScoreMatrixIsRefusedAndTilesAreNot) {
  const auto groups =
      planned("plan similarity --corpus 1e5 --dim 1000 --queries 1e5 --backend cpu --threads 2");
  MemoryLimits memory;
  memory.all = {{std::size_t{16} << 30, "a machine of 16 GiB"}};
  const std::size_t scores = std::size_t{100'000} * 100'000 * 4;
  EXPECT_NEAR(static_cast<double>(scores) / (1 << 30), 37.25, 0.005);
  std::set<std::string> fitting;
  for (const Case& subject : groups.at(0).cases) {
    const Need need = need_of(groups.at(0), subject, memory, default_limits(machine_facts(), 2));
    EXPECT_EQ(need.input_bytes, 2LL * 100'000 * 1'000 * 4);
    EXPECT_EQ(need.limit, "a machine of 16 GiB");
    if (need.fits()) fitting.insert(subject.solver->name);
    if (subject.solver->name == std::string("eigen-full")) {
      EXPECT_GE(need.own.host_bytes, scores);
    }
    if (subject.solver->name == std::string("openmp-tiled")) {
      EXPECT_LE(need.own.host_bytes, (std::size_t{64} << 20) + 100'000 * 3 * 12) << "outputs and 64 MiB";
    }
  }
  EXPECT_EQ(fitting.count("eigen-full"), 0U);
  for (const char* name : {"serial", "eigen-tiled", "openmp-tiled"})
    EXPECT_EQ(fitting.count(name), 1U) << name;
}

/// What settle() says of a sum on a backend with a device that has `free_bytes`.
Row settled(const SolverInfo* solver, std::size_t device_bytes, std::size_t free_bytes,
            const std::string& absence = {}, std::size_t device_limit = 0,
            const std::string& transfer = "pageable") {
  static std::size_t needed;
  needed = device_bytes;
  Backend backend{};
  backend.name = "cuda";
  backend.transfers = {"pageable", "pinned"};
  backend.footprint = [](const Task&) { return Footprint{.device_bytes = needed}; };
  const Group group{find_problem("sum"), {{1000}}, Type::f32, {{&backend, solver, 1, transfer}}, 1, 1, {}};
  DeviceReport report;
  report.reason = absence;
  report.device.free_bytes = free_bytes;
  report.device.limits = Limits{.cache_bytes = 77, .multiprocessors = 9};
  const std::vector<ProbedDevice> devices = {{&backend, report}};
  MemoryLimits memory;
  memory.all = {{std::size_t{1} << 40, "no limit"}};
  Options options;
  options.device_memory_limit = device_limit;
  const std::vector<Need> needs = needs_of(group, options, machine_facts(), memory, devices);
  EXPECT_EQ(needs[0].limits.cache_bytes, 77U) << "the device's, not the host's";
  Row row;
  row.reason = "to be run";
  settle(row, group.cases.at(0), group, needs[0], report_of(devices, &backend), options);
  return row;
}

TEST(Settle, SaysWhyNothingHasToBeRun) {
  const SolverInfo able{.problem = "sum", .name = "able", .strategy = ""};
  SolverInfo picky = able;
  picky.cannot = [](const Shape& shape, Type) { return "not " + std::to_string(shape[0]) + " elements"; };
  constexpr std::size_t GiB = std::size_t{1} << 30;
  EXPECT_EQ(settled(&able, GiB, 2 * GiB).reason, "to be run");
  EXPECT_EQ(settled(&able, GiB, GiB + device_slack_bytes).reason, "to be run") << "just fits";

  Row row = settled(&able, GiB, GiB + device_slack_bytes - 1);
  EXPECT_EQ(row.outcome, Outcome::refused);
  EXPECT_NE(row.reason.find("needs 1 GiB on the device"), std::string::npos) << row.reason;
  row = settled(&able, GiB, 4 * GiB, {}, GiB - 1);
  EXPECT_EQ(row.outcome, Outcome::refused);
  EXPECT_NE(row.reason.find("--device-memory-limit"), std::string::npos) << row.reason;

  row = settled(&picky, GiB, 2 * GiB);
  EXPECT_EQ(row.outcome, Outcome::unavailable);
  EXPECT_EQ(row.reason, "not 1000 elements");
  row = settled(&able, GiB, 2 * GiB, {}, 0, "mapped");
  EXPECT_EQ(row.outcome, Outcome::unavailable);
  EXPECT_NE(row.reason.find("no transfer mode `mapped`"), std::string::npos) << row.reason;
  EXPECT_NE(row.reason.find("pageable, pinned"), std::string::npos) << row.reason;
  row = settled(nullptr, GiB, 2 * GiB);
  EXPECT_EQ(row.outcome, Outcome::unavailable);
  row = settled(&able, GiB, 0, "no driver");
  EXPECT_EQ(row.outcome, Outcome::unavailable);
  EXPECT_EQ(row.reason, "no driver");
}

TEST(Footprint, WhatJustFitsFits) {
  const auto groups = planned("plan sum --n 1000 --type i64 --backend cpu --solver serial");
  MemoryLimits memory;
  memory.all = {{0, "exactly"}};
  const Limits limits = default_limits(machine_facts(), 1);
  const Need need = need_of(groups.at(0), groups.at(0).cases.at(0), memory, limits);
  EXPECT_FALSE(need.fits());
  memory.all[0].available_bytes = static_cast<std::size_t>(need.host_bytes()) + process_slack_bytes;
  EXPECT_TRUE(need_of(groups.at(0), groups.at(0).cases.at(0), memory, limits).fits());
  --memory.all[0].available_bytes;
  EXPECT_FALSE(need_of(groups.at(0), groups.at(0).cases.at(0), memory, limits).fits());
}

TEST(Suites, HaveEntriesThatCanBeRun) {
  ASSERT_NE(find_suite("lecture"), nullptr);
  EXPECT_EQ(find_suite("lectures"), nullptr);
  for (const Suite& suite : suites())
    for (const SuiteEntry& entry : suite.entries) {
      const Problem* problem = find_problem(entry.problem);
      ASSERT_NE(problem, nullptr) << entry.problem;
      EXPECT_EQ(std::count(problem->types.begin(), problem->types.end(), entry.type), 1) << entry.problem;
      for (int axis = 0; axis < max_axes; ++axis)
        if (axis < static_cast<int>(problem->axes.size()))
          EXPECT_GT(entry.shape[axis], 0) << suite.name << " " << entry.problem;
        else
          EXPECT_EQ(entry.shape[axis], 0) << "a size for an axis that is not there";
      if (const int k = problem->axis("k"); k >= 0) {
        EXPECT_LE(entry.shape[k], entry.shape[problem->axis("corpus")]);
      }
      EXPECT_GT(bytes_of(problem->in, entry.shape, entry.type), 0);
      if (entry.once_solver) {
        EXPECT_NE(cpu_backend().find_solver(entry.problem, entry.once_solver), nullptr);
      }
    }
}

TEST(Suites, HaveTheLecturesOwnQuestion) {
  const auto& entries = find_suite("lecture")->entries;
  EXPECT_TRUE(std::ranges::any_of(entries, [](const SuiteEntry& entry) {
    return std::string(entry.problem) == "similarity" && entry.shape == Shape{{1'000, 1'000'000, 100, 3}};
  })) << "each of 1e6 existing texts against 1000 new ones";
}

TEST(Suites, BringTheirOwnBudgetUnlessFlagsSay) {
  const Suite& lecture = *find_suite("lecture");
  for (const Group& group : planned("run --suite lecture --backend cpu")) {
    EXPECT_EQ(group.budget_s, lecture.budget_s);
    EXPECT_EQ(group.timeout_s, lecture.timeout_s);
  }
  for (const Group& group : planned("run --suite lecture --backend cpu --budget 1 --timeout 2")) {
    EXPECT_EQ(group.budget_s, 1);
    EXPECT_EQ(group.timeout_s, 2);
  }
}

TEST(Suites, LeaveOutWhatTheFlagsLeaveNothingOf) {
  const auto groups = planned("run --suite lecture --backend cpu --solver eigen-tiled");
  ASSERT_FALSE(groups.empty());
  for (const Group& group : groups) {
    EXPECT_EQ(group.problem->name, std::string("similarity"));
    EXPECT_EQ(group.cases.size(), 1U);
  }
  EXPECT_THROW(planned("run --suite lecture --backend cpu --solver eigen-tiled --type i64"), UsageError);
}

}  // namespace
}  // namespace crossover
