#include "bench/flags/parse_names.hpp"

#include <algorithm>

#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"
#include "bench/flags/sim_flags.hpp"
#include "bench/plan/sim_backend.hpp"

namespace crossover {
namespace {

/// `names`, and those that a backend has.
std::vector<std::string> transfer_names(std::vector<std::string> names = {}) {
  for (const Backend* backend : backends())
    for (const char* transfer : backend->transfers)
      if (std::find(names.begin(), names.end(), transfer) == names.end()) names.emplace_back(transfer);
  return names;
}

}  // namespace

Index parse_whole(const std::string& text) { return text == "0" ? 0 : parse_size(text); }

Index parse_at_most(const std::string& text, Index most) {
  const Index value = parse_whole(text);
  if (value > most) throw UsageError("'" + text + "' is more than " + std::to_string(most));
  return value;
}

std::string parse_label(const std::string& text) {
  const bool plain = !text.empty() && text.size() <= 64 && text.front() != '.' &&
                     std::all_of(text.begin(), text.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              c == '-' || c == '_' || c == '.';
                     });
  if (!plain) throw UsageError("'" + text + "' is no label: letters, digits, - _ and . only, as in emr-2c");
  return text;
}

std::vector<std::string> parse_names(std::string_view kind, const std::string& text,
                                     const std::vector<std::string>& known) {
  std::vector<std::string> names = parse_list(text);
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError(unknown(kind, name, known));
  return names;
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const Backend* backend : backends()) names.emplace_back(backend->name);
  names.emplace_back(sim_backend_name);
  return names;
}

std::vector<std::string> parse_transfers(const std::string& text) {
  // Modes that no backend has yet count as known: they become `unavailable` rows.
  std::vector<std::string> known =
      transfer_names({"none", "pageable", "pinned", "registered", "mapped", "overlapped", "all"});
  const std::vector<std::string> modes = parse_names("transfer mode", text, known);
  return std::find(modes.begin(), modes.end(), "all") != modes.end() ? transfer_names() : modes;
}

std::vector<std::string> parse_solvers(const std::string& text, const Options& options) {
  std::vector<std::string> known;
  bool any_name = false;
  for (const Backend* backend : backends()) {
    const bool asked =
        std::find(options.backends.begin(), options.backends.end(), backend->name) != options.backends.end();
    if (!options.backends.empty() && !asked) continue;
    any_name |= asked && backend->solvers.empty();
    for (const SolverInfo* solver : backend->solvers)
      if ((!options.problem || solver->problem == std::string_view(options.problem->name)) &&
          std::find(known.begin(), known.end(), solver->name) == known.end())
        known.emplace_back(solver->name);
  }
  if (options.simulated)
    for (const Backend* backend : options.simulated->backends())
      for (const SolverInfo* solver : backend->solvers)
        if (!options.problem || solver->problem == std::string_view(options.problem->name))
          known.emplace_back(solver->name);
  if (any_name) return parse_list(text);
  return parse_names(options.problem ? std::string(options.problem->name) + " solver" : "solver", text,
                     known);
}

}  // namespace crossover
