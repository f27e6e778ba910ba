#include <algorithm>

#include "bench/find.hpp"
#include "bench/sim_backend.hpp"
#include "bench/sizes.hpp"
#include "bench/suggest.hpp"

namespace crossover {

void parse_vary(const std::string& text, Options& options) {
  const std::size_t equals = text.find('='), colon = text.find(':');
  if (equals == std::string::npos || colon == std::string::npos || colon < equals)
    throw UsageError("'" + text + "' is no range: write AXIS=LOW:HIGH, as in " +
                     options.problem->axes[0].name + "=1:1e6");
  const std::string name = text.substr(0, equals);
  std::vector<std::string> names;
  for (const Axis& axis : options.problem->axes) names.emplace_back(axis.name);
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    throw UsageError(unknown(std::string("size of ") + options.problem->name, name, names));
  options.vary = static_cast<int>(found - names.begin());
  options.vary_from = parse_size(text.substr(equals + 1, colon - equals - 1));
  options.vary_to = parse_size(text.substr(colon + 1));
  if (options.vary_from >= options.vary_to)
    throw UsageError("'" + text + "' is an empty range: the first size must be below the last");
}

namespace {

/// The tables that a search may choose from: of the simulated machine, or of this build.
std::vector<const Backend*> tables(const Options& options) {
  if (options.simulated) return options.simulated->backends();
  return {backends().begin(), backends().end()};
}

}  // namespace

std::vector<std::string> parse_compare(const std::string& text, const Options& options) {
  const Problem& problem = *options.problem;
  const std::vector<std::string> two = parse_list(text);
  if (two.size() != 2) throw UsageError("'" + text + "': two different solvers, as in serial,openmp");
  for (const std::string& each : two) {
    const std::size_t colon = each.find(':');
    const std::string name = colon == std::string::npos ? each : each.substr(colon + 1);
    std::vector<std::string> known;
    bool is_known = false;
    for (const Backend* backend : tables(options)) {
      if (colon != std::string::npos && each.substr(0, colon) != backend->name) continue;
      for (const SolverInfo* solver : backend->solvers)
        if (solver->problem == std::string_view(problem.name)) known.emplace_back(solver->name);
      is_known = is_known || backend->find_solver(problem.name, name);
    }
    if (!is_known) throw UsageError(unknown(std::string(problem.name) + " solver", name, known));
  }
  return two;
}

}  // namespace crossover
