#include "bench/report/compare.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "bench/base/format.hpp"
#include "bench/base/output_file.hpp"
#include "bench/base/printable.hpp"
#include "bench/base/suggest.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/screen_labels.hpp"
#include "bench/rows/sidecar.hpp"

namespace crossover {
namespace {

std::string key_of(const Row& row) {
  std::string key = group_key(row);
  for (const std::string& part :
       {row.backend, row.solver, std::to_string(row.threads), row.transfer, row.cache, row.bind, row.source})
    key += '|' + part;
  return key;
}

using Cases = std::map<std::string, const Row*>;

Cases cases_of(std::span<const Row> rows, const std::string& path) {
  Cases cases;
  for (const Row& row : rows) {
    const auto [found, is_new] = cases.try_emplace(key_of(row), &row);
    if (is_new) continue;
    const auto number = [&](const Row* of) { return std::to_string(of - rows.data() + 1); };
    throw CsvError(path + ": rows " + number(found->second) + " and " + number(&row) +
                   " are the same case, " + group_title(row) + ", " + long_label(row) +
                   ": leave one of them out");
  }
  return cases;
}

bool is_ok(const Row& row) { return row.outcome == Outcome::ok && row.call_s.value_or(0) > 0; }

bool is_disturbed(const Row& row) {
  return too_often_disturbed(row.disturbed_samples.value_or(0),
                             static_cast<std::size_t>(std::max<std::int64_t>(row.samples.value_or(0), 0)));
}

std::optional<Interval> interval_of(const Row& before, const Row& after) {
  if (!before.call_high_s || !after.call_high_s) return {};
  if (before.call_low_s.value_or(0) <= 0 || after.call_low_s.value_or(0) <= 0) return {};
  return Interval{*after.call_low_s / *before.call_high_s, *after.call_high_s / *before.call_low_s};
}

RowPair pair_of(const Row& before, const Row& after) {
  RowPair pair{&before, &after, Change::unclear, {}, {}};
  const auto is_missing = [](const Row& row) { return row.outcome == Outcome::not_run; };
  if (!is_ok(before) || !is_ok(after)) {
    pair.change = is_ok(before)  ? is_missing(after) ? Change::only_before : Change::lost
                  : is_ok(after) ? is_missing(before) ? Change::only_after : Change::gained
                                 : Change::neither;
    return pair;
  }
  pair.ratio = *after.call_s / *before.call_s;
  pair.interval = interval_of(before, after);
  if (!pair.interval) return pair;
  const double low = std::log(pair.interval->low), high = std::log(pair.interval->high);
  const double edge = std::log1p(verdict_margin);
  pair.disturbed = is_disturbed(before) || is_disturbed(after);
  if (high < -edge && !pair.disturbed) pair.change = Change::faster;
  if (low > edge && !pair.disturbed) pair.change = Change::slower;
  if (low >= -edge && high <= edge) pair.change = Change::same;
  return pair;
}

/// The command line of the last run that a file's facts tell of; throws UsageError where there are none.
std::pair<std::string, std::string> flags_of(const std::string& path) {
  const Sidecar facts = read_sidecar(path);
  std::string line;
  if (!facts.runs.empty())
    for (const std::string& word : facts.runs.back().command_line) line += (line.empty() ? "" : " ") + word;
  return {facts.flags_hash, line};
}

/// Whether the two were run with other flags; empty where that is not known, or they were not.
std::string flag_difference(const std::vector<std::string>& files) {
  for (const std::string& path : files)
    if (std::error_code unknown; !std::filesystem::exists(sidecar_path(path), unknown)) return {};
  const auto before = flags_of(files[0]), after = flags_of(files[1]);
  if (before.first == after.first) return {};
  return wrapped("flags differ: " + before.second + " -> " + after.second, 80, 2);
}

void check_output(const Options& options) {
  std::error_code unknown;
  for (const std::string& path : options.files)
    if (!options.csv.empty() && std::filesystem::equivalent(path, options.csv, unknown))
      throw UsageError("--csv: " + options.csv + " is one of the files that are compared");
}

}  // namespace

const char* name_of(Change change) {
  switch (change) {
    case Change::same: return "same";
    case Change::faster: return "faster";
    case Change::slower: return "slower";
    case Change::unclear: return "unclear";
    case Change::lost: return "lost";
    case Change::gained: return "gained";
    case Change::only_before: return "only before";
    case Change::only_after: return "only after";
    case Change::neither: break;
  }
  return "ok in neither";
}

std::vector<RowPair> paired(std::span<const Row> before, std::span<const Row> after,
                            const std::string& before_path, const std::string& after_path) {
  const Cases old_cases = cases_of(before, before_path), new_cases = cases_of(after, after_path);
  std::vector<RowPair> pairs;
  for (const Row& row : before) {
    const auto found = new_cases.find(key_of(row));
    pairs.push_back(found == new_cases.end() ? RowPair{&row, nullptr, Change::only_before, {}, {}}
                                             : pair_of(row, *found->second));
  }
  for (const Row& row : after)
    if (!old_cases.contains(key_of(row))) pairs.push_back({nullptr, &row, Change::only_after, {}, {}});
  return pairs;
}

std::map<Change, std::size_t> counted(std::span<const RowPair> pairs) {
  std::map<Change, std::size_t> counts;
  for (const RowPair& pair : pairs) ++counts[pair.change];
  return counts;
}

std::vector<std::string> failing_changes() { return {"slower", "lost", "unclear", "missing"}; }

int compare_command(const Options& options) {
  check_output(options);
  std::array<std::vector<Row>, 2> files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i] = read_csv(options.files[i]);
    if (files[i].empty()) throw CsvError(options.files[i] + " has a header and no rows to compare");
  }
  const std::vector<RowPair> pairs = paired(files[0], files[1], options.files[0], options.files[1]);
  const std::string text =
      render_differences(files[0], files[1]) + flag_difference(options.files) + render_comparison(pairs);
  if (!options.csv.empty())
    OutputFile(options.csv, options.force ? Existing::replace : Existing::refuse)
        .write(comparison_csv(pairs));
  print(options.csv == "-" ? stderr : stdout, text);

  std::vector<std::string> failures;
  const auto counts = counted(pairs);
  for (const auto& [change, count] : counts) {
    const std::string name = change == Change::only_before ? "missing" : name_of(change);
    if (std::ranges::find(options.fail_on, name) != options.fail_on.end())
      failures.push_back(std::to_string(count) + ' ' + name);
  }
  if (failures.empty()) return 0;
  print(stderr, "crossover: --fail-on: " + joined(failures) + "\n");
  return 1;
}

}  // namespace crossover
