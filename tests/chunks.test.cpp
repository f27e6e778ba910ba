// Asserts: into how many pieces a plan cuts what the device has no room for, along which axis, and what it
// says where no cut helps. To add a case: a CutCase with what a device would need, and what it has.
#include <gtest/gtest.h>

#include "bench/machine/machine.hpp"
#include "bench/plan/plan.hpp"

namespace crossover {
namespace {

/// A device whose executions need `cut` bytes shared among the pieces, and `fixed` bytes in any case; where
/// not `known`, a library takes more.
struct Divisible {
  std::size_t fixed, cut;
  bool known = true;
};
Divisible divisible;

const Backend& divisible_backend() {
  static const Backend backend = [] {
    Backend made{};
    made.name = "cuda";
    made.transfers = {"pageable"};
    made.footprint = [](const Task& task) {
      const std::size_t bytes = divisible.fixed + divisible.cut / static_cast<std::size_t>(task.chunks);
      return Footprint{.device_bytes = divisible.known ? std::optional(bytes) : std::nullopt,
                       .least_device_bytes = bytes};
    };
    return made;
  }();
  return backend;
}

struct CutCase {
  SolverInfo solver;
  Group group;
  Case subject;
  Need need{};

  CutCase(const char* problem, const Shape& shape, bool folds, const Divisible& needed, std::size_t available,
          int chunks = most_chunks, decltype(SolverInfo::cannot) cannot = nullptr)
      : solver{.problem = problem, .name = "able", .strategy = "", .folds = folds, .cannot = cannot},
        group{find_problem(problem), shape, Type::f32, {}, 1, 1, {}},
        subject{&divisible_backend(), &solver, 1, "pageable"} {
    divisible = needed;
    MemoryLimits memory;
    memory.all = {{std::size_t{1} << 40, "no limit"}};
    need = need_of(group, subject, memory, {}, available, chunks);
  }
};

TEST(Chunks, AreAsFewAsFit) {
  for (const auto& [available, chunks] : std::vector<std::pair<std::size_t, int>>{
           {900, 1}, {899, 2}, {500, 2}, {499, 3}, {365, 4}, {200, 8}, {199, 9}, {108, 89}}) {
    const CutCase cut("sum", {{1000}}, true, {100, 800}, available);
    EXPECT_TRUE(cut.need.fits()) << available;
    EXPECT_EQ(cut.need.chunks, chunks) << available;
    EXPECT_LE(*cut.need.own.device_bytes, available);
  }
}

TEST(Chunks, HelpOnlyAsFarAsTheAxisGoes) {
  const CutCase few("sum", {{5}}, true, {100, 800}, 259), too_few("sum", {{5}}, true, {100, 800}, 260);
  EXPECT_FALSE(few.need.fits());
  EXPECT_EQ(few.need.chunks, 1);
  EXPECT_EQ(*few.need.own.device_bytes, 900U) << "of the whole";
  EXPECT_EQ(few.need.finest_chunks, 5);
  EXPECT_EQ(few.need.finest_device_bytes, 260U);
  EXPECT_EQ(too_few.need.chunks, 5) << "all there are, though no power of two";
  const CutCase fold_only("sum", {{1000}}, false, {100, 800}, 500);
  EXPECT_FALSE(fold_only.need.fits()) << "there is no other axis";
  EXPECT_FALSE(fold_only.need.finest_device_bytes.has_value());
}

/// Inputs, outputs and state are known where what a library takes is not.
TEST(Chunks, AreMadeForWhatIsKnownOfANeed) {
  const CutCase cut("sum", {{1000}}, true, {100, 800, false}, 499);
  EXPECT_EQ(cut.need.chunks, 3);
  EXPECT_FALSE(cut.need.own.device_bytes.has_value());
  const CutCase none("sum", {{1000}}, true, {std::size_t{1} << 30, 1 << 20, false}, 1 << 20);
  Row row;
  EXPECT_TRUE(settle(row, none.subject, none.group, none.need, nullptr, Options()));
  EXPECT_EQ(row.outcome, Outcome::refused);
  EXPECT_NE(row.reason.find("needs more than 1 GiB on the device"), std::string::npos) << row.reason;
}

TEST(Chunks, AreShortEnoughForTheSolver) {
  const auto short_ones = [](const Shape& shape, Type) -> std::string {
    return shape[0] > 300 ? "more than 300 at a time" : "";
  };
  const CutCase cut("sum", {{1000}}, true, {0, 0}, 0, most_chunks, short_ones);
  EXPECT_EQ(cut.need.chunks, 4);
  EXPECT_EQ(cut.need.cannot, "");
  Row row;
  EXPECT_FALSE(settle(row, cut.subject, cut.group, cut.need, nullptr, Options())) << row.reason;
  const CutCase whole("sum", {{1000}}, true, {0, 0}, 0, 1, short_ones),
      map("sum", {{1000}}, false, {0, 0}, 0, most_chunks, short_ones);
  for (const CutCase* uncut : {&whole, &map}) {
    EXPECT_EQ(uncut->need.chunks, 1);
    EXPECT_TRUE(settle(row, uncut->subject, uncut->group, uncut->need, nullptr, Options()));
    EXPECT_EQ(row.outcome, Outcome::unavailable);
    EXPECT_EQ(row.reason, "more than 300 at a time");
  }
}

TEST(Chunks, FollowTheCorpusWhereItFoldsAndElseTheQueries) {
  const Shape shape{{64, 16, 8, 3}};
  EXPECT_EQ(CutCase("similarity", shape, true, {1000, 1000}, 1).need.finest_chunks, 64);
  EXPECT_EQ(CutCase("similarity", shape, false, {1000, 1000}, 1).need.finest_chunks, 16);
  EXPECT_EQ(CutCase("row_means", {{64, 16}}, true, {1000, 1000}, 1).need.finest_chunks, 64);
  EXPECT_EQ(CutCase("row_means", {{1 << 20, 16}}, true, {1000, 1000}, 1).need.finest_chunks, most_chunks);
}

TEST(Chunks, AreNotMadeOverTheWall) {
  Options options;
  DeviceReport report;
  report.device.free_bytes = device_slack_bytes + 500;
  const std::vector<ProbedDevice> devices = {{&divisible_backend(), report}};
  MemoryLimits memory;
  memory.all = {{std::size_t{1} << 40, "no limit"}};
  CutCase cut("sum", {{1000}}, true, {100, 800}, 500);
  cut.group.cases = {cut.subject};
  EXPECT_EQ(needs_of(cut.group, options, machine_facts(), memory, devices).at(0).chunks, 2);
  options.over_the_wall = true;
  const Need over = needs_of(cut.group, options, machine_facts(), memory, devices).at(0);
  EXPECT_EQ(over.chunks, 1);
  EXPECT_FALSE(over.fits());
  Row row;
  EXPECT_FALSE(settle(row, cut.subject, cut.group, over, nullptr, options)) << "run, and see";
}

TEST(Chunks, ThatDoNotHelpAreNamedInTheRefusal) {
  const CutCase cut("sum", {{1000}}, true, {std::size_t{1} << 30, 1 << 20}, 1 << 20);
  Row row;
  EXPECT_TRUE(settle(row, cut.subject, cut.group, cut.need, nullptr, Options()));
  EXPECT_EQ(row.outcome, Outcome::refused);
  EXPECT_NE(row.reason.find("even in 1000 pieces along n; 1 MiB available"), std::string::npos) << row.reason;
}

}  // namespace
}  // namespace crossover
