// Asserts of the simulated device: which flags it takes, that its rows are modelled and never judged with
// measured ones, that walls are refused or met, that seeds repeat, and that a search on it finds the crossing
// that the model has.
#include <algorithm>
#include <cmath>

#include "bench/model/model.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/search/pair_search.hpp"
#include "bench/worker/record.hpp"
#include "bench/worker/sim_worker.hpp"
#include "tests/handmade.hpp"
#include "tests/parsed.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

const std::string profile = CROSSOVER_TEST_DATA + "/invented-8c-gpu.json";
const Arguments sim{"--backend sim --profile", profile};

TEST(SimFlags, NeedAProfileAndTheBackend) {
  expect_refused("run sum --backend sim", {"--profile FILE is missing", "calibrate"});
  expect_refused("run sum --sim-noise 5%", {"--sim-noise", "--backend sim --profile FILE"});
  expect_refused("run sum --backend sim --profile nothing.json", {"nothing.json"});
  expect_refused({"run sum --sim-throttle 0.5", sim}, {"--sim-throttle", "'0.5'"});
  expect_refused({"run sum --sim-correlation 2", sim}, {"--sim-correlation"});
  expect_refused({"run sum --cache cold", sim}, {"--cache cold", "warm"});
  expect_refused({"run sum --solver eigen", sim}, {"'eigen'", "openmp"});
  expect_refused({"run sum --rehearse serial:call:wrong", sim}, {"--rehearse"});
  expect_refused("find sum --vary n=10:1e6 --backend cpu --compare serial,openmp", {"--backend", "sim"});
  EXPECT_NE(printed("run --help").find("--sim-correlation"), std::string::npos);
}

TEST(SimFlags, TakeTheSolversOfTheProfile) {
  const Options options = parsed({"run sum --n 1000 --sim-noise 0 --transfer pinned,pageable", sim});
  ASSERT_TRUE(options.simulated);
  EXPECT_FALSE(measures(options));
  const std::vector<Group> groups = plan_groups(options);
  ASSERT_EQ(groups.size(), 1U);
  std::vector<std::string> names;
  for (const Case& subject : groups.at(0).cases)
    names.push_back(subject.solver->name + (" " + std::to_string(subject.threads)) + " " + subject.transfer);
  EXPECT_EQ(names,
            (std::vector<std::string>{"serial 1 none", "openmp 8 none", "cuda 1 pageable", "cuda 1 pinned"}));
  EXPECT_TRUE(measures(parsed({"run sum --backend cpu,sim --profile", profile})));
}

TEST(SimFlags, ThreadsThatTheProfileLacksAreRefused) {
  for (const Arguments& line :
       std::vector<Arguments>{"run sum --threads 3", "run sum --threads 8,3 --solver openmp"})
    try {
      plan_groups(parsed({line, sim}));
      ADD_FAILURE() << line << ": without openmp another solver would win";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("has openmp for sum f32 with 8"), std::string::npos)
          << error.what();
    }
  const Options find = parsed({"find sum --vary n=1e3:1e6 --threads 3", sim});
  EXPECT_THROW(pair_cases(find, machine_facts(), {}), UsageError);
  EXPECT_EQ(plan_groups(parsed({"run sum --threads 3 --solver serial,cuda", sim})).at(0).cases.size(), 2U);
  EXPECT_EQ(plan_groups(parsed({"run sum --threads all", sim})).at(0).cases.at(1).threads, 8)
      << "of the profile";
}

TEST(SimulatedMachine, WithoutAnL3TheL2IsTheLastLevel) {
  const SimulatedMachine machine(handmade_profile(), {});
  EXPECT_EQ(machine.limits(4).last_level_bytes, std::size_t{1} << 20);
}

/// The rows of one simulated group, without the program.
std::vector<Row> simulated(const Arguments& line) {
  const Options options = parsed({line, sim});
  const Group group = plan_groups(options).at(0);
  const Machine machine = machine_facts();
  GroupJob job{group, options, machine, {}, needs_of(group, options, machine, {}, {})};
  std::vector<Row> planned;
  std::vector<bool> settled;
  for (std::size_t i = 0; i < group.cases.size(); ++i) {
    planned.push_back(planned_row(options, group, group.cases[i]));
    settled.push_back(settle(planned.back(), group.cases[i], group, job.needs[i], nullptr, options));
    job.run.push_back(!settled.back());
  }
  GroupRecord record(planned, settled, options.min_samples);
  simulate_group(job, [&](const Event& event) { record.apply(event); });
  return record.rows(nullptr, 0, group);
}

