#include "bench/rows/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "bench/rows/csv.hpp"
#include "bench/rows/naming.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

constexpr std::string_view provisional_mark = " (provisional)", unclear_word = "unclear";
constexpr std::string_view tie_word = "tie";  // of schema version 2

bool is_tie(const Verdict& verdict) { return verdict.names(tie_word); }

/// One group of a file of schema version 2: the rows that are ok and have a verdict.
void upgrade_group(std::span<Row* const> rows) {
  const std::vector<const Row*> all(rows.begin(), rows.end());
  const auto base = std::ranges::find_if(rows, [](const Row* row) { return is_baseline(*row); });
  const auto with_baseline = [&](const Row& row) {
    return std::vector{base == rows.end() ? row.baseline_solver : verdict_name(**base, all),
                       verdict_name(row, all)};
  };
  Verdict group{};
  std::size_t ordinary = 0;
  if (base != rows.end()) {
    const Verdict& said = (*base)->verdict;
    const std::string base_name = verdict_name(**base, all);
    const bool beaten = !said.fastest.empty() && !is_tie(said) && !said.names(base_name);
    group.fastest = beaten ? said.fastest : std::vector{base_name};
    for (const Row* row : rows) {
      if (!starts_in_ordinary_memory(*row)) continue;
      ++ordinary;
      group.provisional |= row->verdict.provisional;
      if (beaten || row == *base || !(row->verdict.unclear || is_tie(row->verdict))) continue;
      group.unclear |= row->verdict.unclear;
      group.fastest.push_back(verdict_name(*row, all));
    }
    group.unclear &= group.fastest.size() == ordinary;
    if (group.unclear) group.fastest.clear();
  }
  for (Row* row : rows)
    if (ordinary > 0 && starts_in_ordinary_memory(*row))
      row->verdict = group;
    else if (is_tie(row->verdict))
      row->verdict.fastest = with_baseline(*row);
}

}  // namespace

bool Verdict::names(std::string_view name) const { return std::ranges::find(fastest, name) != fastest.end(); }

std::string text_of(const Verdict& verdict) {
  std::string text(verdict.unclear ? unclear_word : "");
  for (const std::string& name : verdict.fastest) text += (text.empty() ? "" : "|") + name;
  if (!text.empty() && verdict.provisional) text += provisional_mark;
  return text;
}

Verdict verdict_in(std::string_view cell) {
  Verdict verdict;
  verdict.provisional = cell.ends_with(provisional_mark);
  if (verdict.provisional) cell.remove_suffix(provisional_mark.size());
  verdict.unclear = cell == unclear_word;
  if (verdict.unclear || cell.empty()) return verdict;
  for (std::size_t end = 0; end != cell.npos; cell.remove_prefix(std::min(end, cell.size() - 1) + 1)) {
    end = cell.find('|');
    verdict.fastest.emplace_back(cell.substr(0, end));
  }
  return verdict;
}

std::string verdict_name(const Row& row, std::span<const Row* const> group) {
  bool backends = false, transfers = false, threads = false;
  for (const Row* other : group) {
    if (other->solver != row.solver) continue;
    backends |= other->backend != row.backend;
    if (other->backend != row.backend) continue;
    transfers |= other->transfer != row.transfer;
    threads |= other->threads != row.threads;
  }
  return (backends ? row.backend + ' ' : std::string()) + row.solver + (transfers ? ' ' + row.transfer : "") +
         (threads ? " t" + std::to_string(row.threads) : "");
}

std::vector<const Row*> fastest_of(const Row& row, std::span<const Row* const> group) {
  const std::vector<std::string>& names = row.verdict.fastest;
  std::vector<std::pair<std::ptrdiff_t, const Row*>> found;  // with its place
  for (const Row* other : group)
    if (const auto at = std::ranges::find(names, verdict_name(*other, group)); at != names.end())
      found.emplace_back(at - names.begin(), other);
  std::ranges::stable_sort(found, {}, [](const auto& each) { return each.first; });
  std::vector<const Row*> rows;
  for (const auto& [place, other] : found) rows.push_back(other);
  return rows;
}

Faster by_intervals(const Row& a, const Row& b, double price) {
  if (!a.call_low_s || !a.call_high_s || !b.call_low_s || !b.call_high_s) return Faster::undecided;
  const double low = price * *a.call_low_s / *b.call_high_s, high = price * *a.call_high_s / *b.call_low_s;
  if (high < 1 / (1 + verdict_margin)) return Faster::a;
  if (low > 1 + verdict_margin) return Faster::b;
  return low > 1 / (1 + verdict_margin) && high < 1 + verdict_margin ? Faster::tie : Faster::undecided;
}

bool within_margin(std::span<const Row* const> rows) {
  double least_s = INFINITY, most_s = 0;
  for (const Row* row : rows) {
    const double call_s = row->call_s.value_or(INFINITY);
    least_s = std::min(least_s, call_s), most_s = std::max(most_s, call_s);
    if (!row->call_low_s || !row->call_high_s ||
        *row->call_high_s - *row->call_low_s > 2 * verdict_margin * call_s)
      return false;
  }
  return most_s <= least_s * (1 + verdict_margin);
}

bool might_still_win(const Row& row, double fastest_s) {
  const std::int64_t disturbed = row.disturbed_samples.value_or(0), samples = row.samples.value_or(0);
  if (row.outcome != Outcome::ok || !too_often_disturbed(disturbed, static_cast<std::size_t>(samples)))
    return false;
  if (disturbed == samples) return true;
  // What was not disturbed lies low: in the interval's low end, or in the median where it is the greater
  // part.
  return row.call_low_s ? *row.call_low_s < fastest_s : 2 * disturbed >= samples;
}

bool might_have_won(const Row& row, double baseline_s) {
  if (row.backend != "cpu") return false;
  if (row.outcome == Outcome::too_slow || row.outcome == Outcome::not_run)
    return !row.forecast_s || *row.forecast_s <= baseline_s;
  return row.outcome == Outcome::killed || row.outcome == Outcome::failed || row.outcome == Outcome::wrong ||
         row.outcome == Outcome::out_of_memory;
}

std::vector<const Row*> open_rows(std::span<const Row* const> group, std::span<const Row* const> members,
                                  bool with_pinned) {
  std::vector<const Row*> open;
  if (members.empty()) return open;
  const Row& first = *members.front();
  const double fastest_s = first.call_s.value_or(0);
  for (const Row* row : group) {
    const bool known = std::ranges::find(members, row) != members.end() && members.size() == 1;
    if (!known && (with_pinned || starts_in_ordinary_memory(*row)) &&
        (might_have_won(*row, first.baseline_call_s.value_or(fastest_s)) || might_still_win(*row, fastest_s)))
      open.push_back(row);
  }
  return open;
}

void upgrade_verdicts(std::span<Row> rows) {
  std::map<std::string, std::vector<Row*>> groups;
  for (Row& row : rows)
    if (row.schema < 3 && row.outcome == Outcome::ok && !row.verdict.empty())
      groups[row.run_id + ' ' + group_key(row) + ' ' + row.cache + ' ' + row.bind + ' ' + row.source]
          .push_back(&row);
  for (const auto& [key, group] : groups) upgrade_group(group);
}

}  // namespace crossover
