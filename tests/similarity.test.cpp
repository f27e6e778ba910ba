// The CPU's similarity solvers, held against results written out by hand, against the oracle, and against
// themselves in pieces and with other threads. To add a case: give corpus and queries to expect_best, with
// the expected indices and scores of every query in turn.
#include <algorithm>
#include <cmath>
#include <random>

#include "tests/similarity_cases.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

class EverySolver : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const std::string why = absence(solver()); !why.empty()) GTEST_SKIP() << why;
  }
  const HostSolver& solver() const { return solver_named(GetParam()); }

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
  void expect_right(Inputs& inputs, Best& out) {
    const Check result = check(inputs, out);
    EXPECT_TRUE(result.ok) << result.what;
    EXPECT_EQ(result.checked, result.of);
  }
};

INSTANTIATE_TEST_SUITE_P(Similarity, EverySolver,
                         testing::Values("serial", "eigen-full", "eigen-tiled", "blas-full", "blas-tiled",
                                         "onednn-tiled", "openmp-tiled"),
                         [](const auto& case_) {
                           std::string name = case_.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

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

TEST_P(EverySolver, ReturnsTheWholeCorpusInOrder) {
  Inputs inputs(Shape{{100, 9, 5, 100}});
  Best out = solve(solver(), inputs);
  expect_right(inputs, out);
  for (Index q = 0; q < 9; ++q) {
    std::vector<Index> seen(out.index.begin() + q * 100, out.index.begin() + (q + 1) * 100);
    std::ranges::sort(seen);
    for (Index i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  }
}

TEST_P(EverySolver, AgreesWithTheOracleAtRaggedSizes) {
  for (const Index dim : {1, 3, 15, 16, 17, 31, 33, 100, 255, 257, 600})
    for (const auto& [corpus, queries] :
         {std::pair<Index, Index>{1, 1}, {31, 1}, {33, 15}, {129, 14}, {1000, 29}}) {
      Inputs inputs(Shape{{corpus, queries, dim, std::min<Index>(corpus, 3)}});
      Best out = solve(solver(), inputs, 3);
      SCOPED_TRACE(testing::Message() << corpus << " x " << dim << ", " << queries);
      expect_right(inputs, out);
    }
}

TEST_P(EverySolver, FindsTheLastRowsOfAscendingScores) {
  const Index corpus = 3000;
  for (const Index k : {3, 700}) {
    Inputs inputs = with_ascending_scores(corpus, k);
    Best out = solve(solver(), inputs);
    for (std::size_t q = 1; q < 4; ++q)
      for (std::size_t rank = 0; rank < static_cast<std::size_t>(k); ++rank)
        EXPECT_EQ(out.index[static_cast<std::size_t>(k) * q + rank], corpus - 1 - static_cast<Index>(rank));
    expect_right(inputs, out);
  }
}

/// Copies of one row stand in whole tiles and at ragged edges: their scores must be equal to the last bit.
TEST_P(EverySolver, ScoresCopiesOfARowAlikeWhereverTheyStand) {
  for (const Index dim : {7, 100, 300}) {
    const Index corpus = 1037, queries = 37, k = 8;
    Inputs inputs(Shape{{corpus, queries, dim, k}});
    const std::vector<Index> copies{0, 17, 511, 512, 959, 960, 1023, 1036};
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
  for (const Index k : {5, 700}) {
    Inputs ties(Shape{{2000, 33, 20, k}});
    std::ranges::fill(ties.corpus, 1.0F);
    Best out = solve(solver(), ties);
    for (std::size_t i = 0; i < out.index.size(); ++i) EXPECT_EQ(out.index[i], static_cast<Index>(i) % k);
    expect_right(ties, out);
  }

  Inputs nans(Shape{{2000, 33, 20, 40}});
  for (Index c = 0; c < 2000; ++c)
    if (c % 97 != 5) nans.row(c)[c % 20] = c % 2 ? nan : infinity;
  Best out = solve(solver(), nans);
  expect_right(nans, out);
}

TEST_P(EverySolver, AnswersPiecesOfTheQueries) {
  Inputs inputs(Shape{{300, 100, 30, 4}});
  const Best whole = solve(solver(), inputs);
  Best out(100, 4), state(100, 4);
  const auto& problem = similarity_problem();
  const auto in = inputs.arrays(), state_arrays = state.arrays(), out_arrays = out.arrays();
  for (Index first = 0; first < 100;) {
    const Index count = std::min<Index>(100 - first, first == 0 ? 1 : 37);
    Shape shape = inputs.shape;
    shape[similarity::queries] = count;
    const auto part = [&](const std::vector<Operand>& operands, std::span<const HostArray> arrays) {
      return cut(std::span(operands), arrays, similarity::queries, first, count);
    };
    const auto in_part = part(problem.in, in), state_part = part(problem.state, state_arrays),
               out_part = part(problem.out, out_arrays);
    run(solver(),
        {.in = in_part,
         .state = state_part,
         .out = out_part,
         .workspace = {},
         .shape = shape,
         .whole = inputs.shape,
         .first = first},
        2);
    first += count;
  }
  EXPECT_TRUE(out.same_as(whole));
}

class FoldingSolver : public EverySolver {};
INSTANTIATE_TEST_SUITE_P(Similarity, FoldingSolver,
                         testing::Values("serial", "eigen-tiled", "blas-tiled", "onednn-tiled",
                                         "openmp-tiled"),
                         [](const auto& case_) {
                           std::string name = case_.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST_P(FoldingSolver, ContinuesOverPiecesOfTheCorpusAndMerges) {
  const auto& problem = similarity_problem();
  for (const Index k : {6, 150}) {
    const Index corpus = 700, queries = 41;
    Inputs inputs(Shape{{corpus, queries, 19, k}});
    for (Index c = 100; c < 200; ++c) std::copy_n(inputs.row(c - 100), 19, inputs.row(c + 400));  // ties
    const Best whole = solve(solver(), inputs);
    std::mt19937 random(7);
    for (int repeat = 0; repeat < 5; ++repeat) {
      Best continued(queries, k), state(queries, k), merged(queries, k), out(queries, k);
      problem.identity(merged.arrays());
      const auto in = inputs.arrays();
      for (Index first = 0; first < corpus;) {
        const Index count = std::min<Index>(corpus - first, 1 + static_cast<Index>(random() % 250));
        Shape shape = inputs.shape;
        shape[similarity::corpus] = count;
        const auto part =
            cut(std::span(problem.in), std::span<const HostArray>(in), similarity::corpus, first, count);
        Best own(queries, k), untouched(queries, k);
        const auto state_arrays = state.arrays(), out_arrays = continued.arrays(), own_arrays = own.arrays(),
                   untouched_arrays = untouched.arrays();
        run(solver(),
            {.in = part,
             .state = state_arrays,
             .out = out_arrays,
             .workspace = {},
             .shape = shape,
             .whole = inputs.shape,
             .first = first,
             .start = first == 0,
             .last = first + count == corpus},
            3);
        run(solver(),
            {.in = part,
             .state = own_arrays,
             .out = untouched_arrays,
             .workspace = {},
             .shape = shape,
             .whole = inputs.shape,
             .first = first,
             .start = true,
             .last = false},
            2);
        EXPECT_TRUE(untouched.same_as(Best(queries, k))) << "outputs were written before the last piece";
        problem.merge(merged.arrays(), own.arrays());
        first += count;
      }
      problem.finish(inputs.shape, merged.arrays(), out.arrays());
      EXPECT_TRUE(continued.same_as(whole));
      EXPECT_TRUE(out.same_as(whole));
    }
  }
}

TEST(OpenmpTiled, IsTheSameForAnyNumberOfThreads) {
  for (const Shape& shape : {Shape{{1000, 100, 100, 3}}, Shape{{5000, 3, 300, 3}}, Shape{{40, 2000, 33, 40}},
                             Shape{{700, 800, 100, 3}}}) {
    Inputs inputs(shape);
    const Best one = solve(solver_named("openmp-tiled"), inputs, 1);
    for (const int threads : {2, 3, 7, 33})
      EXPECT_TRUE(solve(solver_named("openmp-tiled"), inputs, threads).same_as(one)) << threads << " threads";
  }
}

TEST(OpenmpTiled, StaysWithin64MiBBesidesInputsAndOutputs) {
  const HostSolver& solver = solver_named("openmp-tiled");
  for (const Shape& shape : {Shape{{1'000, 100, 100, 3}}, Shape{{10'000, 1'000, 100, 3}},
                             Shape{{1'000'000, 1'000, 100, 3}}, Shape{{100'000, 1'000, 1'000, 3}},
                             Shape{{100'000, 10'000, 1'000, 3}}, Shape{{100'000, 100'000, 1'000, 3}},
                             Shape{{1'000, 10'000, 100, 3}}, Shape{{1'000, 100'000, 1'000, 3}}})
    for (int threads = 1; threads <= 64; ++threads)
      for (const std::size_t cache : {std::size_t{256} << 10, std::size_t{1} << 20, std::size_t{64} << 20}) {
        const auto state = static_cast<std::size_t>(bytes_of(similarity_problem().state, shape, Type::f32));
        const Limits limits{.threads = threads, .cache_bytes = cache};
        EXPECT_LE(workspace_bytes(solver, shape, Type::f32, limits) + state, std::size_t{64} << 20)
            << shape[0] << " x " << shape[2] << ", " << shape[1] << ", " << threads << " threads";
      }
}

TEST(FullProducts, AskForTheWholeScoreMatrix) {
  for (const char* name : {"eigen-full", "blas-full"}) {
    const Shape shape{{100'000, 100'000, 1'000, 3}};
    const std::size_t bytes = workspace_bytes(solver_named(name), shape, Type::f32, {});
    EXPECT_GE(static_cast<double>(bytes) / (1 << 30), 37.25 + 0.74);  // scores and both normalised copies
    EXPECT_LE(static_cast<double>(bytes) / (1 << 30), 38.1);
    const Shape absurd{{Index{1} << 40, Index{1} << 40, 100, 3}};
    EXPECT_EQ(workspace_bytes(solver_named(name), absurd, Type::f32, {}),
              std::numeric_limits<std::size_t>::max());
  }
}

}  // namespace
}  // namespace crossover
