// Asserts of questions, break-evens and capacities: each question's seconds from phases, k* against B* where
// one upload is all there is, "never", and the largest sizes that a cache holds.
#include "bench/worker/breakeven.hpp"

#include <cmath>

#include "bench/plan/question.hpp"
#include "bench/search/capacities.hpp"
#include "tests/parsed.hpp"

namespace crossover {
namespace {

const PhaseSeconds phases = {{"upload", 4}, {"upload_fresh", 0.5}, {"compute", 1}, {"download", 0.25}};

TEST(Questions, AreReadAndNamed) {
  EXPECT_EQ(name_of(parse_questions("reuse=100").at(0)), "reuse=100");
  EXPECT_EQ(parse_questions("all").size(), 3U);
  EXPECT_EQ(parse_questions("call,resident").at(1).kind, Question::Kind::resident);
  EXPECT_EQ(parse_questions("resident,call,resident").size(), 2U) << "each once";
  for (const char* wrong : {"reuse", "reuse=0", "residnet", "call,"})
    EXPECT_THROW(parse_questions(wrong), UsageError) << wrong;
  expect_refused("find sum --vary n=1:10 --compare serial,openmp --question residnet",
                 {"--question", "resident"});
}

TEST(Questions, AreAnsweredByPhases) {
  const PhaseSeconds around = {{"allocate", 2}, {"pin", 3}, {"release", 1}};
  const Question resident{.kind = Question::Kind::resident};
  const Question reuse{.kind = Question::Kind::reuse, .uses = 10};
  EXPECT_DOUBLE_EQ(seconds_for(resident, phases, around), 1);
  EXPECT_DOUBLE_EQ(seconds_for(reuse, phases, around), (6 + 4) / 10.0 + 1.75);
  const PhaseSeconds host = {{"call", 7}};
  EXPECT_DOUBLE_EQ(seconds_for({}, host, {}), 7);
  EXPECT_DOUBLE_EQ(seconds_for(resident, host, {}), 7);
  EXPECT_DOUBLE_EQ(seconds_for(reuse, host, {{"allocate", 2}}), 7.2);
}

TEST(BreakEven, SaysNoIntervalOfOneNumber) {
  const auto text = [](double uses) {
    return break_even_text({.uses = uses, .uses_interval = Interval{uses, uses}});
  };
  EXPECT_NE(text(1).find("used 1 time to pay"), std::string::npos) << text(1);
  EXPECT_NE(text(INFINITY).find("never pays."), std::string::npos) << text(INFINITY);
}

/// measuring.md: with one upload and no other cost, k* = floor(B* / B) + 1.
TEST(BreakEven, OfUsesAndOfTheLinkAgreeWithOneUploadAndNoOtherCost) {
  constexpr double bytes = 4e9;
  for (const double upload_s : {0.1, 0.35, 2.0, 7.7})
    for (const double cpu_s : {0.5, 1.1, 3.0}) {
      const std::vector<BreakEvenBlock> blocks(16, {cpu_s, {{"upload", upload_s}, {"compute", 0.2}}});
      const BreakEven found = break_even(blocks, 0, bytes);
      const double link = bytes / upload_s;
      EXPECT_NEAR(found.link_bytes_per_s, bytes / (cpu_s - 0.2), 1);
      EXPECT_NEAR(found.link_now_bytes_per_s, link, 1);
      EXPECT_EQ(found.uses, std::floor(found.link_bytes_per_s / link) + 1);
      ASSERT_TRUE(found.uses_interval && found.link_interval);
    }
}

TEST(BreakEven, CountsSetUpAndWhatIsFresh) {
  const std::vector<BreakEvenBlock> blocks(16, {3, phases});  // gains 1.25 a call
  EXPECT_EQ(break_even(blocks, 0, 1e9).uses, 4);              // 4 / 1.25 = 3.2
  EXPECT_EQ(break_even(blocks, 6, 1e9).uses, 9);              // 10 / 1.25 = 8: above, not at
  EXPECT_NE(break_even_text(break_even(blocks, 6, 1e9)).find("used 9 times"), std::string::npos)
      << break_even_text(break_even(blocks, 6, 1e9));
  // 4.75 s of moving, of which 4.5 up; 2 s would be left.
  EXPECT_NEAR(break_even(blocks, 0, 9e9).link_bytes_per_s, 9e9 / 4.5 * 4.75 / 2, 1);
}

TEST(BreakEven, IsNeverWhereTheComputationLoses) {
  const std::vector<BreakEvenBlock> blocks(16, {0.9, phases});
  const BreakEven found = break_even(blocks, 0, 1e9);
  EXPECT_TRUE(std::isinf(found.uses));
  EXPECT_TRUE(std::isinf(found.link_bytes_per_s));
  EXPECT_NE(break_even_text(found).find("never"), std::string::npos);
  EXPECT_THROW(break_even({}, 0, 1), std::invalid_argument);
}

TEST(BreakEven, HasAnIntervalFromEightBlocksOn) {
  std::vector<BreakEvenBlock> blocks;
  for (int i = 0; i < 40; ++i) blocks.push_back({2.5 + 0.02 * (i % 5), phases});
  const BreakEven found = break_even(blocks, 0, 1e9);
  ASSERT_TRUE(found.uses_interval);
  EXPECT_LE(found.uses_interval->low, found.uses);
  EXPECT_GE(found.uses_interval->high, found.uses);
  blocks.resize(7);
  EXPECT_FALSE(break_even(blocks, 0, 1e9).uses_interval);
}

TEST(Capacities, AreTheLargestSizesThatFit) {
  const Problem& means = *find_problem("row_means");
  const Shape shape{{0, 1000}};  // 4000 bytes a row
  const std::vector<std::size_t> capacities = {3999, 40'000, 41'000, 1'000'000, std::size_t{1} << 40};
  EXPECT_EQ(sizes_at_capacities(means, shape, Type::f32, 0, {1, 100'000}, capacities),
            (std::vector<Index>{10, 250}));
  Profile profile;
  profile.levels = {{"L1", 100, 1, {}}, {"L2", 1000, 1, {}}, {"L2", 1000, 2, {}}, {"L3", 5000, 1, {}}};
  EXPECT_EQ(cache_capacities(profile), (std::vector<std::size_t>{1000, 5000}));
  Machine machine;
  machine.l2 = {.bytes = 100, .shared_by = 1, .instances = 4};
  machine.l3 = {.bytes = 1000, .shared_by = 4, .instances = 2};
  EXPECT_EQ(cache_capacities(machine, {}), (std::vector<std::size_t>{100, 400, 2000}));
}

}  // namespace
}  // namespace crossover
