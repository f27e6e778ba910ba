// For tests of solvers whose library may be missing: they are skipped, and the reason is shown.
#pragma once

#include <string>

#include "common/execution.hpp"
#include "cpu/libraries.hpp"

namespace crossover {

/// Why the solver cannot run here; empty where it can.
inline std::string absence(const SolverInfo& solver) {
  try {
    if (const cpu::Library* library = cpu::find_library(solver.library)) library->load();
  } catch (const Unavailable& absent) {
    return absent.what();
  }
  return {};
}

}  // namespace crossover
