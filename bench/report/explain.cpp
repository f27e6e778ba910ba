#include "bench/report/explain.hpp"

#include <algorithm>
#include <map>

#include "bench/base/format.hpp"
#include "bench/report/explain_parts.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/naming.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

/// Each is compared with all others.
constexpr std::size_t most_of_a_group = 2000;

/// Rows by what those of a group have in common.
class Groups {
 public:
  explicit Groups(std::span<const Row> rows) : file_(rows) {
    for (const Row& row : rows) {
      std::vector<const Row*>& group = by_key_[key(row)];
      group.push_back(&row);
      if (group.size() > most_of_a_group)
        throw CsvError("more than " + std::to_string(most_of_a_group) + " rows are of one group, " +
                       group_title(row) + ": a file of fewer can be explained");
    }
  }

  RowInGroup of(std::size_t at) const { return {file_[at], file_, by_key_.at(key(file_[at]))}; }
  bool same(std::size_t a, std::size_t b) const { return key(file_[a]) == key(file_[b]); }

 private:
  /// Other machines and runs, even of the same machine an hour later, are no rivals: `compare` sets them side
  /// by side.
  static std::string key(const Row& row) {
    std::string text = group_key(row);
    for (const std::string& part : {row.cache, row.bind, row.source, row.label, row.run_id, row.cpu})
      text += '\n' + part;
    return text;
  }

  std::span<const Row> file_;
  std::map<std::string, std::vector<const Row*>> by_key_;
};

/// "rows 4 to 7, cuda cub (pageable), cuda thrust (pageable)": rows [begin, end).
std::string heading(std::span<const Row> rows, std::size_t begin, std::size_t end) {
  std::string text = "row " + std::to_string(begin + 1);
  if (end - begin > 1) text = "rows " + std::to_string(begin + 1) + " to " + std::to_string(end);
  for (std::size_t i = begin; i < end; ++i) text += ", " + long_label(rows[i]);
  return text + ": ";
}

std::string explained(const RowInGroup& in) {
  const Row& row = in.row();
  std::string text = row.source == "modelled" ? "Modelled, not measured. " : "";
  if (row.outcome != Outcome::ok)
    text += ending_sentences(in);
  else if (row.call_s.value_or(0) <= 0)
    text += "It ended well, but the row has no time. ";
  else
    text += moves_data(row) ? device_sentences(in) : host_sentences(in);
  if (!row.warnings.empty()) text += "Warning: " + row.warnings + ". ";
  text.pop_back();  // the blank
  return text;
}

}  // namespace

RowInGroup::RowInGroup(const Row& row, std::span<const Row> file, std::span<const Row* const> group)
    : row_(row), file_(file), group_(group) {
  std::ranges::copy_if(group, std::back_inserter(ok_), [](const Row* other) {
    return other->outcome == Outcome::ok && other->call_s.value_or(0) > 0;
  });
}

std::string RowInGroup::number(const Row& row) const { return "row " + std::to_string(&row - &file_[0] + 1); }

std::string RowInGroup::named(const Row& row) const { return long_label(row) + ", " + number(row) + ","; }

const Row* RowInGroup::baseline() const {
  const auto found = std::ranges::find_if(ok_, [&](const Row* other) {
    return other->backend == "cpu" && other->solver == row().baseline_solver &&
           other->threads == row().baseline_threads.value_or(other->threads);
  });
  return found == ok_.end() ? nullptr : *found;
}

std::string RowInGroup::verdict() const {
  return row().verdict.substr(0, row().verdict.find(" (provisional)"));
}

bool RowInGroup::won() const { return verdict() == verdict_name(row(), ok_); }

bool moves_data(const Row& row) { return !row.transfer.empty() && row.transfer != "none"; }

std::string call_text(const Row& row) {
  const std::string call = format_seconds(*row.call_s);
  if (row.call_low_s && row.call_high_s)
    return call + " (+-" + format_percent((*row.call_high_s - *row.call_low_s) / 2 / *row.call_s) + ")";
  const std::int64_t samples = row.samples.value_or(0);
  if (samples == 0) return call;
  return call + " (" + std::to_string(samples) + (samples == 1 ? " sample: " : " samples: ") + "no interval)";
}

std::string provisional_sentence(const RowInGroup& in) {
  if (in.verdict() == in.row().verdict) return {};
  std::string open;
  for (const Row* other : in.group()) {
    const bool was_run = other->outcome != Outcome::ok && other->outcome != Outcome::unavailable &&
                         other->outcome != Outcome::refused;
    const double baseline_s = in.row().baseline_call_s.value_or(0);
    if (other->backend == "cpu" && was_run && other->forecast_s.value_or(0) <= baseline_s)
      open += (open.empty() ? "" : ", ") + long_label(*other) + " (" + name_of(other->outcome) + ", " +
              in.number(*other) + ")";
  }
  return open.empty() ? "That is provisional: samples were disturbed too often to be sure. "
                      : "That is provisional: there is no time for " + open + ". ";
}

std::string render_explanations(std::span<const Row> rows, std::size_t only, int width) {
  const Groups groups(rows);
  std::string text;
  const std::size_t begin = only == 0 ? 0 : only - 1, end = only == 0 ? rows.size() : only;
  for (std::size_t at = begin; at < end;) {
    if (at == begin || !groups.same(at, at - 1))
      text += (text.empty() ? "" : "\n") + wrapped(group_title(rows[at]), width, 2) + '\n';
    const std::string said = explained(groups.of(at));
    std::size_t next = at + 1;
    while (next < end && groups.same(next, at) && explained(groups.of(next)) == said) ++next;
    text += wrapped(heading(rows, at, next) + said, width, 2);
    at = next;
  }
  return text;
}

std::string explain_text(const Options& options) {
  const std::string& path = options.files.front();
  const std::vector<Row> rows = read_csv(path);
  const std::string count = std::to_string(rows.size()) + (rows.size() == 1 ? " row" : " rows");
  if (rows.empty()) throw CsvError(path + " has a header and no rows: there is nothing to explain");
  if (options.row > rows.size())
    throw UsageError("--row " + std::to_string(options.row) + ": " + path + " has " + count +
                     "; the first one below the header is 1");
  return render_explanations(rows, options.row);
}

}  // namespace crossover
