// Asserts: calls of several steps say where their time went however little time there is, and where that was
// never sampled a row claims nothing. To add a case: a scripted execution with a budget, or a recorded row.
#include "tests/recorded.hpp"
#include "tests/scripted.hpp"

namespace crossover {
namespace {

using Phases = ScriptedSampler;

TEST_F(Phases, AreSampledOnceWhereTheBudgetHasEnded) {
  add(four_steps);  // 15 ms a call
  for (const double budget_s : {0.02, 0.06, 0.1}) {
    script_.events.clear();
    sample({.budget_s = budget_s});
    EXPECT_LT(calls(0), 8U) << "the budget ended before the first look";
    EXPECT_EQ(script_.samples(0, "phases", "download").size(), 1U) << budget_s;
  }
}

TEST_F(Phases, OfLongCallsAreFewAtALook) {
  add(four_steps);
  sample({.budget_s = 0.3, .precision = 1e-9});
  const std::size_t splits = script_.samples(0, "phases", "download").size();
  EXPECT_GE(splits, 1U);
  EXPECT_LT(splits, 8U) << "they are paid from the budget";
  EXPECT_LT(script_.now_s, 0.4);
}

TEST_F(Phases, OfACaseThatFailedAreNotSampled) {
  add({takes(Phase::upload, 1e-3), fails(Phase::compute, 1e-3, 5, std::runtime_error("no"))});
  sample();
  EXPECT_TRUE(script_.samples(0, "phases", "compute").empty());
}

TEST(Split, IsClaimedWhereItWasSampled) {
  Recorded group({"cpu serial", "cuda tiled"});
  group.well(0, 8.0);
  group.well(1, 4.0);
  EXPECT_EQ(group.rows().at(0).compute_s, 8.0) << "nothing moves: the call is the computation";
  const Row whole = group.rows().at(1);
  EXPECT_FALSE(whole.compute_s || whole.upload_s || whole.speedup_compute || whole.unaccounted_s);
  EXPECT_EQ(whole.speedup_call, 2.0);
  EXPECT_EQ(whole.breakeven_reuse, "");
  group.record.apply(event::sample(1, "phases", 0, {{"upload", 2.0}, {"compute", 1.0}, {"download", 1.0}}));
  EXPECT_EQ(group.rows().at(1).compute_s, 1.0);
  EXPECT_EQ(group.rows().at(1).upload_s, 2.0);
}

}  // namespace
}  // namespace crossover
