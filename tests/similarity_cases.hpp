// What the tests of similarity share: inputs from values or at random, outputs, a solver on a piece.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/similarity.hpp"
#include "cpu/solvers.hpp"
#include "tests/absence.hpp"

namespace crossover::similarity_cases {

using cpu::HostContext;
using cpu::HostSolver;
using Values = std::vector<float>;

inline constexpr float nan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float infinity = std::numeric_limits<float>::infinity();

struct Inputs {
  Shape shape;
  Values corpus, queries;

  Inputs(Index dim, Index k, Values corpus_values, Values query_values)
      : corpus(std::move(corpus_values)), queries(std::move(query_values)) {
    shape = {{static_cast<Index>(corpus.size()) / dim, static_cast<Index>(queries.size()) / dim, dim, k}};
  }
  /// Random ones.
  explicit Inputs(const Shape& of, std::uint64_t seed = 1)
      : shape(of),
        corpus(static_cast<std::size_t>(of[similarity::corpus] * of[similarity::dim])),
        queries(static_cast<std::size_t>(of[similarity::queries] * of[similarity::dim])) {
    const std::vector<HostArray> in = arrays();
    for (int i = 0; i < 2; ++i) similarity_problem().fill(in[static_cast<std::size_t>(i)], i, 0, seed);
  }

  std::vector<HostArray> arrays() {
    return {{corpus.data(), Type::f32, {2, {shape[similarity::corpus], shape[similarity::dim]}}},
            {queries.data(), Type::f32, {2, {shape[similarity::queries], shape[similarity::dim]}}}};
  }
  float* row(Index i) { return corpus.data() + i * shape[similarity::dim]; }
};

/// Four queries in two dimensions, whose scores rise with the index of the row: the worst order for running
/// lists, as every row enters.
inline Inputs with_ascending_scores(Index corpus, Index k) {
  Inputs inputs(Shape{{corpus, 4, 2, k}});
  for (Index c = 0; c < corpus; ++c) {
    const double angle = 1.5 * (1 - static_cast<double>(c) / static_cast<double>(corpus));
    inputs.row(c)[0] = static_cast<float>(std::cos(angle));
    inputs.row(c)[1] = static_cast<float>(std::sin(angle));
  }
  for (std::size_t q = 0; q < 4; ++q) {
    inputs.queries[2 * q] = 1;
    inputs.queries[2 * q + 1] = -0.1F * static_cast<float>(q);
  }
  return inputs;
}

/// Outputs or state of some queries, poisoned.
struct Best {
  std::vector<Index> index;
  Values score;
  Index k;

  Best(Index queries, Index k_best)
      : index(static_cast<std::size_t>(queries * k_best), -1), score(index.size(), nan), k(k_best) {}
  std::vector<HostArray> arrays() {
    const Extents extents{2, {static_cast<Index>(index.size()) / k, k}};
    return {{index.data(), Type::i64, extents}, {score.data(), Type::f32, extents}};
  }
  bool same_as(const Best& other) const {
    return index == other.index &&
           std::memcmp(score.data(), other.score.data(), score.size() * sizeof(float)) == 0;
  }
};

inline const HostSolver& solver_named(std::string_view name) {
  for (const HostSolver& solver : cpu::similarity_solvers())
    if (solver.name == name) return solver;
  throw std::out_of_range("no such solver");
}

/// Runs a piece with exactly the workspace that was asked for, and a guard behind it.
inline void run(const HostSolver& solver, cpu::HostPiece piece, int threads) {
  HostContext context{solver.threaded ? threads : 1, {}};
  context.limits.threads = context.threads;
  const std::size_t bytes = workspace_bytes(solver, piece.shape, Type::f32, context.limits);
  constexpr std::size_t guard = 64;
  std::vector<std::byte> memory(bytes + 2 * guard, std::byte{0xA5});
  const std::size_t skew = guard - reinterpret_cast<std::uintptr_t>(memory.data()) % guard;
  piece.workspace = {memory.data() + skew, bytes};
  solver.solve(context, piece);
  EXPECT_TRUE(std::all_of(memory.begin() + static_cast<std::ptrdiff_t>(skew + bytes), memory.end(),
                          [](std::byte value) { return value == std::byte{0xA5}; }))
      << solver.name << " wrote behind its workspace";
}

inline Best solve(const HostSolver& solver, Inputs& inputs, int threads = 2) {
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
      threads);
  return out;
}

inline Check check(Inputs& inputs, Best& out, double max_operations = 2e9) {
  const auto in = inputs.arrays();
  return similarity_problem().oracle(inputs.shape, Type::f32, in, max_operations)(out.arrays());
}

}  // namespace crossover::similarity_cases
