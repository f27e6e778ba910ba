// What tests of the on-device execution share: solvers, tasks, and how a run of all steps ended.
#pragma once

#include "common/reductions.hpp"
#include "common/row_means.hpp"
#include "common/similarity.hpp"
#include "gpu/check.hpp"
#include "gpu/device_memory.hpp"
#include "gpu/execution.hpp"
#include "gpu/pinned_memory.hpp"
#include "gpu/transfer.hpp"
#include "tests/shim/fake_runtime.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {

inline std::vector<HostArray> as_host(std::span<const DeviceArray> arrays) {
  std::vector<HostArray> same;
  for (const DeviceArray& array : arrays) same.push_back({array.data, array.type, array.extents});
  return same;
}

/// The CPU's plain loop on the pretend device's memory, as if it were a kernel.
template <const Problem& (*problem)()>
void solve_as_kernel(DeviceContext&, const DevicePiece& piece) {
  gpu::check(fake::launch(), "pretend kernel");
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

/// Problems with one and several inputs, outputs and states, and with a workspace; then the whole table.
inline const std::vector<DeviceSolver>& solvers_under_test() {
  static const std::vector<DeviceSolver> all = [] {
    std::vector<DeviceSolver> list{pretend_solver<row_means_problem>(), pretend_solver<similarity_problem>(),
                                   pretend_solver<argmax_problem>(), pretend_solver<dot_problem>(),
                                   pretend_solver<norm2_problem>()};
    for (const std::vector<DeviceSolver>& table : gpu::device_solvers())
      list.insert(list.end(), table.begin(), table.end());
    return list;
  }();
  return all;
}

/// A shape whose outermost axis has `size`.
inline Shape small_shape(const Problem& problem, Index size) {
  Shape shape;
  for (std::size_t i = 0; i < problem.axes.size(); ++i)
    shape[static_cast<int>(i)] = i == 0                                    ? size
                                 : problem.axes[i].role == Role::parameter ? std::min<Index>(3, size)
                                                                           : size / 3 + 2;
  return shape;
}

inline const Fill& seeded_fill() {
  return *std::find_if(fills.begin(), fills.end(),
                       [](const Fill& fill) { return std::string_view(fill.name) == "seeded"; });
}

/// One case: inputs, the task, and the memory that it counts.
struct Case {
  Case(const DeviceSolver& of, const char* transfer, Index size = 37, Type type = Type::f32)
      : solver(of),
        given(*find_problem(of.problem), small_shape(*find_problem(of.problem), size), type, seeded_fill()),
        task{.problem = &given.problem,
             .solver = of.name,
             .shape = given.shape,
             .type = type,
             .transfer = transfer,
             .in = given.in.all(),
             .host_memory = &memory} {}

  std::string text() const { return given.text() + ", " + solver.name + ", " + std::string(task.transfer); }

  const DeviceSolver solver;
  Given given;
  HostMemory memory;
  Task task;
};

enum class Ended { ok, out_of_memory, unavailable, device_lost, failed };

struct Ending {
  Ended how = Ended::ok;
  Phase phase = Phase::startup;  ///< the last that began
  std::string what;
  std::size_t needed_bytes = 0, available_bytes = 0;
};

inline void run_steps(Execution& execution, const std::vector<Step>& steps, Phase& phase) {
  for (const Step& step : steps) {
    phase = step.phase;
    step.run();
    execution.wait();
  }
}

/// Opens, calls, checks against the oracle and closes, as the harness does; nothing escapes.
inline Ending run_case(Case& subject) {
  Ending ending;
  try {
    const auto execution = gpu::open_device(subject.task, subject.solver);
    run_steps(*execution, execution->opening(), ending.phase);
    ending.phase = Phase::call;
    execution->poison();
    for (const Step& step : execution->call()) step.run();
    execution->wait();
    ending.phase = Phase::verify;
    const Check check = subject.given.oracle()(execution->outputs());
    ending.what = check.ok ? execution->damage() : check.what;
    if (!ending.what.empty()) ending.how = Ended::failed;
    run_steps(*execution, execution->closing(), ending.phase);
  } catch (const OutOfMemory& error) {
    ending = {Ended::out_of_memory, ending.phase, error.what(), error.needed_bytes, error.available_bytes};
  } catch (const Unavailable& error) {
    ending = {Ended::unavailable, ending.phase, error.what()};
  } catch (const DeviceLost& error) {
    ending = {Ended::device_lost, ending.phase, error.what()};
  } catch (const std::exception& error) {
    ending = {Ended::failed, ending.phase, error.what()};
  }
  return ending;
}

/// Nothing is allocated any more, by anyone's count, and no call was wrong in itself.
inline void expect_nothing_left(const Case& subject) {
  EXPECT_EQ(fake::live(), fake::Live{}) << subject.text();
  EXPECT_EQ(gpu::device_memory(0).in_use_bytes(), 0U) << subject.text();
  EXPECT_EQ(gpu::pinned_memory().in_use_bytes(), 0U) << subject.text();
  EXPECT_EQ(subject.memory.in_use_bytes(), 0U) << subject.text();
}

/// Each solver under test with each transfer mode.
template <class Body>
void for_each_solver(Body body) {
  for (const DeviceSolver& solver : solvers_under_test())
    for (const gpu::Transfer& transfer : gpu::transfers()) body(solver, transfer.name);
}

}  // namespace crossover::test