Row row_named(const std::vector<Row>& rows, const std::string& solver, const std::string& transfer = "none") {
  for (const Row& row : rows)
    if (row.solver == solver && row.transfer == transfer) return row;
  ADD_FAILURE() << "no row of " << solver << " " << transfer;
  return {};
}

TEST(Simulated, RowsHaveTheModelsTimes) {
  const std::vector<Row> rows = simulated("run sum --n 1e6 --sim-noise 0");
  ASSERT_EQ(rows.size(), 3U);
  for (const Row& row : rows) {
    EXPECT_EQ(row.source, "modelled");
    EXPECT_EQ(row.outcome, Outcome::ok) << row.reason;
    EXPECT_EQ(row.verified, "");
    EXPECT_FALSE(row.max_error);
    const Predicted expected =
        predict(load_profile(profile), {find_problem("sum"), Shape{{1'000'000}}, Type::f32, row.backend,
                                        row.solver, row.threads, row.transfer});
    ASSERT_TRUE(expected.prediction);
    EXPECT_NEAR(*row.call_s, expected.prediction->call_s.value, 1e-9);
    EXPECT_NEAR(*row.compute_s, expected.prediction->compute_s->value, 1e-9);
  }
  const Row device = row_named(rows, "cuda", "pageable");
  EXPECT_GT(*device.upload_s, *device.compute_s);
  EXPECT_GT(*device.one_shot_s, 0.4) << "the profile's startup is in it";
  EXPECT_EQ(text_of(device.verdict), "openmp");
  EXPECT_EQ(device.baseline_solver, "openmp");
  EXPECT_FALSE(device.breakeven_reuse.empty());
}

TEST(Simulated, SeedsRepeatAndDiffer) {
  const auto call = [](int seed) {
    return simulated({"run sum --n 1e6 --solver serial --sim-correlation 0.8 --seed", seed})
        .at(0)
        .call_s.value();
  };
  EXPECT_EQ(call(3), call(3));
  EXPECT_NE(call(3), call(4));
}

TEST(Simulated, NoiseIsThatOfTheFlags) {
  const std::vector<Row> rows =
      simulated("run sum --n 1e6 --solver serial --sim-noise 10% --min-samples 512 --precision 0.1%");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_NEAR(*rows[0].call_s, 1e-3, 3e-5);
  EXPECT_LT((*rows[0].call_high_s - *rows[0].call_low_s) / *rows[0].call_s, 0.04);
  EXPECT_NEAR(*rows[0].lag1_correlation, 0, 0.15);
  EXPECT_GT(*simulated("run sum --n 1e6 --solver serial --sim-correlation 0.8 --min-samples 512")
                 .at(0)
                 .lag1_correlation,
            0.6);
}

TEST(Simulated, WallsAreRefusedOrMet) {
  const std::vector<Row> refused = simulated("run sum --n 1e7 --device-memory-limit 1MiB");
  EXPECT_EQ(row_named(refused, "openmp").outcome, Outcome::ok);
  const Row device = row_named(refused, "cuda", "pageable");
  EXPECT_EQ(device.outcome, Outcome::refused);
  EXPECT_NE(device.reason.find("on the device"), std::string::npos) << device.reason;
  const std::vector<Row> met = simulated("run sum --n 1e7 --device-memory-limit 1MiB --over-the-wall");
  EXPECT_EQ(row_named(met, "cuda", "pageable").outcome, Outcome::out_of_memory);
  EXPECT_EQ(row_named(met, "cuda", "pageable").phase_reached, "allocate");
  const std::vector<Row> host = simulated("run sum --n 1e12");
  for (const Row& row : host) EXPECT_EQ(row.outcome, Outcome::refused);
}

TEST(Simulated, LongCallsAreForetoldAndNoneIsMade) {
  const std::vector<Row> rows = simulated("run similarity --corpus 1e6 --queries 1000 --dim 1000 --k 3");
  EXPECT_EQ(row_named(rows, "serial").outcome, Outcome::too_slow);
  EXPECT_GT(*row_named(rows, "serial").forecast_s, 60);
  EXPECT_EQ(row_named(rows, "cublas-tiled", "pageable").outcome, Outcome::ok);
}

