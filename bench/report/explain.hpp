// `crossover explain`: what a row says, in sentences. Every number is one of the file's, or follows from some
// of one group by a formula of measuring.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "bench/plan/options.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

/// Every row under the title of its group, or only row number `only`, counted from 1 (0: every one). Rows
/// next to each other of which the same is to be said share a paragraph.
std::string render_explanations(std::span<const Row> rows, std::size_t only = 0, int width = 80);

/// The command. Throws CsvError, and UsageError where the file has no such row.
std::string explain_text(const Options&);

}  // namespace crossover
