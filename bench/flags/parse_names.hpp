// Names and numbers as typed, checked against what there is. Every function throws UsageError with a sentence
// that quotes the text, and with the nearest names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/plan/options.hpp"

namespace crossover {

/// A whole number that may be 0.
Index parse_whole(const std::string& text);
Index parse_at_most(const std::string& text, Index most);

/// Of rows and files: letters, digits, - _ and .
std::string parse_label(const std::string& text);

/// A comma list of `known` names; `kind` is what they name, as in "cache state".
std::vector<std::string> parse_names(std::string_view kind, const std::string& text,
                                     const std::vector<std::string>& known);

std::vector<std::string> backend_names();

/// Transfer modes, or `all`: those of the backends that were built.
std::vector<std::string> parse_transfers(const std::string& text);

/// Solvers of the problem (null: of any) on the chosen backends. A backend that was asked for by name and
/// was not built has no table: then any name may be its, and becomes an `unavailable` row.
std::vector<std::string> parse_solvers(const std::string& text, const Options&);

}  // namespace crossover
