// What the reductions on a device share, whatever the method: how a piece's result ends up in its state and
// its output, inside a kernel.
#pragma once

#include "common/reductions.hpp"
#include "gpu/context.hpp"

namespace crossover::gpu {

/// Where a result goes, as a kernel's parameter: joined with what the state holds unless `start`, then stored
/// there, and written to `out` where `last`.
struct Ending {
  void* state[3];
  void* out;
  double divisor;  ///< of the output: n for a mean, else 1
  Type out_type;
  bool start, last;
};

inline Ending ending_of(const DevicePiece& piece, bool mean = false) {
  Ending ending{{},
                piece.out[0].data,
                mean ? static_cast<double>(piece.whole[reduction::n]) : 1.0,
                piece.out[0].type,
                piece.start,
                piece.last};
  for (std::size_t i = 0; i < piece.state.size(); ++i) ending.state[i] = piece.state[i].data;
  return ending;
}

}  // namespace crossover::gpu
