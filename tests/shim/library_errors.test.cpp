// What a library inside a solver throws becomes what CUDA said: a wall is told from a missing driver and from
// a lost device, though Thrust's std::bad_alloc stands for each of them. To add a case: a line in `cases`.
#include <new>

#include "tests/shim/device_cases.hpp"

namespace crossover::test {
namespace {

using fake::Call;

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
