// What a case needs of memory, by arithmetic, and what getting it and giving it back takes.
#pragma once

#include <optional>

#include "bench/model/model.hpp"

namespace crossover {

struct MemoryNeed {
  double host_bytes = 0;    ///< inputs included
  double device_bytes = 0;  ///< 0 for a host
  double own_bytes = 0;  ///< what the case itself allocates: outputs, workspace, on a device its inputs too
};

/// By the solver's own arithmetic where this build has it, else by the operands alone.
MemoryNeed memory_need(const Profile&, const ModelCase&);

/// Seconds of `allocate_s` or `release_s`, interpolated over the bytes that the case itself allocates; empty
/// where no point has any.
std::optional<Figure> memory_seconds(const Profile&, const ModelCase&, const SolverFigures&,
                                     Figure SolverPoint::*seconds);

}  // namespace crossover
