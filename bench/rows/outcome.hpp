// How a case ended: one table, from which names, the help and the dictionary of columns come.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace crossover {

/// Only `ok` carries a speed-up, and only `ok` can win.
enum class Outcome : std::uint8_t {
  ok,
  wrong,
  refused,
  out_of_memory,
  killed,
  too_slow,
  not_run,
  failed,
  unavailable,
};

struct OutcomeInfo {
  Outcome outcome;
  const char *name, *meaning;
};

/// In the order of the help.
std::span<const OutcomeInfo> outcome_table();

const char* name_of(Outcome);
std::optional<Outcome> outcome_named(std::string_view);

/// Whether it tells something of the solver: a measurement, a wall. What could not exist here, had no time or
/// failed tells nothing.
bool is_obtained(Outcome);

}  // namespace crossover
