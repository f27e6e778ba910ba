// Numbers of threads that a profile knows of.
#pragma once

#include <string>
#include <vector>

#include "bench/model/profile.hpp"

namespace crossover {

/// Throws UsageError where one of `counts` (0: all of the profile's machine) is a number of threads that the
/// profile lacks for a CPU solver that it has with several: a comparison without that solver would have
/// another winner. `solvers`: names to look at; empty: all of the problem and type.
void check_threads(const Profile&, const Problem&, Type, const std::vector<std::string>& solvers,
                   const std::vector<int>& counts);

}  // namespace crossover
