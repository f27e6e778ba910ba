// The device's similarity solvers on the CPU, in pieces: random ones along both axes, continued and merged,
// give what the whole gives, to the last bit. To add a case: a number of best rows in its loop.
#include <random>

#include "tests/shim/similarity_runner.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

class Pieces : public testing::TestWithParam<const char*> {
 protected:
  DeviceSolver solver() const { return device_solver_named(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Similarity, Pieces, testing::Values("cublas-tiled", "cublas-full", "cuda-fused"),
                         name_of_case);

TEST_P(Pieces, OfTheQueriesAreAnswered) {
  Inputs inputs(Shape{{130, 150, 6, 4}});
  const Best whole = solve(solver(), inputs);
  std::mt19937 random(3);
  for (int repeat = 0; repeat < 2; ++repeat) {
    Best out(150, 4), state(150, 4);
    const std::vector<Index> cuts = test::random_cuts(150, 3, random);
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
      solve_part(solver(), inputs, similarity::queries, cuts[i], cuts[i + 1], state, out, true, true);
    EXPECT_TRUE(out.same_as(whole));
  }
}

class FoldingPieces : public Pieces {};
INSTANTIATE_TEST_SUITE_P(Similarity, FoldingPieces, testing::Values("cublas-tiled", "cuda-fused"),
                         name_of_case);

/// Pieces that continue from one state, and pieces with states of their own that are merged on the host.
TEST_P(FoldingPieces, OfTheCorpusContinueAndMerge) {
  const Problem& problem = similarity_problem();
  const Index corpus = 300, queries = 3;
  std::mt19937 random(7);
  for (const Index k : {3, 32}) {
    Inputs inputs(Shape{{corpus, queries, 9, k}});
    for (Index c = 0; c < 50; ++c) std::copy_n(inputs.row(c), 9, inputs.row(c + 200));  // ties
    for (Index c = 3; c < corpus; c += 50) inputs.row(c)[0] = nan;
    const Best whole = solve(solver(), inputs);
    for (int repeat = 0; repeat < 2; ++repeat) {
      Best continued(queries, k), state(queries, k), merged(queries, k), out(queries, k);
      problem.identity(merged.arrays());
      const std::vector<Index> cuts = test::random_cuts(corpus, 3, random);
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        Best own(queries, k), untouched(queries, k);
        solve_part(solver(), inputs, similarity::corpus, cuts[i], cuts[i + 1], state, continued, i == 0,
                   i + 2 == cuts.size());
        solve_part(solver(), inputs, similarity::corpus, cuts[i], cuts[i + 1], own, untouched, true, false);
        EXPECT_TRUE(untouched.same_as(Best(queries, k))) << "outputs were written before the last piece";
        problem.merge(merged.arrays(), own.arrays());
      }
      problem.finish(inputs.shape, merged.arrays(), out.arrays());
      EXPECT_TRUE(continued.same_as(whole));
      EXPECT_TRUE(out.same_as(whole));
    }
  }
}

}  // namespace
}  // namespace crossover
