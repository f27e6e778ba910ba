// `crossover list`: what can be asked for, answered with, and read.
#pragma once

#include <string>
#include <string_view>

namespace crossover {

/// what: problems, solvers, columns or suites; empty: all of them. Throws UsageError for anything else.
std::string list_text(std::string_view what);

/// The dictionary of columns: the whole text of results/README.md.
std::string dictionary_markdown();

}  // namespace crossover
