// Names of rows, and the sentences below a table.
#include "bench/rows/screen_labels.hpp"

#include <algorithm>
#include <set>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/rows/naming.hpp"
#include "bench/rows/published.hpp"
#include "common/problem.hpp"

namespace crossover {
namespace {

std::string solver_of(const Row& row) { return row.solver.empty() ? "(no solver)" : row.solver; }

bool has_transfer(const Row& row) { return !row.transfer.empty() && row.transfer != "none"; }

std::vector<const Row*> ok_rows_by_call(std::span<const Row> rows) {
  std::vector<const Row*> ok;
  for (const Row& row : rows)
    if (row.outcome == Outcome::ok && row.call_s) ok.push_back(&row);
  std::ranges::stable_sort(ok, {}, [](const Row* row) { return *row->call_s; });
  return ok;
}

std::string timed(const Row& row) { return long_label(row) + ' ' + format_seconds(*row.call_s); }

/// "3.40x serial": against the baseline, or where the winner is the baseline, against what a beginner
/// writes, or else the runner-up.
std::string comparison(const Row& winner, const std::vector<const Row*>& ok) {
  if (winner.speedup_call && winner.backend != "cpu")
    return ", " + format_ratio(*winner.speedup_call) + ' ' + baseline_label(winner);
  const auto serial = std::ranges::find_if(ok, [](const Row* row) { return row->solver == "serial"; });
  const Row* other = serial != ok.end() && *serial != &winner ? *serial : nullptr;
  for (const Row* row : ok)
    if (other == nullptr && row != &winner) other = row;
  if (other == nullptr || *winner.call_s <= 0) return {};
  return ", " + format_ratio(*other->call_s / *winner.call_s) + ' ' + long_label(*other);
}

/// ", 3 samples", where they are too few for an interval.
std::string few_samples(const Row& row) {
  const std::int64_t samples = row.samples.value_or(0);
  if (row.call_low_s || samples < 1) return {};
  return ", " + std::to_string(samples) + (samples == 1 ? " sample" : " samples");
}

/// Of rows that nothing tells apart, the quickest first.
std::string several(const std::vector<const Row*>& members, const std::vector<const Row*>& ok) {
  std::string text;
  for (const Row* row : members)
    text += (text.empty() ? "" : row == members.back() ? " or " : ", ") + timed(*row);
  text += within_margin(members)
              ? " (within 3%)"
              : " (" + format_percent(*members.back()->call_s / *members.front()->call_s - 1) +
                    " apart, which may be noise)";
  if (members.size() == ok.size()) return text;
  const Row* other = nullptr;
  for (const Row* row : ok)
    if (std::ranges::find(members, row) == members.end() &&
        (!other || (other->solver != "serial" && row->solver == "serial")))
      other = row;
  if (*other->call_s < *members.back()->call_s) return text;  // excluded, but not by all of them
  const std::string least = format_ratio(*other->call_s / *members.back()->call_s);
  const bool alike = least == format_ratio(*other->call_s / *members.front()->call_s);
  return text + "; " + (members.size() == 2 ? "both " : "all ") + (alike ? "" : "at least ") + least + ' ' +
         long_label(*other);
}

/// Who might still win, and why that is not known.
std::string open_clause(const std::vector<const Row*>& open) {
  std::string unfinished, disturbed;
  for (const Row* row : open)
    if (row->outcome == Outcome::ok)
      disturbed += (disturbed.empty() ? "" : ", ") + long_label(*row);
    else
      unfinished += (unfinished.empty() ? "" : ", ") + long_label(*row) + " (" + name_of(row->outcome) + ")";
  if (!unfinished.empty()) unfinished = "no time for " + unfinished;
  if (!disturbed.empty()) disturbed += " may be faster: its samples were disturbed";
  return unfinished + (unfinished.empty() || disturbed.empty() ? "" : "; ") + disturbed;
}

}  // namespace

bool is_absence(const Row& row) { return row.outcome == Outcome::unavailable && row.device.empty(); }

bool is_baseline(const Row& row) {
  return row.backend == "cpu" && !row.baseline_solver.empty() && row.solver == row.baseline_solver &&
         row.threads == row.baseline_threads.value_or(row.threads);
}

std::string group_title(const Row& row) {
  std::string title = row.problem;
  std::set<std::string> named;
  const auto add = [&](const std::string& axis) {
    const auto size = row.sizes.find(axis);
    if (size != row.sizes.end() && named.insert(axis).second)
      title += ' ' + axis + '=' + std::to_string(size->second);
  };
  if (const Problem* problem = find_problem(row.problem))
    for (const Axis& axis : problem->axes) add(axis.name);
  for (const auto& [axis, size] : row.sizes) add(axis);
  return title + ' ' + row.type + (row.cache == "cold" ? ", cold caches" : "") +
         (row.bind.empty() ? "" : ", bound " + row.bind) + (row.source == "modelled" ? ", modelled" : "");
}

std::vector<std::string> short_labels(std::span<const Row> rows) {
  std::set<std::string> backends;
  std::set<std::pair<std::string, std::string>> transfers;
  bool threads = false;
  for (const Row& row : rows) {
    if (row.backend != "rivals") backends.insert(row.backend);
    if (has_transfer(row)) transfers.emplace(row.backend, row.transfer);
    threads |= row.threads > 1;
  }
  std::vector<std::string> labels;
  for (const Row& row : rows) {
    std::string label = solver_of(row);
    if (backends.size() > 1 && row.backend != "rivals") label = row.backend + ' ' + label;
    if (threads && row.transfer == "none") label += " (" + std::to_string(row.threads) + ')';
    const auto modes =
        std::ranges::count_if(transfers, [&](const auto& t) { return t.first == row.backend; });
    if (modes > 1 && has_transfer(row)) label += ' ' + row.transfer;
    labels.push_back(std::move(label));
  }
  return labels;
}

std::string long_label(const Row& row) {
  std::string label = solver_of(row);
  if (row.backend != "cpu" && row.backend != "rivals") label = row.backend + ' ' + label;
  if (row.transfer == "none" && row.threads > 1) label += " (" + std::to_string(row.threads) + " threads)";
  if (has_transfer(row)) label += " (" + row.transfer + ')';
  return label;
}

std::string baseline_label(const Row& row) {
  const std::int64_t threads = row.baseline_threads.value_or(1);
  return row.baseline_solver + (threads > 1 ? " (" + std::to_string(threads) + " threads)" : "");
}

std::string half_width_text(const Row& row) {
  if (!row.call_low_s || !row.call_high_s || row.call_s.value_or(0) <= 0) return {};
  const double half_width = (*row.call_high_s - *row.call_low_s) / 2 / *row.call_s;
  return half_width > 1 ? "?" : format_percent(half_width);
}

std::string render_endings(std::span<const Row> rows, int width) {
  std::string text;
  for (const Row& row : rows) {
    if (row.outcome == Outcome::ok) continue;
    std::string line = long_label(row) + ": " + name_of(row.outcome);
    if (!row.phase_reached.empty()) line += " in " + row.phase_reached;
    if (!row.reason.empty()) line += ": " + row.reason;
    text += wrapped(line, width, 2);
  }
  return text;
}

std::string render_verdict(std::span<const Row> rows, int width) {
  std::vector<const Row*> ok = ok_rows_by_call(rows);
  const std::vector<const Row*> everyone = ok;
  std::erase_if(ok, [](const Row* row) { return !starts_in_ordinary_memory(*row); });
  if (ok.empty()) ok = everyone;
  const auto judged = std::ranges::find_if(ok, [](const Row* row) { return !row->verdict.empty(); });
  if (judged == ok.end()) return {};
  if (ok.size() == 1)
    return wrapped(timed(*ok[0]) + " a call; there is nothing to compare it with", width, 2);
  const Verdict& verdict = (*judged)->verdict;
  const std::vector<const Row*> members = fastest_of(**judged, everyone);

  std::string text;
  if (verdict.unclear)
    text = "unclear which is the fastest: " + timed(*ok[0]) + ", " + timed(*ok[1]) + "; a longer " +
           samples_flag(*ok[0]) + " may tell";
  else if (members.empty())
    return wrapped(text_of(verdict) + " is the fastest", width, 2);
  else if (members.size() > 1)
    text = several(members, ok);
  else
    text = long_label(*members[0]) + " is the fastest: " + format_seconds(*members[0]->call_s) + " a call" +
           comparison(*members[0], ok) + few_samples(*members[0]);
  if (everyone.front() != ok.front() && !starts_in_ordinary_memory(*everyone.front()))
    text += "; from pinned memory, " + timed(*everyone.front());
  if (verdict.provisional) {
    std::vector<const Row*> all;
    for (const Row& row : rows) all.push_back(&row);
    const std::string open = open_clause(open_rows(all, members));
    text += "; provisional" + (open.empty() ? "" : ": " + open);
  }
  return wrapped(text, width, 2);
}

std::string render_one_shots(std::span<const Row> rows, int width) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].outcome == Outcome::ok && rows[i].one_shot_s) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return *rows[i].one_shot_s; });
  const std::vector<std::string> labels = short_labels(rows);
  std::string text;
  for (const std::size_t i : order)
    text += (text.empty() ? "" : ", ") + labels[i] + ' ' + format_seconds(*rows[i].one_shot_s);
  return text.empty() ? text : wrapped("a script that asks once waits (one process each): " + text, width, 2);
}

