#include "bench/rows/outcome.hpp"

#include <algorithm>
#include <array>

namespace crossover {

std::span<const OutcomeInfo> outcome_table() {
  static constexpr std::array table = {
      OutcomeInfo{Outcome::ok, "ok", "measured, and the result agrees with the oracle"},
      OutcomeInfo{Outcome::wrong, "wrong", "the result disagrees with the oracle: no speed-up, no win"},
      OutcomeInfo{Outcome::refused, "refused", "it would not fit into the memory that is free and allowed"},
      OutcomeInfo{Outcome::out_of_memory, "out_of_memory", "it was run, and an allocation failed"},
      OutcomeInfo{Outcome::killed, "killed", "its process was killed"},
      OutcomeInfo{Outcome::too_slow, "too_slow", "a forecast or the clock passed --timeout"},
      OutcomeInfo{Outcome::not_run, "not_run", "--within left no time for it: nothing is said of it"},
      OutcomeInfo{Outcome::failed, "failed", "any other error"},
      OutcomeInfo{Outcome::unavailable, "unavailable",
                  "this backend, solver or transfer mode cannot exist here"},
  };
  return table;
}

const char* name_of(Outcome outcome) {
  return std::ranges::find(outcome_table(), outcome, &OutcomeInfo::outcome)->name;
}

std::optional<Outcome> outcome_named(std::string_view name) {
  for (const OutcomeInfo& info : outcome_table())
    if (name == info.name) return info.outcome;
  return std::nullopt;
}

bool is_obtained(Outcome outcome) {
  return outcome != Outcome::unavailable && outcome != Outcome::not_run && outcome != Outcome::failed;
}

}  // namespace crossover
