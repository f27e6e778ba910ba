// Every call into CUDA fails once, at every place, for every solver and transfer mode: the case ends as what
// it is (out of memory, failed, device lost), nothing leaks, no error stays behind, and the next case runs.
// To add a failure: plan it with fake::fail or fake::break_from and say how the case ends.
#include <cstdio>
#include <map>

#include "gpu/check.hpp"
#include "tests/shim/device_cases.hpp"

namespace crossover::test {
namespace {

using fake::Call;

std::map<Ended, int> tally;

/// run_case(), counted.
Ending run_failing(Case& subject) {
  const Ending ending = run_case(subject);
  ++tally[ending.how];
  return ending;
}

/// Says, where the whole program is run, how many failures were planned and how they ended.
class Tally : public ::testing::Environment {
  void TearDown() override {
    const int quiet = tally[Ended::ok];
    int all = 0;
    for (const auto& [how, count] : tally) all += count;
    std::printf(
        "%d failures injected: %d out of memory, %d unavailable, %d device lost, %d failed, %d in calls "
        "that free, without effect\n",
        all, tally[Ended::out_of_memory], tally[Ended::unavailable], tally[Ended::device_lost],
        tally[Ended::failed], quiet);
  }
};
const auto* const the_tally = ::testing::AddGlobalTestEnvironment(new Tally);

/// Failures of these are kept to themselves: they happen where nothing can be thrown.
constexpr std::array quiet_calls = {Call::free, Call::host_free, Call::stream_destroy};

int loud_calls() {
  int count = fake::calls(Call::any) - fake::calls(Call::query);
  for (const Call call : quiet_calls) count -= fake::calls(call);
  return count;
}

/// What is left after a case that failed: nothing. And another one runs.
void expect_recovered(Case& subject) {
  expect_nothing_left(subject);
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess) << subject.text();
  Case next(pretend_solver<row_means_problem>(), subject.task.transfer.data());
  const Ending ending = run_case(next);
  EXPECT_EQ(ending.how, Ended::ok) << "the next case: " << ending.what;
  expect_nothing_left(next);
}

/// Runs the solver's case with the n-th call of this kind failing, for n = 1, 2, ... until none fails;
/// body(ending, subject) each time. Returns how many did.
template <class Body>
int fail_each(const DeviceSolver& solver, const char* transfer, Call call, cudaError_t status, Body body) {
  for (int nth = 1;; ++nth) {
    fake::start();
    Case subject(solver, transfer);
    fake::fail(call, nth, status);
    const Ending ending = run_case(subject);
    if (fake::calls(call) >= nth) ++tally[ending.how];
    if (fake::calls(call) < nth) {
      EXPECT_EQ(ending.how, Ended::ok) << subject.text() << ": " << ending.what;
      return nth - 1;
    }
    body(ending, subject);
    if (::testing::Test::HasFailure()) return nth;
  }
}

TEST(OutOfMemoryAt, EveryDeviceAllocation) {
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    const int failures = fail_each(
        solver, transfer, Call::malloc, cudaErrorMemoryAllocation, [](const Ending& e, Case& subject) {
          EXPECT_EQ(e.how, Ended::out_of_memory) << subject.text() << ": " << e.what;
          EXPECT_GT(e.available_bytes, 0U) << "the free bytes of the device";
          if (e.phase == Phase::allocate) {
            EXPECT_GT(e.needed_bytes, 0U);
          }
          expect_recovered(subject);
        });
    EXPECT_GE(failures, 2) << "inputs and outputs at least";
  });
}

TEST(OutOfMemoryAt, EveryPinnedAllocation) {
  const DeviceSolver solver = pretend_solver<similarity_problem>();
  const int failures = fail_each(solver, "pinned", Call::host_alloc, cudaErrorMemoryAllocation,
                                 [](const Ending& e, Case& subject) {
                                   EXPECT_EQ(e.how, Ended::out_of_memory) << e.what;
                                   EXPECT_EQ(e.phase, Phase::pin);
                                   EXPECT_GT(e.needed_bytes, 0U);
                                   EXPECT_NE(e.what.find("page-locked"), std::string::npos) << e.what;
                                   expect_recovered(subject);
                                 });
  EXPECT_EQ(failures, 4) << "two inputs, two results";
}

TEST(OutOfMemoryAt, TheBudgetOfTheDevice) {
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    if (solver.allocates) return;
    Case subject(solver, transfer);
    const std::size_t needed = *gpu::device_bytes(subject.task, solver);
    fake::start({.memory_bytes = needed - 1});
    const Ending ending = run_failing(subject);
    EXPECT_EQ(ending.how, Ended::out_of_memory) << subject.text() << ": " << ending.what;
    EXPECT_LT(ending.available_bytes, ending.needed_bytes);
    expect_nothing_left(subject);
    fake::start({.memory_bytes = needed});
    EXPECT_EQ(run_case(subject).how, Ended::ok) << subject.text();
  });
}

TEST(PinnedMemoryThatIsRefused, MakesTheModeUnavailable) {
  const DeviceSolver solver = pretend_solver<similarity_problem>();
  for (const cudaError_t status : {cudaErrorNotSupported, cudaErrorNotPermitted})
    fail_each(solver, "pinned", Call::host_alloc, status, [](const Ending& e, Case& subject) {
      EXPECT_EQ(e.how, Ended::unavailable) << e.what;
      EXPECT_NE(e.what.find("--transfer pageable"), std::string::npos) << e.what;
      expect_recovered(subject);
    });
}

