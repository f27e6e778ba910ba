// At a device's wall, where there is a device: with its memory taken, every solver's case ends as out of
// memory, and the next one runs. A program of its own that runs alone: it leaves nothing for others.
#include "tests/cuda/on_device.hpp"

namespace crossover::test {
namespace {

/// All memory of the device that can be had, in pieces.
std::vector<gpu::DeviceBuffer> take_everything(gpu::DeviceMemory& memory) {
  std::vector<gpu::DeviceBuffer> taken;
  for (std::size_t piece = std::size_t{1} << 40; piece >= 256; piece /= 2) try {
      for (;;) taken.push_back(memory.allocate(piece));
    } catch (const OutOfMemory&) {
    }
  return taken;
}

TEST(Wall, EndsEverySolverAsOutOfMemoryAndTheNextCaseRuns) {
  if (const std::string why = why_no_device(); !why.empty()) CROSSOVER_CANNOT_RUN(why);
  const Limits limits = device_limits();
  std::string absent;
  for (const DeviceSolver* solver : solvers_on_device()) {
    Case subject(*solver, "pageable", 1000, types_of(*find_problem(solver->problem), *solver).front()),
        next(*solver, "pageable", 33, types_of(*find_problem(solver->problem), *solver).front());
    subject.task.limits = next.task.limits = limits;
    const Ending before = run_case(next);
    if (before.how == Ended::unavailable) {
      absent = subject.text() + ": " + before.what;
      continue;
    }
    ASSERT_EQ(before.how, Ended::ok) << next.text() << ": " << before.what;
    gpu::DeviceMemory ballast;
    std::vector<gpu::DeviceBuffer> taken = take_everything(ballast);
    const Ending ending = run_case(subject);
    EXPECT_EQ(ending.how, Ended::out_of_memory) << subject.text() << ": " << ending.what;
    taken.clear();
    const Ending after = run_case(next);
    EXPECT_EQ(after.how, Ended::ok) << next.text() << ": " << after.what;
  }
  if (!absent.empty()) CROSSOVER_CANNOT_RUN(absent);
}

}  // namespace
}  // namespace crossover::test
