#include <algorithm>
#include <cmath>

#include "bench/base/format.hpp"
#include "bench/rows/columns.hpp"
#include "bench/search/find.hpp"

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
                          const std::string& b, const Question& question) {
  const std::string better = comparative_of(question);
  const std::string before = winner(crossing.before, a, b), after = winner(crossing.after, a, b);
  if (crossing.plateau)
    return before + " and " + after +
           (question.kind == Question::Kind::cost ? " cost the same" : " are equally fast") + " from " +
           axis + " = " + std::to_string(crossing.plateau->first) + " to " +
           std::to_string(crossing.plateau->last) + ": below " + std::to_string(crossing.below) + " " +
           before + " is " + better + ", from " + std::to_string(crossing.above) + " on " + after + ".";
  if (crossing.is_unclear && crossing.before == crossing.after)
    return "Between " + axis + " = " + std::to_string(crossing.below) + " and " +
           std::to_string(crossing.above) + " they are nearly equal and change places more than once; on " +
           "both sides " + before + " is " + better + ".";
  if (crossing.is_unclear)
    return "They change places somewhere between " + axis + " = " + std::to_string(crossing.below) +
           " (below, " + before + " is " + better + ") and " + std::to_string(crossing.above) + " (above, " +
           after + "): nearer to each other than these runs can tell; --most-runs allows more.";
  std::string text = "They change places at " + axis + " = " + whole(crossing.size) + " (" +
                     whole(crossing.interval.low) + " to " + whole(crossing.interval.high) + "): below, " +
                     before + " is " + better + ", above, " + after + ".";
  if (crossing.slope != 0 && std::fabs(crossing.slope) < 0.2)
    text += " The curves nearly touch there: a tenth more or less of either moves it by " +
            format_percent(std::exp(0.1 / std::fabs(crossing.slope)) - 1) + ".";
  return text;
}

/// Why nothing can be said, though no change was seen.
std::string unsettled_text(const CrossingFindings& found, const std::string& axis) {
  if (found.unseen > 0)
    return "The runs were spent before the range was seen: " + std::to_string(found.unseen) +
           " sizes of the grid were not looked at; --most-runs allows more.";
  return "No change was seen from " + axis + " = " + std::to_string(found.regimes.front().first) + " to " +
         std::to_string(found.last_size) +
         ", but where it is unclear which is faster there may be one: nearer to " +
         "each other than these runs can tell; --most-runs allows more.";
}

/// Why there is none, as far as regimes say it.
std::string no_crossing_text(const Searched& searched, const std::string& axis) {
  const CrossingFindings& found = searched.found;
  if (!is_settled(found)) return unsettled_text(found, axis);
  const auto won = std::ranges::find_if(found.regimes, [](const Regime& regime) {
    return regime.faster == Faster::a || regime.faster == Faster::b;
  });
  const std::string range = "from " + axis + " = " + std::to_string(found.regimes.front().first) + " to " +
                            std::to_string(found.last_size) + ".";
  return won == found.regimes.end()
             ? "No crossing: no difference was found " + range
             : "No crossing: " + winner(won->faster, searched.a, searched.b) + " is " +
                   comparative_of(searched.question) + " wherever there is a difference, " + range;
}

std::string wall_text(const CrossingFindings& found, const std::string& axis) {
  if (!found.first_wall) return {};
  return "The range ends before " + axis + " = " + std::to_string(*found.first_wall) + ": " + found.wall;
}

/// What the model itself warns of, at the ends of where it does.
std::string doubts_text(const std::map<Index, std::string>& doubts, const std::string& axis) {
  if (doubts.empty()) return {};
  const auto at = [&](const auto& doubt) {
    return "at " + axis + " = " + std::to_string(doubt.first) + ", " + doubt.second;
  };
  std::string text = "At " + std::to_string(doubts.size()) + (doubts.size() == 1 ? " size" : " sizes") +
                     " the model warns: " + at(*doubts.begin());
  if (doubts.size() > 1) text += "; " + at(*doubts.rbegin());
  return text + ".";
}

std::string disturbed_text(const Searched& searched) {
  if (searched.is_modelled) return {};
  const std::string shares = format_percent(searched.disturbed[0]) + " of the samples of " + searched.a +
                             " and " + format_percent(searched.disturbed[1]) + " of those of " + searched.b;
  if (searched.is_provisional())
    return " Provisional: other work disturbed " + shares + "; on an idle machine it may be otherwise.";
  return std::ranges::max(searched.disturbed) > 0 ? " Other work disturbed " + shares + "." : "";
}

/// What the search rests on, and what its intervals are worth.
std::string basis_text(const Searched& searched) {
  const CrossingFindings& found = searched.found;
  const std::string text = std::to_string(found.runs) + (searched.is_modelled ? " modelled runs" : " runs") +
                           " of each at " + std::to_string(found.sizes) + " sizes";
  if (found.crossings.empty()) return text + "." + disturbed_text(searched);
  if (searched.is_modelled)
    return text +
           "; the intervals are of the simulated noise: what the profile does not know is not in them.";
  return text + "; intervals are made for 99 %; of simulated searches " + format_percent(studied_coverage) +
         " and more held, " + format_percent(throttled_coverage) + " under throttling." +
         disturbed_text(searched);
}

std::string bound(double value) { return std::isfinite(value) ? print_number(value) : std::string(); }

