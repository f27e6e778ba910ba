// The device's similarity solvers on the CPU, cuBLAS replaced by plain loops: held against results written
// out by hand, and against the oracle over ragged shapes and devices of any size. To add a case: give corpus
// and queries to expect_best, with the expected indices and scores of every query in turn.
#include "tests/shim/similarity_runner.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

class EverySolver : public SolverTest {};
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
  for (const Index k : {1, 3, 4, 5, 17, 31, 32}) expect_right(Inputs(Shape{{140, 3, 6, k}}));
  expect_right(Inputs(Shape{{32, 3, 6, 32}}));
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
