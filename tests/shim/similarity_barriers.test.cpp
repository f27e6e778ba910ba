// Every barrier of the kernels of similarity is needed: left out, it changes some result. To add a case: a
// shape in `cases`.
#include "tests/shim/similarity_runner.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

TEST(SimilarityBarriers, AreAllNeeded) {
  std::vector<Inputs> cases;
  cases.emplace_back(Shape{{150, 2, 20, 32}});
  cases.emplace_back(Shape{{900, 16, 2, 4}});
  cases.emplace_back(Shape{{30, 3, 2100, 3}});
  const std::vector<DeviceSolver> solvers = device_similarity_solvers();
  const auto answers = [&](std::size_t i) {
    std::vector<Best> all;
    for (const DeviceSolver& solver : solvers) all.push_back(solve(solver, cases[i]));
    return all;
  };
  shim::forget();
  std::vector<std::vector<Best>> expected;
  for (std::size_t i = 0; i < cases.size(); ++i) expected.push_back(answers(i));
  const std::vector<shim::Barrier> barriers = shim::barriers();
  EXPECT_GE(barriers.size(), 7U);
  for (const shim::Barrier& barrier : barriers) {
    const shim::Skipped skipped(barrier);
    const auto differs = [&](std::size_t i) {
      try {
        const std::vector<Best> found = answers(i);
        for (std::size_t solver = 0; solver < found.size(); ++solver)
          if (!found[solver].same_as(expected[i][solver])) return true;
      } catch (const std::runtime_error&) {
        return true;  // the threads of a block lost each other
      }
      return false;
    };
    bool noticed = false;
    for (std::uint64_t seed = 0; seed < 5 && !noticed; ++seed) {
      shim::seed(seed);
      for (std::size_t i = 0; i < cases.size() && !noticed; ++i) noticed = differs(i);
    }
    EXPECT_TRUE(noticed) << barrier.text();
  }
}

}  // namespace
}  // namespace crossover
