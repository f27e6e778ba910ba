#include <algorithm>
#include <cmath>

#include "bench/columns.hpp"
#include "bench/find.hpp"
#include "bench/format.hpp"

namespace crossover {
namespace {

std::string whole(double size) { return std::to_string(std::llround(size)); }

std::string winner(Faster faster, const std::string& a, const std::string& b) {
  switch (faster) {
    case Faster::a: return a;
    case Faster::b: return b;
    case Faster::tie: return "tie";
    case Faster::undecided: return "unclear";
  }
  return {};
}

std::string crossing_text(const Crossing& crossing, const std::string& axis, const std::string& a,
                          const std::string& b) {
  const std::string before = winner(crossing.before, a, b), after = winner(crossing.after, a, b);
  if (crossing.plateau)
    return before + " and " + after + " are equally fast from " + axis + " = " +
           std::to_string(crossing.plateau->first) + " to " + std::to_string(crossing.plateau->last) +
           ": below " + std::to_string(crossing.below) + " " + before + " is faster, from " +
           std::to_string(crossing.above) + " on " + after + ".";
  std::string text = "They change places at " + axis + " = " + whole(crossing.size) + " (" +
                     whole(crossing.interval.low) + " to " + whole(crossing.interval.high) + "): below, " +
                     before + " is faster, above, " + after + ".";
  if (crossing.slope != 0 && std::fabs(crossing.slope) < 0.2)
    text += " The curves nearly touch there: a tenth more or less of either moves it by " +
            format_percent(std::exp(0.1 / std::fabs(crossing.slope)) - 1) + ".";
  return text;
}

}  // namespace

std::string render_findings(const CrossingFindings& found, const std::string& title, const std::string& axis,
                            const std::string& a, const std::string& b, int width) {
  std::string text = wrapped(title + ", " + axis + " varied: " + a + " against " + b +
                                 ", calls from host memory to host memory",
                             width) +
                     "\n";
  TextTable table;
  std::vector<std::string> from, to, faster;
  for (const Regime& regime : found.regimes) {
    from.push_back(std::to_string(regime.first));
    to.push_back(std::to_string(regime.last));
    faster.push_back(winner(regime.faster, a, b));
  }
  table.add(axis + " from", from);
  table.add("to", to);
  table.add("faster", faster);
  text += table.text(width) + "\n";
  for (const Crossing& crossing : found.crossings)
    text += wrapped(crossing_text(crossing, axis, a, b), width);
  if (found.crossings.empty() && !found.regimes.empty()) {
    const auto won = std::ranges::find_if(found.regimes, [](const Regime& regime) {
      return regime.faster == Faster::a || regime.faster == Faster::b;
    });
    const std::string range = "from " + axis + " = " + std::to_string(found.regimes.front().first) + " to " +
                              std::to_string(found.last_size) + ".";
    text += wrapped(won == found.regimes.end() ? "No crossing: no difference was found " + range
                                               : "No crossing: " + winner(won->faster, a, b) +
                                                     " is faster wherever there is a difference, " + range,
                    width);
  }
  if (found.first_wall)
    text += wrapped(
        "The range ends before " + axis + " = " + std::to_string(*found.first_wall) + ": " + found.wall,
        width);
  return text + wrapped(std::to_string(found.runs) + " runs of each at " + std::to_string(found.sizes) +
                            " sizes; intervals hold at 99 %.",
                        width);
}

std::vector<std::vector<std::string>> crossing_records(const CrossingFindings& found, const Options& options,
                                                       const std::string& a, const std::string& b,
                                                       const std::string& label) {
  std::vector<std::vector<std::string>> records = {
      {"problem",     "type",         "axis",         "from",         "to",        "solver_a", "solver_b",
       "question",    "outcome",      "faster_below", "faster_above", "size",      "size_low", "size_high",
       "bracket_low", "bracket_high", "slope",        "runs",         "wall_size", "wall",     "label"}};
  const auto add = [&](const Crossing* crossing) {
    const auto number = [&](double value) { return crossing ? print_number(value) : std::string(); };
    records.push_back({options.problem->name,
                       name_of(options.types.front()),
                       options.problem->axes[static_cast<std::size_t>(options.vary)].name,
                       std::to_string(options.vary_from),
                       std::to_string(options.vary_to),
                       a,
                       b,
                       "call",
                       !crossing           ? "none"
                       : crossing->plateau ? "plateau"
                                           : "crossing",
                       crossing ? winner(crossing->before, a, b) : "",
                       crossing ? winner(crossing->after, a, b) : "",
                       number(crossing ? crossing->size : 0),
                       number(crossing ? crossing->interval.low : 0),
                       number(crossing ? crossing->interval.high : 0),
                       crossing ? std::to_string(crossing->below) : "",
                       crossing ? std::to_string(crossing->above) : "",
                       number(crossing ? crossing->slope : 0),
                       std::to_string(crossing ? crossing->runs : found.runs),
                       found.first_wall ? std::to_string(*found.first_wall) : "",
                       found.wall,
                       label});
  };
  for (const Crossing& crossing : found.crossings) add(&crossing);
  if (found.crossings.empty()) add(nullptr);
  // The sizes that stay as they are, one column each.
  std::vector<std::pair<std::string, std::string>> fixed;
  for (std::size_t axis = 0; axis < options.problem->axes.size(); ++axis)
    if (static_cast<int>(axis) != options.vary)
      fixed.emplace_back(options.problem->axes[axis].name, std::to_string(options.sizes[axis].front()));
  for (std::size_t i = 0; i < records.size(); ++i)
    for (const auto& [name, value] : fixed) records[i].push_back(i == 0 ? name : value);
  return records;
}

}  // namespace crossover
