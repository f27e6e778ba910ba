// Runs a device's solver where kernels run on the CPU, whole or in pieces, holds what it wrote against the
// problem's oracle, and shows that each of its barriers is needed.
#pragma once

#include <algorithm>

#include "gpu/context.hpp"
#include "tests/shim/barriers.hpp"
#include "tests/shim/surrounded.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::test {

/// Small, so that small shapes fill it.
inline constexpr Limits small_device{.cache_bytes = 64 << 10, .multiprocessors = 3};

enum class Cut {
  whole,
  in_turn,  ///< pieces one after the other; a fold's state is carried along
  apart,    ///< along a fold axis: a state of its own for each piece, merged on the host
};

struct DeviceCase {
  const DeviceSolver& solver;
  const Given& given;
  const Oracle& oracle;
  Cut cut = Cut::whole;
  int axis = 0;  ///< the one that is cut
  int cuts = 3;
  Limits limits = small_device;
  /// Library handles and the like; limits are set from `limits`. (optional)
  DeviceContext context{};

  std::string text() const { return given.text() + " by " + solver.name; }
};

inline std::vector<DeviceArray> as_device(std::span<const HostArray> arrays) {
  std::vector<DeviceArray> same;
  for (const HostArray& array : arrays) same.push_back({array.data, array.type, array.extents});
  return same;
}

/// The piece [first, end) along the case's axis; `state` and `out` are whole, and cut here. Returns what was
/// damaged, or nothing.
inline std::string solve_piece(const DeviceCase& subject, Index first, Index end,
                               const SurroundedArrays& state, const SurroundedArrays& out, bool start,
                               bool last) {
  const Given& given = subject.given;
  Shape shape = given.shape;
  shape[subject.axis] = end - first;
  const auto part = [&](const std::vector<Operand>& operands, std::span<const HostArray> arrays) {
    return as_device(cut<Space::host>(operands, arrays, subject.axis, first, end - first));
  };
  const auto in = part(given.problem.in, given.in.all()), state_part = part(given.problem.state, state.all()),
             out_part = part(given.problem.out, out.all());
  // The contract promises 64-byte alignment, no more.
  const Surrounded workspace(workspace_bytes(subject.solver, shape, given.type, subject.limits), 64);
  DeviceContext context = subject.context;
  context.limits = subject.limits;
  subject.solver.solve(context, {.in = in,
                                 .state = state_part,
                                 .out = out_part,
                                 .workspace = {workspace.data(), workspace.bytes()},
                                 .shape = shape,
                                 .whole = given.shape,
                                 .first = first,
                                 .start = start,
                                 .last = last});
  if (!workspace.intact()) return "wrote outside the workspace";
  if (!state.intact()) return "wrote outside a state";
  if (!out.intact()) return "wrote outside an output";
  return {};
}

/// What is wrong with the case when it is run with this seed; empty where nothing is.
inline std::string fault_of(const DeviceCase& subject, std::uint64_t seed) {
  const Given& given = subject.given;
  const Problem& problem = given.problem;
  const bool folds = problem.axes[static_cast<std::size_t>(subject.axis)].role == Role::fold;
  const SurroundedArrays state(problem.state, given.shape, given.type),
      out(problem.out, given.shape, given.type);
  std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
  shim::seed(seed);
  const std::vector<Index> bounds =
      random_cuts(given.shape[subject.axis], subject.cut == Cut::whole ? 0 : subject.cuts, random);
  try {
    if (subject.cut == Cut::apart) problem.identity(state.all());
    for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
      const bool last = i + 2 == bounds.size(), apart = subject.cut == Cut::apart;
      const SurroundedArrays own(problem.state, given.shape, given.type);
      const std::string damage = solve_piece(subject, bounds[i], bounds[i + 1], apart ? own : state, out,
                                             !folds || apart || i == 0, !folds || (last && !apart));
      if (!damage.empty()) return damage;
      if (folds && (!last || apart) && !out.untouched()) return "wrote an output before the last piece";
      if (apart) problem.merge(state.all(), own.all());
    }
    if (subject.cut == Cut::apart) problem.finish(given.shape, state.all(), out.all());
  } catch (const std::exception& error) {
    return error.what();
  }
  const Check check = subject.oracle(out.all());
  if (!check.ok) return check.what.empty() ? "wrong" : check.what;
  return check.checked == 0 ? "nothing was checked" : "";
}

inline void expect_right(const DeviceCase& subject, std::uint64_t seed) {
  EXPECT_EQ(fault_of(subject, seed), "") << subject.text() << ", seed " << seed;
}

/// Every barrier that these cases reach, at least `least`, is needed: without it some seed gives a wrong
/// answer in some case. Shared memory starts with what the last run left there: give cases of different data,
/// or what is read too early may be right by chance.
inline void expect_every_barrier_needed(std::span<const DeviceCase> cases, std::size_t least,
                                        std::uint64_t seeds = 20) {
  shim::forget();
  for (const DeviceCase& subject : cases)
    for (std::uint64_t seed = 0; seed < seeds; ++seed) expect_right(subject, seed);
  expect_every_barrier_needed(least, seeds, [&](std::uint64_t seed) {
    return std::ranges::any_of(cases,
                               [&](const DeviceCase& subject) { return !fault_of(subject, seed).empty(); });
  });
}

}  // namespace crossover::test
