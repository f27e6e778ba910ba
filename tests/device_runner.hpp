// Runs a solver on a device, pretended or real, through its execution.
#pragma once

#include "gpu/device_memory.hpp"
#include "gpu/execution.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {

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
  Case(const DeviceSolver& of, const char* transfer, Index size = 37, Type type = Type::f32,
       const Fill& fill = seeded_fill())
      : Case(of, transfer, small_shape(*find_problem(of.problem), size), type, fill) {}
  Case(const DeviceSolver& of, const char* transfer, const Shape& shape, Type type, const Fill& fill)
      : solver(of),
        given(*find_problem(of.problem), shape, type, fill),
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

/// What lies on the device before a call: written over, so that stale answers and writes outside show, or as
/// the allocation left it, so that a checker of memory knows what nobody has written.
enum class Before { poisoned, unwritten };

/// Opens, calls, checks against the oracle and closes, as the harness does; nothing escapes.
inline Ending run_case(Case& subject, Before before = Before::poisoned) {
  Ending ending;
  try {
    const auto execution = gpu::open_device(subject.task, subject.solver);
    run_steps(*execution, execution->opening(), ending.phase);
    ending.phase = Phase::call;
    if (before == Before::poisoned) execution->poison();
    for (const Step& step : execution->call()) step.run();
    execution->wait();
    ending.phase = Phase::verify;
    const Check check = subject.given.oracle()(execution->outputs());
    ending.what = check.what;
    if (check.ok && before == Before::poisoned) ending.what = execution->damage();
    if (!ending.what.empty()) ending.how = Ended::failed;
    run_steps(*execution, execution->closing(), ending.phase);
    if (const std::size_t kept = gpu::device_memory(subject.task.device).in_use_bytes(); kept != 0)
      ending = {Ended::failed, Phase::release, std::to_string(kept) + " bytes kept after release"};
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

}  // namespace crossover::test
