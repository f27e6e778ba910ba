// The comparison as a person reads it, and as a file.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "bench/base/format.hpp"
#include "bench/base/suggest.hpp"
#include "bench/report/compare.hpp"
#include "bench/rows/columns.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

constexpr int label_width = 27;  // leaves room for the other columns in 80

const Row& either(const RowPair& pair) { return pair.before ? *pair.before : *pair.after; }

std::string title_of(const RowPair& pair) {
  const Row& row = either(pair);
  return group_title(row) + (row.seed == 1 ? "" : " seed=" + std::to_string(row.seed));
}

std::string time_of(const Row* row) {
  return row && row->outcome == Outcome::ok && row->call_s ? format_seconds(*row->call_s) : std::string();
}

std::string ending_of(const Row& row) {
  return name_of(row.outcome) + (row.phase_reached.empty() ? "" : " in " + row.phase_reached) +
         (row.reason.empty() ? "" : ": " + row.reason);
}

/// Rows that end alike without a time, as on a machine without a device, are counted only.
bool is_shown(const RowPair& pair) {
  return !time_of(pair.before).empty() || !time_of(pair.after).empty() ||
         (pair.before && pair.after && pair.before->outcome != pair.after->outcome);
}

/// What a row of the table cannot say.
std::string note_on(const RowPair& pair) {
  switch (pair.change) {
    case Change::only_before: return pair.after ? "is " + ending_of(*pair.after) : "";
    case Change::only_after: return pair.before ? "was " + ending_of(*pair.before) : "";
    case Change::lost: return "is " + ending_of(*pair.after);
    case Change::gained: return "was " + ending_of(*pair.before);
    case Change::neither: return "was " + ending_of(*pair.before) + "; is " + ending_of(*pair.after);
    case Change::unclear:
      return !pair.interval   ? "no interval: fewer than 8 samples"
             : pair.disturbed ? "too many disturbed samples: measure again on a quiet machine"
                              : "";
    default: return {};
  }
}

std::string table_of(const std::vector<const RowPair*>& pairs, int width) {
  std::vector<Row> rows;
  for (const RowPair* pair : pairs) rows.push_back(either(*pair));
  const std::vector<std::string> labels = short_labels(rows);
  TextTable table;
  std::array<std::vector<std::string>, 6> cells;
  std::vector<std::pair<std::string, std::string>> notes;  // what is said, of whom
  std::map<std::string, std::size_t> note_at;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const RowPair& pair = *pairs[i];
    const auto ratio = [](double value) { return format_significant(value); };
    const std::string interval =
        pair.interval ? ratio(pair.interval->low) + ".." + ratio(pair.interval->high) : "";
    const std::string row[] = {shortened(labels[i], label_width),
                               time_of(pair.before),
                               time_of(pair.after),
                               pair.ratio ? format_ratio(*pair.ratio) : "",
                               interval,
                               name_of(pair.change)};
    for (std::size_t column = 0; column < cells.size(); ++column) cells[column].push_back(row[column]);
    const std::string note = note_on(pair);
    if (note.empty()) continue;
    const auto [at, is_new] = note_at.try_emplace(note, notes.size());
    if (is_new)
      notes.emplace_back(note, labels[i]);
    else
      notes[at->second].second += ", " + labels[i];
  }
  const char* const headers[] = {"solver", "before", "after", "ratio", "its interval", "change"};
  for (std::size_t column = 0; column < cells.size(); ++column)
    table.add(headers[column], std::move(cells[column]));
  std::string text = table.text(width);
  for (const auto& [note, whom] : notes) text += wrapped(whom + ": " + note, width, 2);
  return text;
}

/// The values that a column has in the rows, but for cells without one.
std::string values_of(std::span<const Row> rows, const Column& column) {
  std::set<std::string> values;
  for (const Row& row : rows)
    if (const std::string value = column.print(row); !value.empty()) values.insert(value);
  return values.empty() ? "none" : joined(std::vector<std::string>(values.begin(), values.end()));
}

