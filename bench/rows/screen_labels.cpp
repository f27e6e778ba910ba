// Names of rows, and the sentences below a table.
#include "bench/rows/screen_labels.hpp"

#include <algorithm>
#include <set>

#include "bench/base/format.hpp"
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

/// CPU solvers that might have been the baseline.
std::string unfinished(std::span<const Row> rows, const Row& base) {
  std::string text;
  for (const Row& row : rows) {
    const bool run =
        row.outcome != Outcome::ok && row.outcome != Outcome::unavailable && row.outcome != Outcome::refused;
    const bool slower = row.forecast_s && base.call_s && *row.forecast_s > *base.call_s;
    if (row.backend == "cpu" && run && !slower)
      text += (text.empty() ? "" : ", ") + long_label(row) + " (" + name_of(row.outcome) + ")";
  }
  return text;
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
  const auto based = std::ranges::find_if(ok, [](const Row* row) { return is_baseline(*row); });
  const Row& base = based == ok.end() ? **judged : **based;  // its verdict is that of the group
  std::string_view verdict = base.verdict;
  const std::size_t mark = verdict.find(" (provisional)");
  const bool provisional = mark != std::string_view::npos;
  verdict = verdict.substr(0, mark);

  std::string text;
  if (verdict == "tie" || verdict == "unclear") {
    const auto rival = std::ranges::find_if(ok, [&](const Row* row) { return row != &base; });
    text = (verdict == "tie" ? "a tie, within 3%: " : "unclear which is the fastest: ") + timed(base);
    if (rival != ok.end()) text += ", " + timed(**rival);
    if (verdict == "unclear") text += std::string("; a longer ") + samples_flag(base) + " may tell";
  } else {
    const auto winner =
        std::ranges::find_if(ok, [&](const Row* row) { return verdict_name(*row, everyone) == verdict; });
    if (winner == ok.end()) return wrapped(std::string(verdict) + " is the fastest", width, 2);
    text = long_label(**winner) + " is the fastest: " + format_seconds(*(*winner)->call_s) + " a call";
    text += comparison(**winner, ok);
  }
  if (everyone.front() != ok.front() && !starts_in_ordinary_memory(*everyone.front()))
    text += "; from pinned memory, " + timed(*everyone.front());
  if (provisional) {
    const std::string open = unfinished(rows, base);
    text += "; provisional" + (open.empty() ? ": disturbed samples" : ": no time for " + open);
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
