#include "bench/rows/row.hpp"

namespace crossover {

bool is_same_case(const Row& a, const Row& b) {
  return a.source == b.source && a.problem == b.problem && a.type == b.type && a.backend == b.backend &&
         a.solver == b.solver && a.threads == b.threads && a.bind == b.bind && a.transfer == b.transfer &&
         a.cache == b.cache;
}

bool is_lack_of_time(std::string_view text) { return text.find(within_flag) != std::string_view::npos; }

std::string no_time_for(const std::string& what_ended) {
  return what_ended + "; that was all that " + std::string(within_flag) +
         " left for it (a longer one has more)";
}

bool is_cut_short(const Row& row) {
  return row.outcome == Outcome::not_run || is_lack_of_time(row.reason) || is_lack_of_time(row.warnings);
}

void upgrade(Row& row) {
  if (row.schema < 3 && row.outcome == Outcome::too_slow && is_cut_short(row)) row.outcome = Outcome::not_run;
  row.schema = schema_version;
}

}  // namespace crossover