TEST(Simulated, WhatTheProfileLacksIsUnavailable) {
  const std::vector<Row> rows = simulated("run sum --n 1000 --type f64");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].outcome, Outcome::unavailable);
  EXPECT_NE(rows[0].reason.find("profile"), std::string::npos);
}

CaseRecord record_of(const char* source, const char* backend, double call_s) {
  CaseRecord record;
  record.row.source = source;
  record.row.backend = backend;
  record.row.solver = std::string(source) + "-" + backend;
  record.row.transfer = "none";
  record.verified = source == std::string("measured");
  record.row.first_call_s = call_s;
  record.pilots = {call_s};
  record.calls.assign(16, call_s);
  record.own = record.calls;
  return record;
}

TEST(Simulated, RowsAreNeverJudgedWithMeasuredOnes) {
  std::vector<CaseRecord> cases = {record_of("measured", "cpu", 4e-3), record_of("modelled", "cpu", 1e-3),
                                   record_of("modelled", "cuda", 2e-3), record_of("measured", "cuda", 1e-2)};
  for (CaseRecord& record : cases) summarise(record, 8, nullptr, {1, 1, 1}, Type::f32, 0);
  judge(cases, 8);
  for (const CaseRecord& record : cases) EXPECT_EQ(record.row.outcome, Outcome::ok) << record.row.reason;
  EXPECT_EQ(text_of(cases[0].row.verdict), "measured-cpu");
  EXPECT_EQ(cases[0].row.baseline_solver, "measured-cpu");
  EXPECT_DOUBLE_EQ(*cases[3].row.speedup_call, 0.4);
  EXPECT_EQ(text_of(cases[3].row.verdict), "measured-cpu");
  EXPECT_EQ(text_of(cases[1].row.verdict), "modelled-cpu");
  EXPECT_EQ(cases[2].row.baseline_solver, "modelled-cpu");
  EXPECT_DOUBLE_EQ(*cases[2].row.speedup_call, 0.5);
}

TEST(Simulated, RowsWithoutAMeasuredBaselineHaveNone) {
  std::vector<CaseRecord> cases = {record_of("modelled", "cpu", 1e-3), record_of("measured", "cuda", 2e-3)};
  for (CaseRecord& record : cases) summarise(record, 8, nullptr, {1, 1, 1}, Type::f32, 0);
  judge(cases, 8);
  EXPECT_EQ(cases[1].row.baseline_solver, "");
  EXPECT_EQ(text_of(cases[1].row.verdict), "");
  EXPECT_FALSE(cases[1].row.speedup_call);
}

class SimProgram : public ProgramTest {
 protected:
  SimProgram() : ProgramTest(CROSSOVER_PROGRAM) {}

  /// Where the model's two calls, or the device's computation, take equally long.
  static double model_crossing(const char* a, const char* b, bool resident, double price_of_b = 1) {
    const Profile machine = load_profile(profile);
    const auto seconds = [&](const char* solver, Index n) {
      const bool device = solver == std::string("cuda");
      const int threads = solver == std::string("openmp") ? 8 : 1;
      const Predicted found =
          predict(machine, {find_problem("sum"), Shape{{n}}, Type::f32, device ? "cuda" : "cpu", solver,
                            threads, device ? "pageable" : "none"});
      return device && resident ? found.prediction->compute_s->value : found.prediction->call_s.value;
    };
    Index low = 1000, high = 10'000'000;
    while (high - low > 1) {
      const Index middle = (low + high) / 2;
      (seconds(a, middle) < price_of_b * seconds(b, middle) ? low : high) = middle;
    }
    return static_cast<double>(high);
  }

  /// A cell of the first record of a file.
  std::string cell(const std::string& file, const std::string& name, std::size_t record = 1) const {
    const CsvRecords csv = parse_csv(text(file));
    const auto at = std::ranges::find(csv.records.at(0), name) - csv.records.at(0).begin();
    return csv.records.at(record).at(static_cast<std::size_t>(at));
  }
};

