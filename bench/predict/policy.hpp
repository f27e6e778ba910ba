// `crossover choose`: decisions that a profile allows, as tables that other programs carry with them.
//
// A table is of one problem and type: the shapes at which any solver was measured, as a grid, and for each
// solver what a call costs at each of them. Between them costs are interpolated in logarithms; where a corner
// of a cell was not calibrated nothing is said.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "bench/model/model.hpp"
#include "bench/plan/options.hpp"

namespace crossover {

/// Seconds of one call.
struct PolicyCost {
  double setup_s = 0;        ///< once, before the first call: allocate, pin, release
  double stationary_s = 0;   ///< upload of what stays where it is when the call is repeated
  double again_s = 0;        ///< the rest of the call
  double low = 1, high = 1;  ///< ends of the interval at 99 %, as factors
  /// By axis: how far, in logarithms, the interval's ends move away half-way to the next size.
  std::array<double, max_axes> doubt{};
};

struct PolicyCandidate {
  std::string backend, solver;
  int threads = 1;
  std::string transfer;                          ///< none for a host
  std::vector<std::optional<PolicyCost>> costs;  ///< by shape, the last axis fastest; empty: not known
};

struct PolicyTable {
  const Problem* problem;
  Type type;
  std::vector<std::vector<Index>> sizes;  ///< of each axis, ascending
  std::vector<PolicyCandidate> candidates;
};

/// One for each problem and type of the profile. Solvers that are nowhere the fastest or the runner-up are
/// left out. Throws UsageError where the shapes are so scattered that the grid would be huge.
std::vector<PolicyTable> policy_tables(const Profile&);

/// A C++17 header without dependencies.
std::string policy_header(const Profile&, const std::vector<PolicyTable>&);
std::string policy_json(const Profile&, const std::vector<PolicyTable>&);

/// Throws UsageError where the name ends in neither .h, .hpp nor .json.
int choose_command(const Options&);

}  // namespace crossover
