// Figures that others have published for the same work, on machines of theirs. Never part of a verdict.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/rows/row.hpp"

namespace crossover {

/// One line of results/published/lecture_figures.csv.
struct Published {
  std::string source, workload, parameters, system;
  Number seconds;      ///< empty where the run ended otherwise
  std::string result;  ///< a printed result, or how the run ended: killed, refused
  std::string note;
};

/// All of them, compiled into the program.
std::span<const Published> published_figures();

struct PublishedFor {
  const Published* figure;
  bool turned;  ///< it asks for the best queries of each corpus row
};

/// Those for the problem, type and sizes of `row`.
std::vector<PublishedFor> published_for(const Row& row);

/// The file as it was when the program was built.
std::string_view lecture_figures_csv();

}  // namespace crossover
