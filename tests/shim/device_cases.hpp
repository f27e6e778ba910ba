// What tests of the on-device execution on the pretend machine share: solvers, and what is left in the end.
#pragma once

#include "common/reductions.hpp"
#include "common/row_means.hpp"
#include "common/similarity.hpp"
#include "gpu/check.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/pinned_memory.hpp"
#include "gpu/transfer.hpp"
#include "tests/device_runner.hpp"
#include "tests/shim/fake_runtime.hpp"

namespace crossover::test {

inline std::vector<HostArray> as_host(std::span<const DeviceArray> arrays) {
  std::vector<HostArray> same;
  for (const DeviceArray& array : arrays) same.push_back({array.data, array.type, array.extents});
  return same;
}

/// The CPU's plain loop on the pretend device's memory, as if it were a kernel.
template <const Problem& (*problem)()>
void solve_as_kernel(DeviceContext& context, const DevicePiece& piece) {
  gpu::check(fake::launch(context.stream), "pretend kernel");
  const auto in = as_host(piece.in), state = as_host(piece.state), out = as_host(piece.out);
  cpu::HostContext host;
  cpu::find_host_solver(problem().name, "serial")
      ->solve(host, {.in = in,
                     .state = state,
                     .out = out,
                     .workspace = piece.workspace,
                     .shape = piece.shape,
                     .whole = piece.whole,
                     .first = piece.first,
                     .start = piece.start,
                     .last = piece.last});
}

template <const Problem& (*problem)()>
DeviceSolver pretend_solver() {
  const cpu::HostSolver& serial = *cpu::find_host_solver(problem().name, "serial");
  return {{.problem = problem().name,
           .name = "pretend",
           .strategy = "the CPU's plain loop",
           .threaded = false,
           .workspace = serial.workspace},
          solve_as_kernel<problem>};
}

/// Problems with one and several inputs, outputs and states, and with a workspace.
inline std::vector<DeviceSolver> pretend_solvers() {
  return {pretend_solver<row_means_problem>(), pretend_solver<similarity_problem>(),
          pretend_solver<argmax_problem>(), pretend_solver<dot_problem>(), pretend_solver<norm2_problem>()};
}

/// Those, and the whole table.
inline const std::vector<DeviceSolver>& solvers_under_test() {
  static const std::vector<DeviceSolver> all = [] {
    std::vector<DeviceSolver> list = pretend_solvers();
    for (const std::vector<DeviceSolver>& table : gpu::device_solvers())
      list.insert(list.end(), table.begin(), table.end());
    return list;
  }();
  return all;
}

/// Nothing is allocated any more, by anyone's count, and no call was wrong in itself.
inline void expect_nothing_left(const Case& subject) {
  EXPECT_EQ(fake::live(), fake::Live{}) << subject.text();
  EXPECT_EQ(gpu::device_memory(0).in_use_bytes(), 0U) << subject.text();
  EXPECT_EQ(gpu::pinned_memory().in_use_bytes(), 0U) << subject.text();
  EXPECT_EQ(subject.memory.in_use_bytes(), 0U) << subject.text();
}

/// Each of `solvers` with each transfer mode.
template <class Body>
void for_each(std::span<const DeviceSolver> solvers, Body body) {
  for (const DeviceSolver& solver : solvers)
    for (const gpu::Transfer& transfer : gpu::transfers()) body(solver, transfer.name);
}

template <class Body>
void for_each_solver(Body body) {
  for_each(solvers_under_test(), body);
}

}  // namespace crossover::test
