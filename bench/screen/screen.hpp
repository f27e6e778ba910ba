// What a person reads: tables for a terminal, units scaled, never wider than asked for. No colours.
#pragma once

#include <span>
#include <string>

#include "bench/rows/row.hpp"

namespace crossover {

struct Group;
struct Need;

struct ScreenOptions {
  int width = 80;
  bool published = true;  ///< other people's figures for the same work, named as what they are
};

/// One problem at one shape and type: phases, call, end to end, speed-ups, floors, reasons, verdict.
/// Rows of a backend that cannot run here are left to render_absences.
std::string render_group(std::span<const Row> rows, const ScreenOptions& = {});

/// One line per backend that could not run, with its reason; empty where every backend could.
std::string render_absences(std::span<const Row> rows, const ScreenOptions& = {});

/// For `crossover plan`: bytes of each case, and whether they fit; needs[i] is of group.cases[i].
std::string render_plan(const Group& group, std::span<const Need> needs, const ScreenOptions& = {});

}  // namespace crossover