TEST_F(SimProgram, WritesRowsThatTheOtherCommandsTake) {
  const Ended end = run({"run sum --n 1e4,1e6 --csv rows.csv --samples samples.csv --seed 2", sim});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.out.find("sum n=10000 f32, modelled"), std::string::npos) << end.out;
  ASSERT_EQ(rows().size(), 6U);
  for (const Row& row : rows()) {
    EXPECT_EQ(row.source, "modelled");
    EXPECT_EQ(row.label, "invented-8c-gpu");
    EXPECT_EQ(row.gpu, "Invented GPU");
    EXPECT_FALSE(row.floor_s);
  }
  EXPECT_NE(run("explain rows.csv").out.find("Modelled, not measured."), std::string::npos);
  EXPECT_EQ(run({"run sum --n 1e4,1e6 --csv again.csv --seed 2", sim}).status, 0);
  const Ended compared = run("compare rows.csv again.csv --fail-on slower,lost,missing");
  EXPECT_EQ(compared.status, 0) << compared.out << compared.err;
}

TEST_F(SimProgram, StandsBesideMeasuredRowsAndApart) {
  const Ended end =
      run({"run sum --n 1000 --solver serial,openmp --budget 0.2 --csv rows.csv --backend cpu,sim --profile",
           profile});
  EXPECT_EQ(end.status, 0) << end.err;
  int modelled = 0;
  for (const Row& row : rows()) {
    modelled += row.source == "modelled";
    const bool base_is_alike = std::ranges::any_of(rows(), [&](const Row& other) {
      return other.source == row.source && other.solver == row.baseline_solver &&
             other.call_s == row.baseline_call_s;
    });
    EXPECT_TRUE(base_is_alike) << row.source << ' ' << row.solver;
  }
  EXPECT_EQ(modelled, 2);
  EXPECT_EQ(rows().size(), 4U);
}

TEST_F(SimProgram, FindsTheModelsCrossing) {
  const Ended end = run({"find sum --vary n=1000:1e6 --compare serial,openmp --csv found.csv", sim});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.out.find("modelled runs"), std::string::npos) << end.out;
  const double truth = model_crossing("serial", "openmp", false);
  EXPECT_NE(end.out.find("of the simulated noise"), std::string::npos) << end.out;
  EXPECT_EQ(end.out.find("99 %"), std::string::npos) << end.out;
  EXPECT_EQ(cell("found.csv", "source"), "modelled");
  EXPECT_EQ(cell("found.csv", "note"), "");
  EXPECT_LE(std::stod(cell("found.csv", "size_low")), truth);
  EXPECT_GE(std::stod(cell("found.csv", "size_high")), truth);
  EXPECT_NEAR(std::stod(cell("found.csv", "size")) / truth, 1, 0.05);
}

/// The profile has sums from 1000 to 1e8 elements: the rest is said to be a guess.
TEST_F(SimProgram, SaysWhereTheModelGuesses) {
  const Ended end = run({"find sum --vary n=10:1e9 --compare serial,openmp --csv found.csv", sim});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.out.find("the model warns: at n = 10, the model"), std::string::npos) << end.out;
  EXPECT_NE(cell("found.csv", "note").find("; at n = 1000000000, the model"), std::string::npos);
  EXPECT_NE(cell("found.csv", "note").find("10.0x the largest"), std::string::npos);
}

TEST_F(SimProgram, BeginsAtTheFirstSizeThatThereIs) {
  const Ended end =
      run({"find similarity --k 50 --vary corpus=1:1000 --compare serial,openmp-tiled "
           "--csv found.csv --walls walls.csv --question resident",
           sim});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.err.find("the range begins at corpus = 50: "), std::string::npos) << end.err;
  EXPECT_NE(end.err.find("between two CPU solvers every --question is the call"), std::string::npos);
  EXPECT_EQ(cell("found.csv", "from"), "50");
  EXPECT_EQ(cell("walls.csv", "from"), "50");
}

TEST_F(SimProgram, WritesTheHostsWallOnceForAllTransfers) {
  EXPECT_EQ(run({"find sum --vary n=1000:1e6 --transfer pageable,pinned --walls walls.csv", sim}).status, 0);
  EXPECT_EQ(parse_csv(text("walls.csv")).records.size(), 6U)
      << "a header, the CPU's, and for each transfer the device's in both memories";
}

