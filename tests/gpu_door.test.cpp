// The GPU's door, in a build with CUDA and in one without: the backend is there, says in a sentence why it
// cannot run, and opens nothing that it does not have. To add a case: ask cuda_backend() for what a caller
// may ask of any backend.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/backend.hpp"
#include "common/row_means.hpp"

namespace crossover {
namespace {

TEST(Backends, ListTheCpuFirstAndEachNameOnce) {
  ASSERT_GE(backends().size(), 2U);
  EXPECT_EQ(backends().front(), &cpu_backend());
  std::set<std::string> names;
  for (const Backend* backend : backends()) EXPECT_TRUE(names.insert(backend->name).second) << backend->name;
}

TEST(Backends, AreFoundByName) {
  EXPECT_EQ(find_backend("cpu"), &cpu_backend());
  EXPECT_EQ(find_backend("cuda"), &cuda_backend());
  EXPECT_EQ(find_backend("cud"), nullptr);
  EXPECT_EQ(find_backend(""), nullptr);
}

TEST(Backends, FindASolverByProblemAndName) {
  const SolverInfo* solver = cpu_backend().find_solver("row_means", "serial");
  ASSERT_NE(solver, nullptr);
  EXPECT_STREQ(solver->problem, "row_means");
  EXPECT_STREQ(solver->name, "serial");
  EXPECT_EQ(cpu_backend().find_solver("row_means", "seria"), nullptr);
  EXPECT_EQ(cpu_backend().find_solver("row_mean", "serial"), nullptr);
}

TEST(GpuDoor, IsCompleteInEveryBuild) {
  const Backend& cuda = cuda_backend();
  EXPECT_FALSE(cuda.transfers.empty());
  EXPECT_NE(cuda.unavailable, nullptr);
  EXPECT_NE(cuda.describe, nullptr);
  EXPECT_NE(cuda.startup, nullptr);
  EXPECT_NE(cuda.footprint, nullptr);
  EXPECT_NE(cuda.open, nullptr);
}

TEST(GpuDoor, GivesAReasonWhereNoDeviceAnswers) {
  const std::string why = cuda_backend().unavailable(0);
  if (cuda_backend().describe(0).total_bytes > 0) GTEST_SKIP() << "a GPU answers here";
  EXPECT_GT(why.size(), 20U) << "a sentence that says what to do";
  EXPECT_EQ(why.find('\n'), std::string::npos);
}

TEST(GpuDoor, GivesAReasonForADeviceThatCannotExist) {
  EXPECT_FALSE(cuda_backend().unavailable(-1).empty());
  EXPECT_FALSE(cuda_backend().unavailable(1'000'000).empty());
}

TEST(GpuDoor, RefusesASolverThatItDoesNotHave) {
  HostMemory memory;
  const Task task{.problem = &row_means_problem(),
                  .solver = "no such solver",
                  .shape = {{2, 2}},
                  .type = Type::f32,
                  .transfer = "pageable",
                  .in = {},
                  .host_memory = &memory};
  EXPECT_THROW(cuda_backend().open(task), std::invalid_argument);
  EXPECT_FALSE(cuda_backend().footprint(task).device_bytes.has_value()) << "not known, never 0";
}

}  // namespace
}  // namespace crossover
