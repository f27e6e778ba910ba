// The flags of a search along one size (find, wall). Every function throws UsageError.
#pragma once

#include <string>
#include <vector>

#include "bench/flags/flags.hpp"

namespace crossover {

/// "AXIS=LOW:HIGH" of the problem's axes, into vary, vary_from and vary_to. Throws UsageError.
void parse_vary(const std::string& text, Options&);

/// "A,B", each a solver's name, with its backend before a colon where several have one of that name. Throws
/// UsageError.
std::vector<std::string> parse_compare(const std::string& text, const Options&);

/// --vary: one size of the problem over a range, everything else once.
void set_range(const Flags&, Options&);

/// Of `find`: the range, the two solvers, the questions, the walls.
void set_search(const Flags&, Options&);

}  // namespace crossover
