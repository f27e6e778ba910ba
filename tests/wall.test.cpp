// Asserts of `crossover wall`: where a condition ends, exactly; what --vary takes; how walls read; and, of
// the program itself under a small limit, that the last size that fits is answered, the next one refused or,
// over the wall, out of memory. To add a wall: a limit, a problem and the solver that meets it.
#include "bench/search/wall.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "bench/search/wall_search.hpp"
#include "tests/parsed.hpp"
#include "tests/program.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

TEST(Boundaries, AreExactWhereverTheyLie) {
  for (const Index low : {1, 2, 7})
    for (const Index high : {7, 64, 100, 1000})
      for (Index last = low; last < high; ++last) {
        const Boundary found = boundary_of(low, high, [&](Index size) { return size <= last; });
        EXPECT_EQ(found.holds, last) << low << " " << high;
        EXPECT_EQ(found.fails, last + 1) << low << " " << high;
      }
}

TEST(Boundaries, OfWholeRangesAndOfNone) {
  const Boundary all = boundary_of(3, 1000, [](Index) { return true; });
  EXPECT_EQ(all.holds, 1000);
  EXPECT_FALSE(all.fails);
  const Boundary none = boundary_of(3, 1000, [](Index) { return false; });
  EXPECT_FALSE(none.holds);
  EXPECT_EQ(none.fails, 3);
  constexpr Index most = std::numeric_limits<Index>::max();
  EXPECT_EQ(boundary_of(1, most, [](Index size) { return size < most; }).fails, most) << "no overflow";
}

TEST(Boundaries, AreFoundWithFewQuestions) {
  int asked = 0;
  boundary_of(1, Index{1} << 40, [&](Index size) { return ++asked, size <= 123'456'789; });
  EXPECT_LE(asked, 60);
}

TEST(SizeRanges, AreOfSizesThatTheProblemHas) {
  const SizeRange late = range_of(parsed("wall similarity --k 50 --vary corpus=1:1000"));
  EXPECT_EQ(late.low, 50);
  EXPECT_EQ(late.high, 1000);
  EXPECT_NE(late.begin.find("more rows than the corpus of 49"), std::string::npos) << late.begin;
  EXPECT_EQ(late.end, "");
  const SizeRange early = range_of(parsed("wall similarity --corpus 100 --vary k=1:1e6"));
  EXPECT_EQ(early.low, 1);
  EXPECT_EQ(early.high, 100);
  EXPECT_EQ(early.begin, "");
  EXPECT_NE(early.end, "");
  EXPECT_THROW(range_of(parsed("wall similarity --corpus 100 --vary k=200:300")), UsageError);
}

TEST(SizesBefore, NeedTheirShareAndNoMore) {
  constexpr std::array shares = {0.5, 0.9};
  const auto bytes = [](Index size) { return 100.0 + 8.0 * static_cast<double>(size); };
  EXPECT_EQ(sizes_before(1, 1000, shares, bytes), (std::vector<Index>{493, 898, 1000}));
  EXPECT_EQ(sizes_before(950, 1000, shares, bytes), (std::vector<Index>{1000})) << "none is that small";
  constexpr std::array alike = {0.95, 0.96};
  EXPECT_EQ(sizes_before(1, 10, alike, [](Index size) { return 8.0 * static_cast<double>(size); }),
            (std::vector<Index>{9, 10}))
      << "each once";
}

