// Every call into CUDA fails once, at every place, for every solver and transfer mode: the case ends as what
// it is (out of memory, failed, device lost), nothing leaks, no error stays behind, and the next case runs.
// To add a failure: plan it with fake::fail or fake::break_from and say how the case ends.
#include <new>

#include "gpu/check.hpp"
#include "tests/shim/device_cases.hpp"

namespace crossover::test {
namespace {

using fake::Call;

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
  Case next(subject.solver, subject.task.transfer.data());
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
    const Ending ending = run_case(subject);
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
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    int loud = 0, failed = 0;
    fail_each(solver, transfer, Call::any, cudaErrorInvalidValue, [&](const Ending& e, Case& subject) {
      EXPECT_TRUE(e.how == Ended::ok || e.how == Ended::failed) << subject.text() << ": " << e.what;
      failed += e.how == Ended::failed;
      expect_recovered(subject);
    });
    fake::start();
    Case subject(solver, transfer);
    run_case(subject);
    loud = loud_calls();
    EXPECT_EQ(failed, loud) << subject.text() << ": some failed call went unnoticed";
  });
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
    const Ending ending = run_case(subject);
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
  for_each_solver([](const DeviceSolver& solver, const char* transfer) {
    lose_at_every_call(solver, transfer, cudaErrorIllegalAddress);
  });
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

/// What a library inside a solver throws, and what CUDA has pending at that time.
struct Thrown {
  enum { bad_alloc, runtime_error } as;
  const char* what;
  cudaError_t pending, sticky;
  Ended becomes;
};

Thrown thrown;

struct NamedBadAlloc : std::bad_alloc {
  const char* what() const noexcept override { return thrown.what; }
};

void throw_from_library(DeviceContext&, const DevicePiece&) {
  if (thrown.sticky != cudaSuccess) fake::break_from(Call::launch, 1, thrown.sticky);
  if (thrown.pending != cudaSuccess) fake::fail(Call::launch, 1, thrown.pending);
  fake::launch();
  if (thrown.as == Thrown::bad_alloc) throw NamedBadAlloc();
  throw std::runtime_error(thrown.what);
}

TEST(WhatALibraryThrows, BecomesWhatCudaSaid) {
  constexpr auto none = cudaSuccess;
  constexpr Thrown cases[] = {
      {Thrown::bad_alloc, "std::bad_alloc: cudaErrorMemoryAllocation: out of memory", none, none,
       Ended::out_of_memory},
      {Thrown::runtime_error, "reduce failed: cudaErrorMemoryAllocation: out of memory", none, none,
       Ended::out_of_memory},
      {Thrown::bad_alloc, "std::bad_alloc: cudaErrorInsufficientDriver: CUDA driver version is insufficient",
       none, none, Ended::failed},
      {Thrown::bad_alloc, "std::bad_alloc: cudaErrorIllegalAddress: an illegal memory access", none, none,
       Ended::device_lost},
      {Thrown::bad_alloc, "std::bad_alloc", none, none, Ended::failed},
      {Thrown::bad_alloc, "std::bad_alloc: cudaErrorMemoryAllocation: out of memory", none,
       cudaErrorIllegalAddress, Ended::device_lost},
      {Thrown::runtime_error, "reduce failed: cudaErrorUnknown: unknown error", none, none,
       Ended::device_lost},
      {Thrown::runtime_error, "something else", cudaErrorMemoryAllocation, none, Ended::failed},
      {Thrown::runtime_error, "something else", none, cudaErrorLaunchFailure, Ended::device_lost},
  };
  DeviceSolver solver = pretend_solver<row_means_problem>();
  solver.solve = throw_from_library;
  for (const Thrown& each : cases) {
    thrown = each;
    fake::start();
    Case subject(solver, "pageable");
    const Ending ending = run_case(subject);
    EXPECT_EQ(ending.how, each.becomes) << each.what << " became: " << ending.what;
    EXPECT_NE(ending.what.find(each.what), std::string::npos) << ending.what;
    if (each.sticky == cudaSuccess) {
      EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess) << each.what;
    }
    expect_nothing_left(subject);
  }
}

void leave_an_error(DeviceContext& context, const DevicePiece& piece) {
  solve_as_kernel<row_means_problem>(context, piece);
  fake::fail(Call::launch, 1, cudaErrorInvalidValue);
  fake::launch();
}

TEST(AnErrorLeftBehind, IsBlamedOnTheSolverThatLeftIt) {
  fake::start();
  DeviceSolver solver = pretend_solver<row_means_problem>();
  solver.solve = leave_an_error;
  Case subject(solver, "pageable"), next(pretend_solver<row_means_problem>(), "pageable");
  const Ending ending = run_case(subject);
  EXPECT_EQ(ending.how, Ended::failed);
  EXPECT_EQ(ending.phase, Phase::call);
  EXPECT_EQ(run_case(next).how, Ended::ok);
}

}  // namespace
}  // namespace crossover::test