TEST_F(SimProgram, AsksEveryQuestionOfEveryTransfer) {
  const Ended end =
      run({"find sum --vary n=1000:1e7 --transfer pageable,pinned --question all --csv found.csv", sim});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.out.find("data already there"), std::string::npos) << end.out;
  EXPECT_NE(end.out.find("Kept on the device"), std::string::npos) << end.out;
  std::set<std::string> asked;
  const CsvRecords csv = parse_csv(text("found.csv"));
  for (std::size_t i = 1; i < csv.records.size(); ++i) {
    asked.insert(cell("found.csv", "question", i) + " " + cell("found.csv", "transfer", i));
    if (cell("found.csv", "question", i) != "resident") continue;
    const double truth = model_crossing("openmp", "cuda", true);
    EXPECT_LE(std::stod(cell("found.csv", "size_low", i)), truth * 1.02);
    EXPECT_GE(std::stod(cell("found.csv", "size_high", i)), truth / 1.02);
  }
  EXPECT_EQ(asked, (std::set<std::string>{"call pageable", "resident pageable", "reuse=100 pageable",
                                          "call pinned", "resident pinned", "reuse=100 pinned"}));
  EXPECT_FALSE(cell("found.csv", "breakeven_link_bytes_per_s").empty());
  EXPECT_NE(run({"find sum --vary n=1000:1e7 --transfer mapped", sim}).err.find("there is pageable, pinned"),
            std::string::npos);
}

TEST_F(SimProgram, FindsWhereTheCheaperOneChanges) {
  const Arguments line{
      "find sum --vary n=1000:1e7 --transfer pageable --compare serial,cuda:cuda --force --csv found.csv",
      sim};
  const Ended end = run({line, "--cpu-price 2/h --gpu-price 1/h"});
  EXPECT_EQ(end.status, 0) << end.err;
  ASSERT_EQ(parse_csv(text("found.csv")).records.size(), 3U) << "a header, the call and the cost\n"
                                                             << end.out;
  EXPECT_EQ(cell("found.csv", "question", 1), "call");
  EXPECT_EQ(cell("found.csv", "question", 2), "cost");
  const double by_time = model_crossing("serial", "cuda", false);
  const double by_cost = model_crossing("serial", "cuda", false, 0.5);
  EXPECT_LT(by_cost, 0.8 * by_time) << "the GPU's machine is the cheaper one";
  for (const auto& [record, truth] : {std::pair{1UL, by_time}, {2UL, by_cost}}) {
    EXPECT_LE(std::stod(cell("found.csv", "size_low", record)), truth * 1.02);
    EXPECT_GE(std::stod(cell("found.csv", "size_high", record)), truth / 1.02);
  }
  EXPECT_NE(end.out.find("is cheaper,"), std::string::npos) << end.out;
  EXPECT_EQ(run({line, "--cpu-price 2/h"}).status, 2);
  EXPECT_EQ(run({line, "--question cost"}).status, 2);
  EXPECT_NE(run({"find sum --vary n=1000:1e6 --compare serial,openmp --cpu-price 1/h --gpu-price 2/h", sim})
                .err.find("at one price"),
            std::string::npos);
}

TEST_F(SimProgram, EndsASearchAtTheSimulatedWall) {
  const Ended end =
      run({"find sum --vary n=1000:1e9 --device-memory-limit 100MB --most-runs 300 --csv found.csv --walls "
           "walls.csv",
           sim});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_NE(end.out.find("The range ends before n = "), std::string::npos) << end.out;
  const Index last = std::stoll(cell("found.csv", "last_size")),
              first = std::stoll(cell("found.csv", "wall_size"));
  EXPECT_EQ(first, last + 1);
  EXPECT_NEAR(static_cast<double>(last), 25e6, 1e5);
  const CsvRecords walls = parse_csv(text("walls.csv"));
  ASSERT_EQ(walls.records.size(), 4U) << "a header, the host's of both, the device's of one";
  EXPECT_EQ(cell("walls.csv", "last_size", 3), std::to_string(last));
  EXPECT_EQ(cell("walls.csv", "first_size", 3), std::to_string(first));
  EXPECT_LE(std::stoll(cell("walls.csv", "last_bytes", 3)), 100'000'000);
  EXPECT_GT(std::stoll(cell("walls.csv", "first_bytes", 3)), 100'000'000);
  EXPECT_EQ(run({"find sum --vary n=10:20 --compare serial,openmp --walls walls.csv", sim}).status, 2);
}

}  // namespace
}  // namespace crossover
