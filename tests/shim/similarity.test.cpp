// The device's similarity solvers on the CPU, cuBLAS replaced by plain loops: held against results written
// out by hand, against the oracle over ragged shapes and hostile fills, and against themselves under
// other orders of execution. To add a case: give corpus and queries to expect_best, with the expected
// indices and scores of every query in turn.
#include <cmath>

#include "tests/shim/similarity_runner.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

class EverySolver : public testing::TestWithParam<const char*> {
 protected:
  DeviceSolver solver() const { return device_solver_named(GetParam()); }

  void expect_right(Inputs& inputs, Best& out) {
    const Check result = check(inputs, out);
    EXPECT_TRUE(result.ok) << result.what;
    EXPECT_EQ(result.checked, result.of);
  }
  void expect_right(Inputs inputs, const Limits& limits = small_device) {
    SCOPED_TRACE(testing::Message() << "corpus " << inputs.shape[0] << " queries " << inputs.shape[1]
                                    << " dim " << inputs.shape[2] << " k " << inputs.shape[3]);
    Best out = solve(solver(), inputs, limits);
    expect_right(inputs, out);
  }
  void expect_best(Inputs inputs, const std::vector<Index>& index, const Values& score) {
    Best out = solve(solver(), inputs);
    EXPECT_EQ(out.index, index);
    for (std::size_t i = 0; i < score.size(); ++i)
      if (std::isnan(score[i]))
        EXPECT_TRUE(std::isnan(out.score[i])) << "rank " << i << " has score " << out.score[i];
      else
        EXPECT_NEAR(out.score[i], score[i], 3e-7F) << "rank " << i;
    expect_right(inputs, out);
  }
};

INSTANTIATE_TEST_SUITE_P(Similarity, EverySolver,
                         testing::Values("cublas-tiled", "cublas-full", "cuda-fused"), name_of_case);

TEST_P(EverySolver, RanksByCosine) {
  expect_best({2, 3, {0, 5, 3, 4, -1, 0, 7, 0}, {2, 0}}, {3, 1, 0}, {1, 0.6F, 0});
  expect_best({1, 2, {-3, 4, 5}, {2, -2}}, {1, 2, 0, 1}, {1, 1, 1, -1});
}

TEST_P(EverySolver, GivesEqualScoresToTheLowestIndex) {
  expect_best({2, 3, {0, 1, 1, 0, 1, 0, 1, 0, 1, 0}, {1, 0}}, {1, 2, 3}, {1, 1, 1});
}

TEST_P(EverySolver, ScoresZeroRowsZero) {
  expect_best({2, 4, {-1, 0, 0, 0, 1, 0, 0, 0}, {1, 0, 0, 0}}, {2, 1, 3, 0, 0, 1, 2, 3},
              {1, 0, 0, -1, 0, 0, 0, 0});
  expect_best({1, 3, {-0.0F, 1, 0, -1}, {-1, -0.0F}}, {3, 0, 2, 0, 1, 2}, {1, 0, 0, 0, 0, 0});
}

TEST_P(EverySolver, RanksNanLast) {
  expect_best({2, 5, {nan, 1, 1, 0, infinity, 1, -1, 0, 0, 0}, {1, 0, 0, 0, 0, nan, infinity, 0}},
              {1, 4, 3, 0, 2, 1, 3, 4, 0, 2, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4},
              {1, 0, -1, nan, nan, 0, 0, 0, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan});
}

TEST_P(EverySolver, KeepsAllMagnitudesApart) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  expect_best({2, 4, {3e30F, 4e30F, 7e-30F, -24e-30F, 4 * tiny, 3 * tiny, 3e38F, 0}, {1e30F, 0, 0, tiny}},
              {3, 2, 0, 1, 0, 2, 3, 1}, {1, 0.8F, 0.6F, 0.28F, 0.8F, 0.6F, 0, -0.96F});
}

TEST_P(EverySolver, AgreesWithTheOracleAtTheEdgesOfTiles) {
  for (const Index corpus : {1, 31, 127, 128, 129, 256, 300})
    for (const Index queries : {1, 7})
      expect_right(Inputs(Shape{{corpus, queries, 17, std::min<Index>(corpus, 3)}}));
  for (const Index queries : {127, 128, 129}) expect_right(Inputs(Shape{{140, queries, 5, 3}}));
  for (const Index dim : {1, 2, 3, 4, 7, 8, 9, 12, 16, 33, 100, 257})
    expect_right(Inputs(Shape{{150, 20, dim, 3}}));
  expect_right(Inputs(Shape{{3, 2, 2100, 2}}));  // a block for each row
}

TEST_P(EverySolver, KeepsAnyNumberOfBestRows) {
  for (const Index k : {1, 3, 4, 5, 16, 17, 31, 32}) expect_right(Inputs(Shape{{270, 3, 6, k}}));
  expect_right(Inputs(Shape{{32, 3, 6, 32}}));
}

TEST_P(EverySolver, AgreesWithTheOracleOnHostileFills) {
  bool many = false;
  for (const test::Fill& fill : test::fills) {
    SCOPED_TRACE(fill.name);
    const Index k = (many = !many) ? 32 : 3;
    const test::Given given(similarity_problem(), Shape{{150, 5, 11, k}}, Type::f32, fill);
    const auto values = [&](std::size_t operand) {
      const std::span<float> all = vector<float>(given.in.all()[operand]);
      return Values(all.begin(), all.end());
    };
    expect_right(Inputs(11, k, values(0), values(1)));
  }
}