std::string render_warnings(std::span<const Row> rows, int width) {
  std::vector<std::pair<std::string, std::string>> by_text;  // what is said, of whom
  const std::vector<std::string> labels = short_labels(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].warnings.empty()) continue;
    const auto known =
        std::ranges::find(by_text, rows[i].warnings, [](const auto& pair) { return pair.first; });
    if (known == by_text.end())
      by_text.emplace_back(rows[i].warnings, labels[i]);
    else
      known->second += ", " + labels[i];
  }
  std::string text;
  for (const auto& [said, whom] : by_text) text += wrapped("warning: " + whom + ": " + said, width, 2);
  return text;
}

std::string render_published(const Row& row, int width) {
  const std::vector<PublishedFor> figures = published_for(row);
  if (figures.empty()) return {};
  std::string text = wrapped(
      "published, another machine (" + figures.front().figure->source + ")" +
          (figures.front().turned ? ", of the question turned round, the best queries of each corpus row:"
                                  : ":"),
      width, 2);
  for (const PublishedFor& found : figures) {
    const Published* const figure = found.figure;
    std::string line = "  " + figure->system + ' ';
    line += figure->seconds ? format_seconds(*figure->seconds) : figure->result;
    if (!figure->note.empty()) line += " (" + figure->note + ')';
    text += wrapped(line, width, 4);
  }
  return text;
}

}  // namespace crossover