TEST(WallFlags, TakeARange) {
  const Options options = parsed("wall similarity --dim 100 --vary corpus=1:1e9 --solver serial,eigen-full");
  EXPECT_EQ(options.command, Command::wall);
  EXPECT_EQ(options.vary, 0);
  EXPECT_EQ(options.vary_to, 1'000'000'000);
  EXPECT_DOUBLE_EQ(options.budget_s, 1);
  EXPECT_DOUBLE_EQ(parsed("wall sum --vary n=1:2 --budget 3").budget_s, 3);
}

TEST(WallFlags, AreRefusedWithAReason) {
  expect_refused("wall sum", {"--vary", "n=1:1e6"});
  expect_refused("wall sum --vary n=20:10", {"--vary", "empty range"});
  expect_refused("wall sum --vary rows=1:10", {"--vary", "'rows'", "there are n"});
  expect_refused("wall sum --vary n=1:10 --n 5", {"--n", "--vary"});
  expect_refused("wall row_means --vary rows=1:10 --cols 1,2", {"--cols", "one value"});
  expect_refused("wall sum --vary n=1:10 --type f32,f64", {"--type", "one"});
  expect_refused("wall sum --vary n=1:10 --json w.json", {"--json", "wall"});
  expect_refused("wall sum --vary n=1:10 --resume", {"--resume"});
}

Wall made_wall() {
  Wall wall;
  wall.planned = cpu_row("openmp", 2, 0.5);
  wall.last = {1000, 8'000'000, cpu_row("openmp", 2, 0.5)};
  Row refused = cpu_row("openmp", 2, 0.5);
  refused.outcome = Outcome::refused;
  wall.first = {1001, 8'008'000, refused};
  wall.available_bytes = 42 << 20;
  wall.slack_bytes = 32 << 20;
  wall.limit = "--host-memory-limit 64 MiB";
  return wall;
}

std::string rendered(const Wall& wall) {
  return render_walls({wall}, parsed("wall row_means --vary rows=1:1e6"));
}

TEST(Walls, ReadAsATableAndSentences) {
  Wall wall = made_wall();
  EXPECT_EQ(wall.contradiction(), "");
  std::string text = rendered(wall);
  for (const char* part : {"1000", "1001", "ok, 500 ms", "refused", "42 MiB available, 32 MiB of it"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find("cliff"), std::string::npos);
  wall.cliff = "a cliff before the wall";
  wall.cliff_size = 950;
  text = rendered(wall);
  EXPECT_NE(text.find("at rows = 950, a cliff before the wall"), std::string::npos) << text;
}

TEST(Walls, SayWhereThereIsNone) {
  Wall wall = made_wall();
  wall.first.reset();
  wall.strategy = "by tiles";
  EXPECT_NE(rendered(wall).find("no wall in this range"), std::string::npos) << rendered(wall);
  wall = made_wall();
  wall.last.reset();
  EXPECT_NE(rendered(wall).find("not even rows = 1001 fits"), std::string::npos) << rendered(wall);
  wall.unknown = "nobody knows";
  EXPECT_NE(rendered(wall).find("not foretold: nobody knows"), std::string::npos) << rendered(wall);
}

TEST(Walls, AreContradictedByWhatWasSeen) {
  Wall wall = made_wall();
  wall.last->seen->outcome = Outcome::too_slow;
  wall.last->seen->reason = "forecast from a smaller piece: 3 h";
  EXPECT_EQ(wall.contradiction(), "") << "it was not run";
  EXPECT_NE(rendered(wall).find("3 h"), std::string::npos);
  wall.last->seen->outcome = Outcome::out_of_memory;
  EXPECT_NE(wall.contradiction().find("1000 should fit"), std::string::npos);
  EXPECT_NE(rendered(wall).find("NOT CONFIRMED"), std::string::npos);
  wall = made_wall();
  wall.first->seen->outcome = Outcome::ok;
  EXPECT_NE(wall.contradiction().find("1001 should not fit"), std::string::npos);
  wall.memory = WallMemory::device;
  wall.first->seen->chunks = 2;
  EXPECT_EQ(wall.contradiction(), "") << "cut into pieces it fits";
}

TEST(Walls, AreRecordsOfTheHeadersLength) {
  const Options options = parsed("wall similarity --vary corpus=1:1e6 --dim 7");
  const Wall wall = made_wall();
  EXPECT_EQ(wall_record(wall, options, "x").size(), wall_header(options).size());
  EXPECT_EQ(wall_record(Wall{}, options, "x").size(), wall_header(options).size());
  EXPECT_EQ(wall_record(wall, options, "x").at(wall_header(options).size() - 2), "7") << "dim";
}

class WallProgram : public ProgramTest {
 protected:
  WallProgram() : ProgramTest(CROSSOVER_PROGRAM) {}

  /// On the CPU with one thread; records come from walls.csv.
  Ended wall(const Arguments& line) const {
    return run({"wall", line, "--backend cpu --threads 1 --budget 0.05 --quiet --force --csv walls.csv"});
  }

  /// Of the solver's first record.
  std::string cell(const std::string& solver, const std::string& name) const {
    const auto records = parse_csv(text("walls.csv")).records;
    const auto at = [&](const std::string& column) {
      return static_cast<std::size_t>(std::ranges::find(records.at(0), column) - records.at(0).begin());
    };
    for (const auto& record : records)
      if (record[at("solver")] == solver) return record.at(at(name));
    ADD_FAILURE() << "no record of " << solver;
    return {};
  }

  Index number(const std::string& solver, const std::string& name) const {
    const std::string found = cell(solver, name);
    return found.empty() ? -1 : std::stoll(found);
  }
};

TEST_F(WallProgram, IsExactToOneElementAndSeenOnBothSides) {
  const Ended ended = wall("sum --type f64 --vary n=1:1e12 --solver serial,eigen --host-memory-limit 64MiB");
  EXPECT_EQ(ended.status, 0) << ended.err << ended.out;
  for (const std::string solver : {"serial", "eigen"}) {
    const Index last = number(solver, "last_size");
    EXPECT_EQ(number(solver, "first_size"), last + 1);
    EXPECT_EQ(number(solver, "first_bytes"), number(solver, "last_bytes") + 8);
    const Index allowed = number(solver, "available_bytes") - number(solver, "slack_bytes");
    EXPECT_LE(number(solver, "last_bytes"), allowed);
    EXPECT_GT(number(solver, "first_bytes"), allowed);
    EXPECT_EQ(cell(solver, "last_outcome"), "ok") << cell(solver, "last_reason");
    EXPECT_EQ(cell(solver, "first_outcome"), "refused");
    EXPECT_NE(cell(solver, "limit").find("--host-memory-limit 64 MiB"), std::string::npos);
    EXPECT_EQ(cell(solver, "note"), "");
    EXPECT_EQ(cell(solver, "over_outcome"), "") << "not asked for";
  }
  EXPECT_NE(ended.out.find("n varied from 1 to 1000000000000"), std::string::npos) << ended.out;
}

TEST_F(WallProgram, OverItTheAllocationReallyFails) {
  const Ended ended = wall(
      "similarity --queries 2000 --dim 10 --vary corpus=100:1e6 --solver eigen-full --host-memory-limit "
      "80MiB --over-the-wall");
  EXPECT_EQ(ended.status, 0) << ended.err << ended.out;
  EXPECT_EQ(cell("eigen-full", "last_outcome"), "ok") << cell("eigen-full", "last_reason");
  EXPECT_EQ(cell("eigen-full", "first_outcome"), "refused");
  EXPECT_GE(number("eigen-full", "over_size"), number("eigen-full", "first_size"));
  const std::string outcome = cell("eigen-full", "over_outcome");
  EXPECT_TRUE(outcome == "out_of_memory" || outcome == "killed") << outcome;
  EXPECT_NE(cell("eigen-full", "over_phase"), "");
}

TEST_F(WallProgram, SomeHaveNoneWhereOthersDo) {
  const Ended ended = wall(
      "similarity --queries 500 --dim 4 --vary corpus=100:50000 --solver eigen-full,openmp-tiled "
      "--host-memory-limit 80MiB");
  EXPECT_EQ(ended.status, 0) << ended.err << ended.out;
  EXPECT_EQ(cell("eigen-full", "first_outcome"), "refused");
  EXPECT_EQ(number("openmp-tiled", "last_size"), 50000);
  EXPECT_EQ(cell("openmp-tiled", "first_size"), "");
  EXPECT_EQ(cell("openmp-tiled", "note"), "no wall in this range");
}

TEST_F(WallProgram, IsOfTheSizesThatThereAre) {
  const Ended ended = wall(
      "similarity --queries 10 --corpus 100 --dim 4 --vary k=1:1e6 --solver serial --host-memory-limit "
      "80MiB");
  EXPECT_EQ(ended.status, 0) << ended.err << ended.out;
  EXPECT_EQ(number("serial", "last_size"), 100) << "k above the corpus asks for nothing";
  EXPECT_NE(ended.out.find("k = 101 asks for more rows"), std::string::npos) << ended.out;
  const Ended none = run("wall similarity --corpus 100 --vary k=200:300");
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("more rows than the corpus"), std::string::npos) << none.err;
}

TEST_F(WallProgram, WhatWouldTakeTooLongIsNotRun) {
  const Ended ended = wall(
      "similarity --queries 20000 --dim 10 --vary corpus=100:1e6 --solver serial --timeout 0.05 "
      "--host-memory-limit 64MiB");
  EXPECT_EQ(ended.status, 0) << ended.err << ended.out;
  EXPECT_EQ(cell("serial", "last_outcome"), "too_slow");
  EXPECT_EQ(cell("serial", "first_outcome"), "refused");
  EXPECT_NE(ended.out.find("too_slow: not run: "), std::string::npos)
      << ended.out;  // by a forecast or the clock
}

TEST_F(WallProgram, SaysWhereThePredictionDidNotHold) {
  const Ended ended = wall(
      "sum --type f64 --vary n=1:1e12 --solver serial --host-memory-limit 64MiB --rehearse "
      "serial:allocate:out-of-memory");
  EXPECT_EQ(ended.status, 1);
  EXPECT_NE(ended.out.find("NOT CONFIRMED"), std::string::npos) << ended.out;
  EXPECT_NE(cell("serial", "note").find("should fit and ended out_of_memory"), std::string::npos);
}

TEST_F(WallProgram, KeepsWhatWasFoundBeforeAnInterrupt) {
  const pid_t child = start(
      "wall sum --type f64 --vary n=1:1e12 --backend cpu --solver serial,eigen --threads 1 --budget 0.05 "
      "--timeout 60 --quiet --csv walls.csv --host-memory-limit 64MiB --rehearse eigen:compute:hang");
  EXPECT_TRUE(eventually([&] { return text("walls.csv").find("serial") != std::string::npos; }));
  kill(child, SIGINT);
  const Ended ended = finish(child);
  EXPECT_EQ(ended.status, 130) << ended.err;
  EXPECT_EQ(cell("serial", "last_outcome"), "ok");
  EXPECT_NE(ended.out.find("serial"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return members(child).empty(); }));
}

TEST_F(WallProgram, NeverOverwritesUnasked) {
  std::ofstream(path("walls.csv")) << "mine";
  const Ended ended = run("wall sum --vary n=1:10 --csv walls.csv");
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(text("walls.csv"), "mine");
}

}  // namespace
}  // namespace crossover
