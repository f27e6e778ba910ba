// Every barrier of the kernels of similarity is needed: left out, it changes some result. To add a case: a
// shape in the list of its solver.
#include "tests/shim/barriers.hpp"
#include "tests/shim/similarity_runner.hpp"

namespace crossover {
namespace {

using namespace similarity_cases;

void expect_barriers_needed(const char* name, std::initializer_list<Shape> shapes, std::size_t least) {
  const DeviceSolver solver = device_solver_named(name);
  std::vector<Inputs> cases(shapes.begin(), shapes.end());
  std::vector<Best> expected;
  shim::forget();
  for (Inputs& inputs : cases) expected.push_back(solve(solver, inputs));
  test::expect_every_barrier_needed(least, 5, [&](std::uint64_t seed) {
    shim::seed(seed);
    try {
      for (std::size_t i = 0; i < cases.size(); ++i)
        if (!solve(solver, cases[i]).same_as(expected[i])) return true;
    } catch (const std::runtime_error&) {
      return true;  // the threads of a block lost each other
    }
    return false;
  });
}

/// Lists of 4 keys and of 32, full ones, so that a key too many falls into the next; rows that are aligned
/// and rows that are not; long rows.
TEST(SimilarityBarriers, OfTheFusedKernelAreAllNeeded) {
  expect_barriers_needed("cuda-fused",
                         {Shape{{900, 16, 12, 4}}, Shape{{900, 16, 10, 4}}, Shape{{900, 16, 12, 32}},
                          Shape{{900, 16, 10, 32}}, Shape{{30, 3, 2100, 3}}},
                         14);
}

TEST(SimilarityBarriers, OfTheOthersAreAllNeeded) {
  expect_barriers_needed("cublas-tiled", {Shape{{300, 16, 10, 4}}, Shape{{30, 3, 2100, 3}}}, 2);
}

}  // namespace
}  // namespace crossover
