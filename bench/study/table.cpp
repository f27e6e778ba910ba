#include <algorithm>

#include "bench/base/format.hpp"
#include "bench/rows/cell.hpp"
#include "bench/study/condition.hpp"

namespace crossover::study {
namespace {

double share(int part, int of) { return of > 0 ? static_cast<double>(part) / of : 0; }

/// Crossings of which the search said where they are.
int clear(const Outcome& found) { return found.crossings - found.unclear; }

std::string rounded(double value) { return format_significant(value); }

std::string median_cell(const std::vector<double>& values) {
  return values.empty() ? std::string() : rounded(median(values));
}

std::string share_cell(int part, int of) { return of > 0 ? print_number(share(part, of)) : std::string(); }

}  // namespace

std::vector<std::vector<std::string>> records_of(std::span<const Condition> conditions,
                                                 std::span<const Outcome> outcomes) {
  std::vector<std::vector<std::string>> records = {
      {"source",      "curve",        "slope",      "noise",       "correlation", "process",
       "spikes",      "drift",        "throttled",  "wall",        "low",         "high",
       "searches",    "right_number", "coverage",   "within_2pct", "unclear",     "half_width",
       "runs_median", "runs_most",    "false_wins", "rule_runs",   "rule_error",  "rule_none"}};
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const Condition& condition = conditions[i];
    const Outcome& found = outcomes[i];
    const Simulated what = condition.simulated(1);
    records.push_back({"modelled",
                       condition.curve,
                       print_number(condition.slope),
                       print_number(what.noise),
                       print_number(what.correlation),
                       print_number(what.process),
                       print_number(what.spikes),
                       print_number(what.drift),
                       what.throttled ? "true" : "false",
                       what.wall > 0 ? std::to_string(what.wall) : "",
                       std::to_string(condition.low),
                       std::to_string(condition.high),
                       std::to_string(found.searches),
                       share_cell(found.right, found.searches),
                       share_cell(found.covered, clear(found)),
                       share_cell(found.within, found.crossings),
                       share_cell(found.unclear, found.crossings),
                       median_cell(found.half_widths),
                       median_cell(found.runs),
                       print_number(*std::max_element(found.runs.begin(), found.runs.end())),
                       share_cell(condition.curve == "no difference" ? found.wins : 0,
                                  condition.curve == "no difference" ? found.sizes : 0),
                       std::to_string(found.rule_runs),
                       median_cell(found.rule_errors),
                       share_cell(found.rule_none, found.searches)});
  }
  return records;
}

std::string table_of(std::span<const Condition> conditions, std::span<const Outcome> outcomes, int width) {
  TextTable table;
  const auto add = [&](const char* header, auto&& cell) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < conditions.size(); ++i) cells.push_back(cell(conditions[i], outcomes[i]));
    table.add(header, std::move(cells));
  };
  add("crossings", [](const Condition& c, const Outcome&) {
    const Simulated what = c.simulated(1);
    return c.curve + (what.spikes > 0  ? ", spikes"
                      : what.drift > 0 ? ", drift"
                      : what.throttled ? ", throttled"
                                       : "");
  });
  add("slope", [](const Condition& c, const Outcome&) { return c.slope > 0 ? rounded(c.slope) : ""; });
  add("noise", [](const Condition& c, const Outcome&) { return format_percent(c.simulated(1).noise); });
  add("corr.", [](const Condition& c, const Outcome&) {
    return c.simulated(1).correlation > 0 ? print_number(c.simulated(1).correlation) : "";
  });
  add("process", [](const Condition& c, const Outcome&) {
    return c.simulated(1).process > 0 ? format_percent(c.simulated(1).process) : "";
  });
  add("right\nnumber",
      [](const Condition&, const Outcome& o) { return format_percent(share(o.right, o.searches)); });
  add("covered", [](const Condition&, const Outcome& o) {
    return clear(o) > 0 ? format_percent(share(o.covered, clear(o))) : "";
  });
  add("unclear", [](const Condition&, const Outcome& o) {
    return o.crossings > 0 ? format_percent(share(o.unclear, o.crossings)) : "";
  });
  add("half\nwidth", [](const Condition&, const Outcome& o) {
    return o.half_widths.empty() ? "" : format_percent(median(o.half_widths));
  });
  add("within\n2 %", [](const Condition&, const Outcome& o) {
    return o.crossings > 0 ? format_percent(share(o.within, o.crossings)) : "";
  });
  add("runs", [](const Condition&, const Outcome& o) { return median_cell(o.runs); });
  add("false\nwins", [](const Condition& c, const Outcome& o) {
    return c.curve == "no difference" ? format_percent(share(o.wins, o.sizes)) : "";
  });
  add("rule:\nruns", [](const Condition&, const Outcome& o) { return std::to_string(o.rule_runs); });
  add("rule:\noff by", [](const Condition&, const Outcome& o) {
    return o.rule_errors.empty() ? "" : format_percent(median(o.rule_errors));
  });
  return table.text(width);
}

}  // namespace crossover::study
