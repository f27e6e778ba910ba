#include "bench/rows/row.hpp"

namespace crossover {

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::wrong: return "wrong";
    case Outcome::refused: return "refused";
    case Outcome::out_of_memory: return "out_of_memory";
    case Outcome::killed: return "killed";
    case Outcome::too_slow: return "too_slow";
    case Outcome::failed: return "failed";
    case Outcome::unavailable: break;
  }
  return "unavailable";
}

std::optional<Outcome> outcome_named(std::string_view name) {
  for (const Outcome outcome : {Outcome::ok, Outcome::wrong, Outcome::refused, Outcome::out_of_memory,
                                Outcome::killed, Outcome::too_slow, Outcome::failed, Outcome::unavailable})
    if (name == name_of(outcome)) return outcome;
  return std::nullopt;
}

bool is_same_case(const Row& a, const Row& b) {
  return a.source == b.source && a.problem == b.problem && a.type == b.type && a.backend == b.backend &&
         a.solver == b.solver && a.threads == b.threads && a.bind == b.bind && a.transfer == b.transfer &&
         a.cache == b.cache;
}

bool is_cut_short(const Row& row) {
  return row.reason.find(within_flag) != std::string::npos ||
         row.warnings.find(within_flag) != std::string::npos;
}

}  // namespace crossover
