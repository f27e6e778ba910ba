#include "bench/flags/find_flags.hpp"

#include <algorithm>
#include <filesystem>

#include "bench/base/output_file.hpp"
#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"
#include "bench/flags/parse_names.hpp"
#include "bench/plan/sim_backend.hpp"

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

/// --walls of find.
void check_walls_file(const Options& options) {
  if (options.walls == options.csv) throw UsageError("--walls: a file of its own, not that of --csv");
  std::error_code unknown;
  if (!options.force && std::filesystem::is_regular_file(options.walls, unknown))
    throw UsageError("--walls: " + options.walls + " exists already; give another name, or --force");
  check_writable(options.walls);
}

/// With prices, cost is asked for too where nothing else is.
void set_questions(const Flags& flags, Options& options) {
  const Question cost{.kind = Question::Kind::cost};
  const bool priced = options.prices.cpu_per_s.value_or(0) > 0 && options.prices.gpu_per_s.value_or(0) > 0;
  if (!priced && (options.prices.cpu_per_s || options.prices.gpu_per_s))
    throw UsageError("--cpu-price and --gpu-price: find compares two costs: both are needed, above 0");
  if (priced) options.questions = {{}, cost};
  set(flags, "question", options.questions, parse_questions);
  const bool asked =
      std::ranges::any_of(options.questions, [&](const Question& q) { return q.kind == cost.kind; });
  if (asked && !priced)
    throw UsageError("--question cost: --cpu-price and --gpu-price are missing, as in 0.4/h");
}

constexpr Index fewest_runs = 8;  // for an interval at 99 %

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

void set_range(const Flags& flags, Options& options) {
  if (!flags.has("vary"))
    throw UsageError(std::string("--vary is missing: the size along which to search, as in --vary ") +
                     options.problem->axes[0].name + "=1:1e6");
  try {
    parse_vary(text_of(flags, "vary"), options);
  } catch (const UsageError& error) {
    throw UsageError(std::string("--vary: ") + error.what());
  }
  const char* const varied = options.problem->axes[static_cast<std::size_t>(options.vary)].name;
  if (flags.has(varied))
    throw UsageError(std::string("--") + varied + " is what --vary varies: leave it out");
  for (std::size_t axis = 0; axis < options.sizes.size(); ++axis)
    if (options.sizes[axis].size() != 1)
      throw UsageError(std::string("--") + options.problem->axes[axis].name +
                       ": one value; the sizes that are searched are those of --vary");
  if (options.types.size() != 1) throw UsageError("--type: one type at a time");
}

void set_search(const Flags& flags, Options& options) {
  set_range(flags, options);
  set(flags, "compare", options.compare,
      [&](const std::string& text) { return parse_compare(text, options); });
  set(flags, "most-runs", options.most_runs, [](const std::string& text) {
    const Index runs = parse_at_most(text, 1'000'000);
    if (runs < fewest_runs)
      throw UsageError("'" + text + "' runs are too few: one size alone takes " +
                       std::to_string(fewest_runs));
    return runs;
  });
  if (!flags.has("precision")) options.precision = 0.02;  // of a crossing
  if (options.threads.size() > 1) throw UsageError("--threads: one number; --compare has the two solvers");
  set_questions(flags, options);
  options.walls = text_of(flags, "walls");
  if (flags.has("walls")) check_walls_file(options);
  if (!options.backends.empty() && !(options.simulated && options.backends.size() == 1))
    throw UsageError("--backend: only sim, which stands in for both: --compare names the two solvers");
}

}  // namespace crossover
