// The device's similarity solvers on the CPU over inputs that are meant to break them: the tests' fills,
// ascending scores, copies of rows, ties and NaN by the hundred; and in any order of execution. To add a
// case: a fill in tests/fills.hpp, or a test of its own.
#include "tests/shim/similarity_runner.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

class HostileInputs : public SolverTest {};
INSTANTIATE_TEST_SUITE_P(Similarity, HostileInputs,
                         testing::Values("cublas-tiled", "cublas-full", "cuda-fused"), name_of_case);

TEST_P(HostileInputs, AgreesWithTheOracleOnHostileFills) {
  bool many = false;
  for (const test::Fill& fill : test::fills) {
    SCOPED_TRACE(fill.name);
    const Index k = (many = !many) ? 32 : 3;
    const test::Given given(similarity_problem(), Shape{{140, 3, 11, k}}, Type::f32, fill);
    const auto values = [&](std::size_t operand) {
      const std::span<float> all = vector<float>(given.in.all()[operand]);
      return Values(all.begin(), all.end());
    };
    expect_right(Inputs(11, k, values(0), values(1)));
  }
}

TEST_P(HostileInputs, FindsTheLastRowsOfAscendingScores) {
  const Index corpus = 400;
  for (const Index k : {3, 32}) {
    Inputs inputs = with_ascending_scores(corpus, k);
    Best out = solve(solver(), inputs);
    for (std::size_t q = 1; q < 4; ++q)
      for (std::size_t rank = 0; rank < 3; ++rank)
        EXPECT_EQ(out.index[static_cast<std::size_t>(k) * q + rank], corpus - 1 - static_cast<Index>(rank));
    expect_right(inputs, out);
  }
}

/// Copies of one row stand in whole tiles and at ragged edges: their scores must be equal to the last bit.
TEST_P(HostileInputs, ScoresCopiesOfARowAlikeWhereverTheyStand) {
  const Index corpus = 525, queries = 37, k = 7;
  for (const Index dim : {7, 36}) {
    Inputs inputs(Shape{{corpus, queries, dim, k}});
    const std::vector<Index> copies{0, 17, 127, 128, 383, 511, 524};
    for (const Index copy : copies)
      std::copy_n(inputs.queries.data() + (queries - 1) * dim, dim, inputs.row(copy));
    Best out = solve(solver(), inputs);
    const auto last = static_cast<std::size_t>((queries - 1) * k);
    for (std::size_t rank = 0; rank < copies.size(); ++rank) {
      EXPECT_EQ(out.index[last + rank], copies[rank]) << "dim " << dim;
      EXPECT_EQ(out.score[last + rank], out.score[last]);
    }
    expect_right(inputs, out);
  }
}

TEST_P(HostileInputs, HandlesManyTiesAndManyNans) {
  Inputs ties(Shape{{400, 9, 5, 5}});
  std::ranges::fill(ties.corpus, 1.0F);
  Best out = solve(solver(), ties);
  for (std::size_t i = 0; i < out.index.size(); ++i) EXPECT_EQ(out.index[i], static_cast<Index>(i % 5));
  expect_right(ties, out);

  Inputs nans(Shape{{400, 9, 5, 20}});
  for (Index c = 0; c < 400; ++c)
    if (c % 97 != 5) nans.row(c)[c % 5] = c % 2 ? nan : infinity;
  expect_right(nans);
}

TEST_P(HostileInputs, IsTheSameInAnyOrderOfExecution) {
  Inputs inputs(Shape{{300, 20, 10, 5}});
  const Best expected = solve(solver(), inputs);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    shim::seed(seed);
    EXPECT_TRUE(solve(solver(), inputs).same_as(expected)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace crossover