TEST(AnErrorThatPasses, FailsTheCaseAtEveryCall) {
  for_each(pretend_solvers(), [](const DeviceSolver& solver, const char* transfer) {
    int failed = 0;
    fail_each(solver, transfer, Call::any, cudaErrorInvalidValue, [&](const Ending& e, Case& subject) {
      EXPECT_TRUE(e.how == Ended::ok || e.how == Ended::failed) << subject.text() << ": " << e.what;
      failed += e.how == Ended::failed;
      expect_recovered(subject);
    });
    fake::start();
    Case subject(solver, transfer);
    run_case(subject);
    EXPECT_EQ(failed, loud_calls()) << subject.text() << ": some failed call went unnoticed";
  });
}

/// Thrust runs on OpenMP threads here: a solver that is nothing else launches no kernel.
std::vector<DeviceSolver> solvers_that_launch() {
  std::vector<DeviceSolver> found;
  for (const DeviceSolver& solver : solvers_under_test()) {
    fake::start();
    Case subject(solver, "pageable");
    run_case(subject);
    if (fake::calls(Call::launch) > 0 || !solver.allocates) found.push_back(solver);
  }
  return found;
}

TEST(AnErrorThatPasses, FailsTheCaseAtEveryLaunch) {
  for (const DeviceSolver& solver : solvers_that_launch()) {
    const int failures = fail_each(solver, "pageable", Call::launch, cudaErrorInvalidValue,
                                   [](const Ending& e, Case& subject) {
                                     EXPECT_EQ(e.how, Ended::failed) << subject.text() << ": " << e.what;
                                     EXPECT_EQ(e.phase, Phase::call);
                                     expect_recovered(subject);
                                   });
    EXPECT_GT(failures, 0) << solver.problem << " " << solver.name;
  }
}

/// A device that falls away at the n-th call: the case says so unless it was over by then; nothing leaks; in
/// another process the next case runs.
void lose_at_every_call(const DeviceSolver& solver, const char* transfer, cudaError_t status) {
  fake::start();
  Case whole(solver, transfer);
  run_case(whole);
  const int calls = fake::calls(Call::any);
  int lost = 0, over = 0;
  for (int nth = 1; nth <= calls; ++nth) {
    fake::start();
    Case subject(solver, transfer);
    fake::break_from(Call::any, nth, status);
    const Ending ending = run_failing(subject);
    EXPECT_TRUE(ending.how == Ended::device_lost || ending.how == Ended::ok)
        << subject.text() << ", call " << nth << ": " << ending.what;
    (ending.how == Ended::device_lost ? lost : over) += 1;
    if (over > 0) {
      EXPECT_EQ(ending.how, Ended::ok) << "noticed at call " << nth << ", but not before";
    }
    expect_nothing_left(subject);
    fake::start();
    expect_recovered(subject);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(lost, over) << "only what frees at the end comes too late";
}

TEST(StickyError, LosesTheDeviceAtEveryCall) {
  for_each(pretend_solvers(), [](const DeviceSolver& solver, const char* transfer) {
    lose_at_every_call(solver, transfer, cudaErrorIllegalAddress);
  });
}

TEST(StickyError, LosesTheDeviceAtTheFirstLaunchOfEverySolver) {
  for (const DeviceSolver& solver : solvers_that_launch()) {
    fake::start();
    Case subject(solver, "pinned");
    fake::break_from(Call::launch, 1, cudaErrorIllegalAddress);
    const Ending ending = run_failing(subject);
    EXPECT_EQ(ending.how, Ended::device_lost) << subject.text() << ": " << ending.what;
    expect_nothing_left(subject);
  }
}

TEST(StickyError, MayBeOneOfTheDevice) {
  for (const cudaError_t status : {cudaErrorECCUncorrectable, cudaErrorLaunchFailure, cudaErrorUnknown})
    lose_at_every_call(pretend_solver<dot_problem>(), "pinned", status);
}

TEST(StickyError, OfOneCaseLeavesTheOthersClosable) {
  fake::start();
  const DeviceSolver solver = pretend_solver<row_means_problem>();
  Case first(solver, "pageable"), second(solver, "pinned");
  Phase phase{};
  {
    const auto one = gpu::open_device(first.task, solver), other = gpu::open_device(second.task, solver);
    for (Execution* execution : {one.get(), other.get()}) run_steps(*execution, execution->opening(), phase);
    fake::break_from(Call::launch, 1, cudaErrorIllegalAddress);
    EXPECT_THROW(run_steps(*one, one->call(), phase), DeviceLost);
    EXPECT_EQ(phase, Phase::compute);
    EXPECT_THROW(run_steps(*other, other->call(), phase), DeviceLost);
    EXPECT_THROW(run_steps(*other, other->closing(), phase), DeviceLost) << "and frees all the same";
    EXPECT_THROW(one->poison(), DeviceLost);
    EXPECT_THROW(one->damage(), DeviceLost);
  }
  expect_nothing_left(first);
  expect_nothing_left(second);
}

TEST(StickyError, SaysWhatToDo) {
  fake::start();
  Case subject(pretend_solver<row_means_problem>(), "pageable");
  fake::break_from(Call::launch, 1, cudaErrorIllegalAddress);
  const Ending ending = run_case(subject);
  EXPECT_NE(ending.what.find("cudaErrorIllegalAddress, 700"), std::string::npos) << ending.what;
  EXPECT_NE(ending.what.find("compute-sanitizer"), std::string::npos) << ending.what;
}

}  // namespace
}  // namespace crossover::test