/// Cases that one file has measured and the other modelled.
std::size_t of_both_sources(std::span<const RowPair> pairs) {
  const auto name = [](Row row) {
    row.source.clear();  // the title would tell it
    return group_title(row) + long_label(row);
  };
  std::set<std::pair<std::string, std::string>> before;
  for (const RowPair& pair : pairs)
    if (pair.change == Change::only_before) before.emplace(name(*pair.before), pair.before->source);
  return static_cast<std::size_t>(std::ranges::count_if(pairs, [&](const RowPair& pair) {
    return pair.change == Change::only_after &&
           before.contains({name(*pair.after), pair.after->source == "modelled" ? "measured" : "modelled"});
  }));
}

}  // namespace

std::string render_differences(std::span<const Row> before, std::span<const Row> after, int width) {
  std::string text;
  for (const char* name : {"label", "cpu", "cores", "gpu", "driver", "cuda", "compiler", "commit"}) {
    const Column& column = *find_column(name);
    const std::string old_value = values_of(before, column), new_value = values_of(after, column);
    if (old_value != new_value)
      text += wrapped(std::string(name) + " differs: " + old_value + " -> " + new_value, width, 2);
  }
  return text;
}

std::string render_comparison(std::span<const RowPair> pairs, int width) {
  std::vector<std::pair<std::string, std::vector<const RowPair*>>> groups;
  std::map<std::string, std::size_t> group_at;
  for (const RowPair& pair : pairs) {
    if (!is_shown(pair)) continue;
    const std::string title = title_of(pair);
    const auto [at, is_new] = group_at.try_emplace(title, groups.size());
    if (is_new) groups.push_back({title, {}});
    groups[at->second].second.push_back(&pair);
  }
  std::string text;
  for (const auto& [title, members] : groups)
    text += wrapped(title, width, 2) + table_of(members, width) + '\n';
  if (const std::size_t apart = of_both_sources(pairs); apart > 0)
    text += wrapped(std::to_string(apart) + (apart == 1 ? " case is" : " cases are") +
                        " measured in one file and modelled in the other: never compared",
                    width, 2);
  std::vector<std::string> counts;
  const auto found = counted(pairs);
  for (const Change change : every_change)
    if (const auto count = found.find(change); count != found.end())
      counts.push_back(std::to_string(count->second) + ' ' + name_of(change));
  return text + joined(counts) + "\n";  // one line, for tail -1
}

std::string comparison_csv(std::span<const RowPair> pairs) {
  std::vector<const Column*> identity;
  for (const char* name : {"source", "problem", "type"}) identity.push_back(find_column(name));
  for (const Column& column : columns())
    if (column.is_size) identity.push_back(&column);
  for (const char* name : {"seed", "backend", "solver", "threads", "transfer", "cache", "bind"})
    identity.push_back(find_column(name));
  const std::array measured = {find_column("outcome"), find_column("call_s"), find_column("call_low_s"),
                               find_column("call_high_s"), find_column("reason")};

  std::vector<std::string> header;
  for (const Column* column : identity) header.emplace_back(column->name);
  for (const char* name : {"change", "ratio", "ratio_low", "ratio_high"}) header.emplace_back(name);
  for (const char* side : {"before_", "after_"})
    for (const Column* column : measured) header.push_back(std::string(side) + column->name);
  std::string text = csv_record(header);
  for (const RowPair& pair : pairs) {
    std::vector<std::string> cells;
    for (const Column* column : identity) cells.push_back(column->print(either(pair)));
    cells.emplace_back(name_of(pair.change));
    cells.push_back(pair.ratio ? print_number(*pair.ratio) : "");
    cells.push_back(pair.interval ? print_number(pair.interval->low) : "");
    cells.push_back(pair.interval ? print_number(pair.interval->high) : "");
    for (const Row* row : {pair.before, pair.after})
      for (const Column* column : measured) cells.push_back(row ? column->print(*row) : "");
    text += csv_record(cells);
  }
  return text;
}

}  // namespace crossover
