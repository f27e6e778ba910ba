// How the rows of one group are named on the screen: no longer than is needed to tell them apart.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/rows/row.hpp"

namespace crossover {

/// A row of a backend that cannot run here at all: said once per run.
bool is_absence(const Row&);
/// The CPU row that the others are compared with.
bool is_baseline(const Row&);

/// "similarity corpus=1000 queries=100 dim=100 k=3 f32".
std::string group_title(const Row&);

/// Solver, with its threads where one row has several, backend and transfer mode where there are several.
std::vector<std::string> short_labels(std::span<const Row> rows);

/// "openmp (2 threads)", "cuda tiled (pinned)".
std::string long_label(const Row&);
std::string baseline_label(const Row&);

/// Half the interval of the call over its median: "3.1%", "?" where it says nothing (above 100 %), empty
/// where there is none.
std::string half_width_text(const Row&);

/// The lines below the table: what did not end well, the verdict, one-shot times, advice.
std::string render_endings(std::span<const Row> rows, int width);
std::string render_verdict(std::span<const Row> rows, int width);
std::string render_one_shots(std::span<const Row> rows, int width);
std::string render_warnings(std::span<const Row> rows, int width);
std::string render_published(const Row&, int width);

}  // namespace crossover
