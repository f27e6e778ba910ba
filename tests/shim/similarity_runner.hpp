// Runs a device's similarity solver where kernels run on the CPU: device memory is the test's own.
#pragma once

#include <cmath>

#include "gpu/cublas.hpp"
#include "gpu/solvers.hpp"
#include "tests/shim/shim.hpp"
#include "tests/similarity_cases.hpp"
#include "tests/solver_runner.hpp"

namespace crossover::similarity_cases {

inline std::vector<DeviceSolver> device_similarity_solvers() {
  std::vector<DeviceSolver> all = gpu::similarity_cublas_solvers();
  for (const DeviceSolver& solver : gpu::similarity_fused_solvers()) all.push_back(solver);
  return all;
}

inline DeviceSolver device_solver_named(std::string_view name) {
  for (const DeviceSolver& solver : device_similarity_solvers())
    if (solver.name == name) return solver;
  throw std::out_of_range("no such solver");
}

/// Small enough for several tiles, splits and blocks of queries at the sizes of tests.
inline constexpr Limits small_device{.cache_bytes = 64 << 10, .multiprocessors = 3};

inline std::vector<DeviceArray> on_device(std::span<const HostArray> arrays) {
  std::vector<DeviceArray> same;
  for (const HostArray& array : arrays) same.push_back({array.data, array.type, array.extents});
  return same;
}

/// A piece of host arrays, with exactly the workspace that was asked for, in front of a page nobody may
/// touch.
inline void run(const DeviceSolver& solver, const cpu::HostPiece& piece,
                const Limits& limits = small_device) {
  static gpu::Cublas cublas;
  DeviceContext context{.limits = limits, .cublas = solver.library ? &cublas : nullptr};
  std::size_t bytes = workspace_bytes(solver, piece.shape, Type::f32, limits);
  if (piece.longest != Shape{})
    bytes = std::max(bytes, workspace_bytes(solver, piece.longest, Type::f32, limits));
  const test::GuardedArray workspace(Type::f64, {1, {static_cast<Index>(bytes + 63) / 64 * 8, 1}});
  const auto in = on_device(piece.in), state = on_device(piece.state), out = on_device(piece.out);
  auto* const memory = static_cast<std::byte*>(workspace.array().data);
  solver.solve(context, {.in = in,
                         .state = state,
                         .out = out,
                         .workspace = {memory, bytes},
                         .shape = piece.shape,
                         .whole = piece.whole,
                         .longest = piece.longest,
                         .first = piece.first,
                         .start = piece.start,
                         .last = piece.last});
}

inline Best solve(const DeviceSolver& solver, Inputs& inputs, const Limits& limits = small_device) {
  const Index queries = inputs.shape[similarity::queries], k = inputs.shape[similarity::k];
  Best out(queries, k), state(queries, k);
  const auto in = inputs.arrays(), state_arrays = state.arrays(), out_arrays = out.arrays();
  run(solver,
      {.in = in,
       .state = state_arrays,
       .out = out_arrays,
       .workspace = {},
       .shape = inputs.shape,
       .whole = inputs.shape},
      limits);
  return out;
}

/// The rows [first, end) of `axis`, one of pieces that are no longer than the whole. `state` and `out` cover
/// the whole.
inline void solve_part(const DeviceSolver& solver, Inputs& inputs, int axis, Index first, Index end,
                       Best& state, Best& out, bool start, bool last) {
  const Problem& problem = similarity_problem();
  const auto in = inputs.arrays(), state_arrays = state.arrays(), out_arrays = out.arrays();
  const auto part = [&](const std::vector<Operand>& operands, std::span<const HostArray> arrays) {
    return cut(std::span(operands), arrays, axis, first, end - first);
  };
  const auto in_part = part(problem.in, in), state_part = part(problem.state, state_arrays),
             out_part = part(problem.out, out_arrays);
  Shape shape = inputs.shape;
  shape[axis] = end - first;
  run(solver, {.in = in_part,
               .state = state_part,
               .out = out_part,
               .workspace = {},
               .shape = shape,
               .whole = inputs.shape,
               .longest = inputs.shape,
               .first = first,
               .start = start,
               .last = last});
}

/// A fixture for each of the solvers named.
class SolverTest : public testing::TestWithParam<const char*> {
 protected:
  DeviceSolver solver() const { return device_solver_named(GetParam()); }

  void expect_right(Inputs& inputs, Best& out) {
    const Check result = check(inputs, out);
    EXPECT_TRUE(result.ok) << result.what;
    EXPECT_EQ(result.checked, result.of);
  }
  void expect_right(Inputs inputs, const Limits& limits = small_device) {
    SCOPED_TRACE(testing::Message() << "corpus " << inputs.shape[0] << " queries " << inputs.shape[1]
                                    << " dim " << inputs.shape[2] << " k " << inputs.shape[3]);
    Best out = solve(solver(), inputs, limits);
    expect_right(inputs, out);
  }
  void expect_best(Inputs inputs, const std::vector<Index>& index, const Values& score) {
    Best out = solve(solver(), inputs);
    EXPECT_EQ(out.index, index);
    for (std::size_t i = 0; i < score.size(); ++i)
      if (std::isnan(score[i]))
        EXPECT_TRUE(std::isnan(out.score[i])) << "rank " << i << " has score " << out.score[i];
      else
        EXPECT_NEAR(out.score[i], score[i], 3e-7F) << "rank " << i;
    expect_right(inputs, out);
  }
};

/// A solver's name as GoogleTest wants it.
inline std::string name_of_case(const testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace crossover::similarity_cases
