// Similarity's definition: its work, its order of candidates, and an oracle that must let sound results pass
// and catch every planted error. To add a case: plant another error in CatchesPlantedErrors.
#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include "common/top_k.hpp"
#include "tests/similarity_cases.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

TEST(Definition, CountsWorkAndContradictions) {
  const Problem& problem = similarity_problem();
  const Work work = problem.work({{1000, 100, 10, 3}}, Type::f32);
  EXPECT_EQ(work.bytes_in, 1100 * 10 * 4);
  EXPECT_EQ(work.bytes_out, 100 * 3 * 12);
  EXPECT_EQ(work.flops, 2e6 + 3 * 1100 * 10);
  EXPECT_EQ(problem.contradiction({{3, 1, 1, 3}}), "");
  EXPECT_NE(problem.contradiction({{3, 1, 1, 4}}), "");
}

/// An oracle that lets any of these pass is of no use.
TEST(Oracle, CatchesPlantedErrors) {
  Inputs inputs(Shape{{500, 20, 100, 3}});
  std::copy_n(inputs.queries.data(), 100, inputs.row(30));  // query 0 finds rows 30 and 40 first
  std::copy_n(inputs.queries.data(), 100, inputs.row(40));
  const Best right = solve(solver_named("serial"), inputs);
  ASSERT_EQ(right.index[0], 30);
  ASSERT_EQ(right.index[1], 40);
  const auto caught = [&](const std::function<void(Best&)>& plant) {
    Best wrong = right;
    plant(wrong);
    const Check result = check(inputs, wrong);
    return !result.ok && !result.what.empty();
  };
  EXPECT_FALSE(caught([](Best&) {}));
  EXPECT_TRUE(caught([](Best& out) { out.score[7] += 1e-5F; }));
  EXPECT_TRUE(caught([](Best& out) { out.score[7] = nan; }));
  EXPECT_TRUE(caught([](Best& out) { out.index[7] = -1; }));
  EXPECT_TRUE(caught([](Best& out) { out.index[7] = 500; }));
  EXPECT_TRUE(caught([](Best& out) { out.index[7] = out.index[6]; }));
  EXPECT_TRUE(caught([](Best& out) {
    std::swap(out.index[6], out.index[7]);
    std::swap(out.score[6], out.score[7]);
  }));
  EXPECT_TRUE(caught([](Best& out) { std::swap(out.index[0], out.index[1]); }));
  EXPECT_TRUE(caught([](Best& out) {  // the next best row left out
    out.index[4] = out.index[5];
    out.score[4] = out.score[5];
  }));
  EXPECT_TRUE(caught([](Best& out) { out = Best(20, 3); }));
  EXPECT_TRUE(caught([](Best& out) { std::ranges::fill(out.score, 0.0F); }));

  Inputs one(Shape{{500, 20, 100, 1}});  // the higher of two equal rows is the only one returned
  std::copy_n(one.queries.data(), 100, one.row(30));
  std::copy_n(one.queries.data(), 100, one.row(40));
  Best higher = solve(solver_named("serial"), one);
  ASSERT_EQ(higher.index[0], 30);
  higher.index[0] = 40;
  EXPECT_FALSE(check(one, higher).ok);
}

TEST(Oracle, SamplesQueriesAndStillCatchesWhatIsEverywhere) {
  Inputs inputs(Shape{{2000, 200, 50, 3}});
  Best out = solve(solver_named("serial"), inputs);
  const Check sampled = check(inputs, out, 2e6);
  EXPECT_TRUE(sampled.ok) << sampled.what;
  EXPECT_LT(sampled.checked, sampled.of);
  EXPECT_GE(sampled.checked, 3);
  for (float& score : out.score) score += 1e-5F;
  EXPECT_FALSE(check(inputs, out, 2e6).ok);
}

TEST(TopK, HoldsTheBestInWhateverOrderTheyCome) {
  const Values scores{0.5F, nan, -1, 0.5F, 1, nan, 0};
  std::vector<Index> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    std::array<float, 6> score;
    std::array<Index, 6> index;
    const Ranking<float> best{score.data(), index.data(), 6};
    best.clear();
    for (const Index i : order) best.offer(scores[static_cast<std::size_t>(i)], i);
    ASSERT_EQ(index, (std::array<Index, 6>{4, 0, 3, 6, 2, 1}));
  } while (std::ranges::next_permutation(order).found);
}

}  // namespace
}  // namespace crossover
