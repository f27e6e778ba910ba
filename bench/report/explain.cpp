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

  RowInGroup of(std::size_t at) {
    const std::string group = key(file_[at]);
    RowInGroup in(file_[at], file_, by_key_.at(group));
    auto [known, is_new] = fastest_.try_emplace({group, text_of(file_[at].verdict)});
    if (is_new) known->second = fastest_of(file_[at], in.ok());
    in.set_fastest(known->second);
    return in;
  }
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
  /// By group and verdict: finding them takes the square of the group's rows.
  std::map<std::pair<std::string, std::string>, std::vector<const Row*>> fastest_;
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

bool RowInGroup::is_among_fastest(const Row& other) const {
  return std::ranges::find(fastest_, &other) != fastest_.end();
}

bool RowInGroup::won() const { return fastest_.size() == 1 && fastest_.front() == &row(); }

bool moves_data(const Row& row) { return !row.transfer.empty() && row.transfer != "none"; }

std::string call_text(const Row& row) {
  const std::string call = format_seconds(*row.call_s);
  const std::string half_width = half_width_text(row);
  if (half_width == "?") return call + " (too noisy for an interval)";
  if (!half_width.empty()) return call + " (+-" + half_width + ")";
  const std::int64_t samples = row.samples.value_or(0);
  if (samples == 0) return call;
  return call + " (" + std::to_string(samples) + (samples == 1 ? " sample: " : " samples: ") + "no interval)";
}

std::string provisional_sentence(const RowInGroup& in) {
  if (!in.row().verdict.provisional) return {};
  std::string unfinished, disturbed;
  for (const Row* other : open_rows(in.group(), in.fastest(), !starts_in_ordinary_memory(in.row()))) {
    std::string& list = other->outcome == Outcome::ok ? disturbed : unfinished;
    list += (list.empty() ? "" : ", ") + long_label(*other) + " (" +
            (other->outcome == Outcome::ok ? "" : name_of(other->outcome) + std::string(", ")) +
            in.number(*other) + ")";
  }
  std::string text = "That is provisional";
  if (!unfinished.empty()) text += ": there is no time for " + unfinished;
  if (!disturbed.empty())
    text += (unfinished.empty() ? ": " : "; ") + disturbed + " may be faster: its samples were disturbed";
  return text + ". ";
}

std::string render_explanations(std::span<const Row> rows, std::size_t only, int width) {
  Groups groups(rows);
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
