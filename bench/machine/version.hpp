// What this program was built from; the build system says it to version.cpp alone.
#pragma once

#include <string>

namespace crossover {

/// As `git describe` has it; "unknown" outside a checkout.
std::string build_commit();

/// Of the host compiler, for the whole program, in the configuration that was built.
std::string build_flags();

/// "crossover 0.1.0 (commit 1a2b3c4, without CUDA)", and in a second line the processor that it was made for.
std::string version_text();

}  // namespace crossover
