#pragma once

#include <string>

namespace crossover {

/// "crossover 0.1.0 (commit 1a2b3c4, without CUDA)".
std::string version_text();

}  // namespace crossover