/// Cells of a figure with its interval; what is infinite is `never` (uses) or empty.
void add_break_even(std::vector<std::string>& record, const std::optional<BreakEven>& found) {
  if (!found) return record.insert(record.end(), 7, ""), void();
  const auto uses = [](double value) { return std::isfinite(value) ? print_number(value) : "never"; };
  record.push_back(uses(found->uses));
  record.push_back(found->uses_interval ? uses(found->uses_interval->low) : "");
  record.push_back(found->uses_interval ? uses(found->uses_interval->high) : "");
  const bool moves = found->link_now_bytes_per_s > 0;
  record.push_back(moves ? bound(found->link_bytes_per_s) : "");
  record.push_back(moves && found->link_interval ? bound(found->link_interval->low) : "");
  record.push_back(moves && found->link_interval ? bound(found->link_interval->high) : "");
  record.push_back(moves ? bound(found->link_now_bytes_per_s) : "");
}

std::string outcome_of(const Searched& searched, const Crossing* crossing) {
  const bool is_known = crossing ? crossing->plateau || !crossing->is_unclear : is_settled(searched.found);
  if (!is_known) return "unclear";
  const std::string outcome = !crossing ? "none" : crossing->plateau ? "plateau" : "crossing";
  return searched.is_provisional() ? outcome + " (provisional)" : outcome;
}

}  // namespace

std::string render_findings(const Searched& searched, const std::string& axis, int width) {
  const CrossingFindings& found = searched.found;
  const std::string &a = searched.a, &b = searched.b;
  std::string text = wrapped(searched.title + ", " + axis + " varied: " + a + " against " + b + ", " +
                                 text_of(searched.question) + (searched.is_modelled ? ", modelled" : ""),
                             width) +
                     "\n";
  if (found.regimes.empty())
    return text + wrapped("No size of the range was measured. " + wall_text(found, axis), width);
  TextTable table;
  std::vector<std::string> from, to, faster;
  for (const Regime& regime : found.regimes) {
    from.push_back(std::to_string(regime.first));
    to.push_back(std::to_string(regime.last));
    faster.push_back(winner(regime.faster, a, b));
  }
  table.add(axis + " from", from);
  table.add("to", to);
  table.add(comparative_of(searched.question), faster);
  text += table.text(width) + "\n";
  for (const Crossing& crossing : found.crossings)
    text += wrapped(crossing_text(crossing, axis, a, b, searched.question), width);
  if (found.crossings.empty()) text += wrapped(no_crossing_text(searched, axis), width);
  if (found.first_wall) text += wrapped(wall_text(found, axis), width);
  if (searched.break_even)
    text += wrapped(
        "At " + axis + " = " + std::to_string(found.last_size) + ": " + break_even_text(*searched.break_even),
        width);
  if (!searched.doubts.empty()) text += wrapped(doubts_text(searched.doubts, axis), width);
  return text + wrapped(basis_text(searched), width);
}

std::vector<std::string> crossing_header(const Options& options) {
  std::vector<std::string> header = {"problem",
                                     "type",
                                     "axis",
                                     "from",
                                     "to",
                                     "solver_a",
                                     "solver_b",
                                     "question",
                                     "transfer",
                                     "source",
                                     "outcome",
                                     "faster_below",
                                     "faster_above",
                                     "size",
                                     "size_low",
                                     "size_high",
                                     "bracket_low",
                                     "bracket_high",
                                     "slope",
                                     "runs",
                                     "last_size",
                                     "wall_size",
                                     "wall",
                                     "breakeven_reuse",
                                     "breakeven_reuse_low",
                                     "breakeven_reuse_high",
                                     "breakeven_link_bytes_per_s",
                                     "breakeven_link_low_bytes_per_s",
                                     "breakeven_link_high_bytes_per_s",
                                     "link_bytes_per_s",
                                     "note",
                                     "label"};
  // The sizes that stay as they are, one column each.
  for (std::size_t axis = 0; axis < options.problem->axes.size(); ++axis)
    if (static_cast<int>(axis) != options.vary) header.emplace_back(options.problem->axes[axis].name);
  return header;
}

std::vector<std::vector<std::string>> crossing_records(const Searched& searched, const Options& options,
                                                       const std::string& label) {
  const CrossingFindings& found = searched.found;
  const std::string varied = options.problem->axes[static_cast<std::size_t>(options.vary)].name;
  std::vector<std::vector<std::string>> records;
  const auto add = [&](const Crossing* crossing) {
    const auto number = [&](double value) { return crossing ? print_number(value) : std::string(); };
    std::vector<std::string>& record = records.emplace_back();
    record = {options.problem->name,
              name_of(options.types.front()),
              varied,
              std::to_string(options.vary_from),
              std::to_string(options.vary_to),
              searched.a,
              searched.b,
              name_of(searched.question),
              searched.transfer,
              searched.is_modelled ? "modelled" : "measured",
              outcome_of(searched, crossing),
              crossing ? winner(crossing->before, searched.a, searched.b) : "",
              crossing ? winner(crossing->after, searched.a, searched.b) : "",
              number(crossing ? crossing->size : 0),
              number(crossing ? crossing->interval.low : 0),
              number(crossing ? crossing->interval.high : 0),
              crossing ? std::to_string(crossing->below) : "",
              crossing ? std::to_string(crossing->above) : "",
              number(crossing ? crossing->slope : 0),
              std::to_string(crossing ? crossing->runs : found.runs),
              found.last_size > 0 ? std::to_string(found.last_size) : "",
              found.first_wall ? std::to_string(*found.first_wall) : "",
              found.wall};
    add_break_even(record, searched.break_even);
    record.push_back(doubts_text(searched.doubts, varied));
    record.push_back(label);
    for (std::size_t axis = 0; axis < options.problem->axes.size(); ++axis)
      if (static_cast<int>(axis) != options.vary)
        record.push_back(std::to_string(options.sizes[axis].front()));
  };
  for (const Crossing& crossing : found.crossings) add(&crossing);
  if (found.crossings.empty()) add(nullptr);
  return records;
}

}  // namespace crossover
