// On a device, where there is one: every solver of the cuda backend with every transfer mode, on every shape
// and fill below, whole and in pieces, agrees with its problem's oracle, writes nowhere else and takes the
// memory it announced; at the device's wall a case ends as out of memory and the next one runs. A new solver
// is found through the table; a shape is a line in `sizes`, a fill a line in tests/fills.hpp.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "gpu/availability.hpp"
#include "gpu/device.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/transfer.hpp"
#include "tests/device_runner.hpp"

namespace crossover::test {
namespace {

constexpr std::array<Index, 10> sizes = {1, 2, 31, 33, 257, 1000, 1025, 4099, 70'001, 1'000'003};

class OnDevice : public ::testing::TestWithParam<const DeviceSolver*> {
 protected:
  void SetUp() override {
    const gpu::Attempt found = gpu::attempt(0);
    if (const std::string why = gpu::reason(found); !why.empty()) GTEST_SKIP() << why;
    limits_ = gpu::describe(0).limits.value_or(Limits{});
  }
  const DeviceSolver& solver() const { return *GetParam(); }
  const Problem& problem() const { return *find_problem(solver().problem); }

  /// Shapes that would take the oracle long are left out.
  bool small_enough(Index size, Type type) const {
    const char* wanted = std::getenv("CROSSOVER_TEST_SIZES");  // checkers of memory and races are slow
    const double most = wanted && std::string_view(wanted) == "tiny" ? 3e5 : 1e8;
    return problem().work(small_shape(problem(), size), type).flops < most;
  }

  Limits limits_{};
};

TEST_P(OnDevice, AgreesWithTheOracle) {
  for (const Type type : types_of(problem(), solver()))
    for (const Index size : sizes)
      for (const Fill& fill : fills)
        for (const gpu::Transfer& transfer : gpu::transfers()) {
          if (!small_enough(size, type)) continue;
          Case subject(solver(), transfer.name, size, type, fill);
          subject.task.limits = limits_;
          gpu::device_memory(0).reset_peak();
          const Ending ending = run_case(subject);
          if (ending.how == Ended::unavailable) GTEST_SKIP() << ending.what;
          ASSERT_EQ(ending.how, Ended::ok) << subject.text() << ": " << ending.what;
          if (const auto announced = gpu::device_bytes(subject.task, solver())) {
            ASSERT_EQ(gpu::device_memory(0).peak_bytes(), *announced) << subject.text();
          }
          ASSERT_EQ(gpu::device_memory(0).in_use_bytes(), 0U) << subject.text();
        }
}

TEST_P(OnDevice, AgreesInPieces) {
  for (const Type type : types_of(problem(), solver()))
    for (const Index size : {33, 1000, 70'001})
      for (const int chunks : {2, 7, 33}) {
        if (!small_enough(size, type)) continue;
        Case subject(solver(), chunks == 7 ? "pinned" : "pageable", size, type);
        subject.task.limits = limits_;
        subject.task.chunks = chunks;
        gpu::device_memory(0).reset_peak();
        const Ending ending = run_case(subject);
        if (ending.how == Ended::unavailable) GTEST_SKIP() << ending.what;
        ASSERT_EQ(ending.how, Ended::ok) << subject.text() << " in " << chunks << ": " << ending.what;
        if (const auto announced = gpu::device_bytes(subject.task, solver())) {
          ASSERT_EQ(gpu::device_memory(0).peak_bytes(), *announced) << subject.text();
        }
      }
}

TEST_P(OnDevice, EndsAsOutOfMemoryAtTheWall) {
  Case subject(solver(), "pageable", 1000, types_of(problem(), solver()).front()),
      next(solver(), "pageable", 33);
  subject.task.limits = next.task.limits = limits_;
  if (run_case(next).how == Ended::unavailable) GTEST_SKIP() << "its library is not installed";
  gpu::DeviceMemory ballast;
  std::vector<gpu::DeviceBuffer> taken;
  for (std::size_t piece = std::size_t{1} << 40; piece >= 256; piece /= 2) try {
      for (;;) taken.push_back(ballast.allocate(piece));
    } catch (const OutOfMemory&) {
    }
  const Ending ending = run_case(subject);
  EXPECT_EQ(ending.how, Ended::out_of_memory) << ending.what;
  taken.clear();
  const Ending after = run_case(next);
  EXPECT_EQ(after.how, Ended::ok) << after.what;
}

/// One alone where there is no device: its skip says why for all.
std::vector<const DeviceSolver*> every_solver() {
  if (!gpu::reason(gpu::attempt(0)).empty()) return {&gpu::device_solvers().front().front()};
  std::vector<const DeviceSolver*> all;
  for (const std::vector<DeviceSolver>& list : gpu::device_solvers())
    for (const DeviceSolver& solver : list) all.push_back(&solver);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Solvers, OnDevice, ::testing::ValuesIn(every_solver()), [](const auto& each) {
  std::string name = std::string(each.param->problem) + "_" + each.param->name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace crossover::test
