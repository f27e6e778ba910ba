// `crossover find`: where two solvers change places along one size.
#pragma once

#include <string>
#include <vector>

#include "bench/crossing.hpp"
#include "bench/options.hpp"

namespace crossover {

/// "AXIS=LOW:HIGH" of the problem's axes, into vary, vary_from and vary_to. Throws UsageError.
void parse_vary(const std::string& text, Options&);

/// "A,B", each a solver's name, with its backend before a colon where several have one of that name. Throws
/// UsageError.
std::vector<std::string> parse_compare(const std::string& text, const Problem&);

/// What was found, in sentences: regimes, crossings with their intervals, the wall.
std::string render_findings(const CrossingFindings&, const std::string& title, const std::string& axis,
                            const std::string& a, const std::string& b, int width = 80);

/// A header and a record for each crossing, or one for a search that found none.
std::vector<std::vector<std::string>> crossing_records(const CrossingFindings&, const Options&,
                                                       const std::string& a, const std::string& b,
                                                       const std::string& label);

/// Measures, prints, writes --csv; the exit status. Throws UsageError and OutputError.
int find_command(const Options&);

}  // namespace crossover