/// Scores that rise with the index are the worst order for running lists: every row enters.
TEST_P(EverySolver, FindsTheLastRowsOfAscendingScores) {
  const Index corpus = 700;
  for (const Index k : {3, 32}) {
    Inputs inputs(Shape{{corpus, 4, 2, k}});
    for (Index c = 0; c < corpus; ++c) {
      const double angle = 1.5 * (1 - static_cast<double>(c) / corpus);
      inputs.row(c)[0] = static_cast<float>(std::cos(angle));
      inputs.row(c)[1] = static_cast<float>(std::sin(angle));
    }
    for (std::size_t q = 0; q < 4; ++q) {
      inputs.queries[2 * q] = 1;
      inputs.queries[2 * q + 1] = -0.1F * static_cast<float>(q);
    }
    Best out = solve(solver(), inputs);
    for (std::size_t q = 1; q < 4; ++q)
      for (std::size_t rank = 0; rank < 3; ++rank)
        EXPECT_EQ(out.index[static_cast<std::size_t>(k) * q + rank], corpus - 1 - static_cast<Index>(rank));
    expect_right(inputs, out);
  }
}

/// Copies of one row stand in whole tiles and at ragged edges: their scores must be equal to the last bit.
TEST_P(EverySolver, ScoresCopiesOfARowAlikeWhereverTheyStand) {
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

TEST_P(EverySolver, HandlesManyTiesAndManyNans) {
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

/// The wider loads need rows of 16 bytes' multiples that begin at such an address: pieces may not.
TEST_P(EverySolver, TakesRowsThatAreNotAligned) {
  for (const Index skew : {1, 2, 3}) {
    Inputs inputs(Shape{{200, 30, 8, 3}});
    const auto skewed = [&](const Values& values) {
      Values moved(static_cast<std::size_t>(skew), nan);
      moved.insert(moved.end(), values.begin(), values.end());
      return moved;
    };
    Values corpus = skewed(inputs.corpus), queries = skewed(inputs.queries);
    Best out(30, 3), state(30, 3);
    const auto state_arrays = state.arrays(), out_arrays = out.arrays();
    const HostArray in[] = {{corpus.data() + skew, Type::f32, {2, {200, 8}}},
                            {queries.data() + skew, Type::f32, {2, {30, 8}}}};
    run(solver(), {.in = in,
                   .state = state_arrays,
                   .out = out_arrays,
                   .workspace = {},
                   .shape = inputs.shape,
                   .whole = inputs.shape});
    EXPECT_TRUE(out.same_as(solve(solver(), inputs)));
  }
}

TEST_P(EverySolver, IsTheSameInAnyOrderOfExecution) {
  Inputs inputs(Shape{{300, 20, 10, 5}});
  const Best expected = solve(solver(), inputs);
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    shim::seed(seed);
    EXPECT_TRUE(solve(solver(), inputs).same_as(expected)) << "seed " << seed;
  }
}

TEST_P(EverySolver, IsRightOnDevicesOfAnySize) {
  Inputs inputs(Shape{{600, 5, 10, 5}});
  for (const int multiprocessors : {1, 132})
    for (const std::size_t cache : {std::size_t{1} << 10, std::size_t{50} << 20})
      expect_right(inputs, {.cache_bytes = cache, .multiprocessors = multiprocessors});
}

TEST(SimilarityShapes, ThatCannotBeTaken) {
  for (const DeviceSolver& solver : device_similarity_solvers()) {
    ASSERT_TRUE(solver.cannot);
    EXPECT_EQ(solver.cannot(Shape{{1'000'000, 1'000, 100, 32}}, Type::f32), "");
    EXPECT_NE(solver.cannot(Shape{{1'000'000, 1'000, 100, 33}}, Type::f32).find("k = 33"), std::string::npos);
    EXPECT_NE(solver.cannot(Shape{{Index{1} << 32, 1, 1, 3}}, Type::f32), "");
    EXPECT_NE(solver.cannot(Shape{{10, 1, (1 << 24) + 1, 3}}, Type::f32), "");
    Inputs inputs(Shape{{40, 2, 3, 33}});
    EXPECT_THROW(solve(solver, inputs), std::invalid_argument);
  }
}

TEST(SimilarityWorkspace, IsTheScoreMatrixOrBounded) {
  const Limits h200{.cache_bytes = std::size_t{60} << 20, .multiprocessors = 132};
  const auto bytes = [&](const char* name, const Shape& shape) {
    return workspace_bytes(device_solver_named(name), shape, Type::f32, h200);
  };
  constexpr std::size_t mib = std::size_t{1} << 20;
  const Shape wall{{100'000, 100'000, 1'000, 3}};
  EXPECT_GE(bytes("cublas-full", wall), std::size_t{40'000'000'000});  // 37.25 GiB of scores
  EXPECT_LE(bytes("cublas-full", wall), std::size_t{40'000'000'000} + 1100 * mib);
  for (const Shape& shape : {wall, Shape{{1'000'000, 1'000, 100, 3}}, Shape{{1'000'000, 1, 100, 3}},
                             Shape{{100'000, 100'000, 1'000, 32}}, Shape{{1'000, 1'000'000, 10, 32}}})
    EXPECT_LE(bytes("cublas-tiled", shape), 256 * mib) << shape[0] << " x " << shape[1];
  EXPECT_LE(bytes("cuda-fused", wall), 16 * mib);
  const Shape absurd{{Index{1} << 40, Index{1} << 40, 100, 3}};
  EXPECT_GE(bytes("cublas-full", absurd), std::numeric_limits<std::size_t>::max() - 255);
}

}  // namespace
}  // namespace crossover
