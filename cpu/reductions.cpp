// The reductions' table, and how a piece is dealt to threads.
#include "cpu/reductions.hpp"

#include <algorithm>

namespace crossover::cpu {
namespace {

constexpr std::size_t state_slot_bytes = 8, slots_bytes = 64;  // a cache line for each thread's state

/// Where part `part` of `parts` begins: at a block's boundary.
Index part_begin(Index count, Index parts, Index part) {
  const Index blocks = (count + PairwiseSum::block_length - 1) / PairwiseSum::block_length;
  return std::min(count, blocks * part / parts * PairwiseSum::block_length);
}

}  // namespace

std::size_t fold_workspace(const Shape&, Type, const Limits& limits) {
  return static_cast<std::size_t>(limits.threads) * slots_bytes;
}

void fold_parts(const Problem& problem, PartFunction reduce, Index smallest_part, HostContext& context,
                const HostPiece& piece) {
  const Index count = piece.shape[reduction::n];
  const Index parts = std::clamp<Index>(count / smallest_part, 1, context.threads);
  const auto state_of = [&](Index part) {
    std::array<HostArray, 3> state;
    for (std::size_t i = 0; i < piece.state.size(); ++i) {
      state[i] = piece.state[i];
      state[i].data =
          piece.workspace.data() + static_cast<std::size_t>(part) * slots_bytes + i * state_slot_bytes;
    }
    return state;
  };
  const auto reduce_part = [&](Index part) {
    const Index begin = part_begin(count, parts, part), end = part_begin(count, parts, part + 1);
    std::array<HostArray, 2> in;
    for (std::size_t i = 0; i < piece.in.size(); ++i) in[i] = piece.in[i].slice(begin, end - begin);
    reduce({in.data(), piece.in.size()}, piece.first + begin, {state_of(part).data(), piece.state.size()});
  };
  if (parts == 1) {
    reduce_part(0);
  } else {
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(parts))
    for (Index part = 0; part < parts; ++part) reduce_part(part);
  }
  if (piece.start) problem.identity(piece.state);
  for (Index part = 0; part < parts; ++part)
    problem.merge(piece.state, {state_of(part).data(), piece.state.size()});
  if (piece.last) problem.finish(piece.whole, piece.state, piece.out);
}

std::span<const HostSolver> reduction_solvers() {
  static const std::vector<HostSolver> solvers = [] {
    std::vector<HostSolver> all;
    for (const auto& rows : {serial_reductions(), eigen_reductions(), openmp_reductions()})
      all.insert(all.end(), rows.begin(), rows.end());
    return all;
  }();
  return solvers;
}

}  // namespace crossover::cpu
