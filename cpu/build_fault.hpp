// How the solvers were compiled, as far as their times depend on it.
#pragma once

#include <string>

namespace crossover::cpu {

/// "this build has no optimisation: its times mean nothing, ..."; empty in a build for measuring.
std::string build_fault();

/// The same of such a build, for tests.
std::string build_fault_text(bool optimised, bool assertions, bool sanitizers);

}  // namespace crossover::cpu
