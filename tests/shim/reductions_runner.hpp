// Runs a device's reductions where kernels run on the CPU: device memory is the test's own.
#pragma once

#include "common/reductions.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/solvers.hpp"
#include "gpu/temporary_memory.hpp"
#include "tests/shim/shim.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {

/// Of every reduction: `cuda`, and Thrust's on OpenMP.
inline const std::vector<DeviceSolver>& device_reductions() {
  static const std::vector<DeviceSolver> all = [] {
    std::vector<DeviceSolver> list = gpu::reduction_solvers();
    for (const DeviceSolver& solver : gpu::reduction_thrust_solvers()) list.push_back(solver);
    return list;
  }();
  return all;
}

inline bool has_kernels_of_its_own(const SolverInfo& solver) {
  return std::string_view(solver.name) == "cuda";
}

/// Small enough for several tiles to a block at the sizes of tests.
inline constexpr Limits small_device{.multiprocessors = 2};

inline std::vector<DeviceArray> on_device(std::span<const HostArray> arrays) {
  std::vector<DeviceArray> same;
  for (const HostArray& array : arrays) same.push_back({array.data, array.type, array.extents});
  return same;
}

/// A piece of host arrays, with exactly the workspace that was asked for, in front of a page nobody may
/// touch.
inline void run(const DeviceSolver& solver, const cpu::HostPiece& piece, const Limits& limits = small_device,
                gpu::TemporaryMemory* temporary = nullptr) {
  gpu::TemporaryMemory own(gpu::device_memory(0));
  DeviceContext context{.limits = limits, .temporary = temporary ? temporary : &own};
  const std::size_t bytes = workspace_bytes(solver, piece.shape, piece.in[0].type, limits);
  const GuardedArray workspace(Type::f64, {1, {static_cast<Index>(bytes + 63) / 64 * 8, 1}});
  workspace.fill_bytes(0xA5);
  const auto in = on_device(piece.in), state = on_device(piece.state), out = on_device(piece.out);
  solver.solve(context, {.in = in,
                         .state = state,
                         .out = out,
                         .workspace = {static_cast<std::byte*>(workspace.array().data), bytes},
                         .shape = piece.shape,
                         .whole = piece.whole,
                         .first = piece.first,
                         .start = piece.start,
                         .last = piece.last});
}

/// State and output of one run, poisoned before.
struct Result {
  explicit Result(const Given& given)
      : state(given.problem.state, given.shape, given.type), out(given.problem.out, given.shape, given.type) {
    state.fill_bytes(0xFF);
    out.fill_bytes(0xFF);
  }
  std::string bytes() const {
    const HostArray& array = out.all()[0];
    return {static_cast<const char*>(array.data), array.bytes()};
  }
  double value() const {
    return with_type(out.all()[0].type,
                     [&]<class T>() { return static_cast<double>(vector<T>(out.all()[0])[0]); });
  }

  Arrays state, out;
};

/// Elements [first, end) of `given`.
inline void run_part(const Given& given, const DeviceSolver& solver, Index first, Index end,
                     const Result& result, bool start, bool last, const Limits& limits = small_device,
                     gpu::TemporaryMemory* temporary = nullptr) {
  const auto in = cut<Space::host>(given.problem.in, given.in.all(), reduction::n, first, end - first);
  run(solver,
      {.in = in,
       .state = result.state.all(),
       .out = result.out.all(),
       .workspace = {},
       .shape = Shape{{end - first}},
       .whole = given.shape,
       .first = first,
       .start = start,
       .last = last},
      limits, temporary);
}

inline void run_whole(const Given& given, const DeviceSolver& solver, const Result& result,
                      const Limits& limits = small_device, gpu::TemporaryMemory* temporary = nullptr) {
  run_part(given, solver, 0, given.shape[reduction::n], result, true, true, limits, temporary);
}

inline std::string text(const Given& given, const SolverInfo& solver) {
  return given.text() + ", " + solver.name;
}

/// Against the oracle: the output, and what the state that was left behind finishes to.
inline void expect_right(const Given& given, const SolverInfo& solver, const Result& result,
                         const Oracle& oracle) {
  const Check check = oracle(result.out.all());
  EXPECT_TRUE(check.ok) << text(given, solver) << ": " << check.what;
  const Result finished(given);
  given.problem.finish(given.shape, result.state.all(), finished.out.all());
  const Check of_state = oracle(finished.out.all());
  EXPECT_TRUE(of_state.ok) << "the state of " << text(given, solver) << ": " << of_state.what;
}

/// Calls body(solver, type) for every device reduction and each of its types.
template <class Body>
void for_each_reduction(Body body) {
  for (const DeviceSolver& solver : device_reductions())
    for (const Type type : types_of(*find_problem(solver.problem), solver)) body(solver, type);
}

}  // namespace crossover::test
