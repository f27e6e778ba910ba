// Options -> groups of cases. A group is one problem at one shape and type: its inputs are made once,
// and every solver reads the same bytes. A case is one solver with its threads and transfer mode.
#pragma once

#include <string>
#include <vector>

#include "bench/memory_limits.hpp"
#include "bench/options.hpp"
#include "bench/row.hpp"

namespace crossover {

struct Case {
  const Backend* backend;
  const SolverInfo* solver;  ///< null: the backend has none for this problem
  int threads = 1;
  std::string transfer;
};

struct Group {
  const Problem* problem;
  Shape shape;
  Type type;
  std::vector<Case> cases;
  double budget_s, timeout_s;
  std::string once_solver;  ///< past the wall: may take `once_timeout_s`, and is called once. (optional)
};

/// Bytes that a case needs, by arithmetic, and whether they fit.
struct Need {
  std::int64_t input_bytes = 0;  ///< of the group, in host memory
  Footprint own;
  std::size_t available_host_bytes = 0;
  std::string limit;  ///< which limit is the tightest
  bool fits = true;
  std::int64_t host_bytes() const {
    return input_bytes + static_cast<std::int64_t>(own.host_bytes + own.pinned_bytes);
  }
};

/// How long the one call of Group::once_solver may take.
inline constexpr double once_timeout_s = 600;

/// What a process needs besides its data: code, stacks, threads. Counted as slack before refusing.
inline constexpr std::size_t process_slack_bytes = std::size_t{32} << 20;

std::vector<Group> plan_groups(const Options&);
Need need_of(const Group&, const Case&, const MemoryLimits&, const Limits&);

/// The columns that are known before anything ran.
Row planned_row(const Options&, const Group&, const Case&);

/// For files and screens: "similarity corpus=1000 queries=100 dim=100 k=3 f32".
std::string title_of(const Problem&, const Shape&, Type);

}  // namespace crossover
