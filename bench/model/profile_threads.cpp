#include "bench/model/profile_threads.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "bench/base/usage_error.hpp"

namespace crossover {
namespace {

std::string list_of(const std::set<int>& counts) {
  std::string text;
  for (const int count : counts) text += (text.empty() ? "" : ", ") + std::to_string(count);
  return text;
}

}  // namespace

void check_threads(const Profile& profile, const Problem& problem, Type type,
                   const std::vector<std::string>& solvers, const std::vector<int>& counts) {
  std::map<std::string, std::set<int>> known;
  for (const SolverFigures& figures : profile.solvers)
    if (figures.problem == problem.name && figures.type == type && figures.backend == "cpu" &&
        !figures.points.empty() &&
        (solvers.empty() || std::ranges::find(solvers, figures.solver) != solvers.end()))
      known[figures.solver].insert(figures.threads);
  for (const auto& [solver, threads] : known)
    for (const int asked : counts) {
      const int count = asked == 0 ? profile.threads : asked;
      if (*threads.rbegin() == 1 || threads.contains(count)) continue;
      throw UsageError("--threads " + std::to_string(count) + ": the profile '" + profile.label + "' has " +
                       solver + " for " + problem.name + " " + name_of(type) + " with " + list_of(threads) +
                       ": take that, or leave " + solver + " out with --solver");
    }
}

}  // namespace crossover
