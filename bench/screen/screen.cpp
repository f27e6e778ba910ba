// The table of one group. Columns that no row fills are left out, so that CPU rows stay on one line.
#include "bench/screen/screen.hpp"

#include <algorithm>
#include <functional>

#include "bench/base/format.hpp"
#include "bench/rows/cost.hpp"
#include "bench/rows/residual.hpp"
#include "bench/rows/screen_labels.hpp"
#include "bench/worker/callers.hpp"

namespace crossover {
namespace {

std::string seconds(const Number& value) { return value ? format_seconds(*value) : std::string(); }
std::string ratio(const Number& value) { return value ? format_ratio(*value) : std::string(); }

std::string speedup_call(const Row& row) { return is_baseline(row) ? "baseline" : ratio(row.speedup_call); }

std::string unless_baseline(const Row& row, const Number& speedup) {
  return is_baseline(row) ? std::string() : ratio(speedup);
}

/// Share of the call that is spent on moving data.
std::string transfer_share(const Row& row) {
  if (!row.upload_s || !row.call_s || *row.call_s <= 0) return {};
  return format_percent((*row.upload_s + row.download_s.value_or(0)) / *row.call_s);
}

/// More than 8 operations per byte: arithmetic is what a good solver is limited by.
bool arithmetic_matters(const Row& row) {
  return row.flops && row.bytes_in && *row.flops > 8 * (*row.bytes_in + row.bytes_out.value_or(0));
}

std::string rate(const Row& row, bool arithmetic) {
  const Number& value = arithmetic ? row.gflops_per_s : row.gbytes_per_s;
  return value ? format_significant(*value) : std::string();
}

std::string share_of_floor(const Row& row) {
  if (!row.floor_s || !row.compute_s || *row.compute_s <= 0) return {};
  return format_percent(*row.floor_s / *row.compute_s);
}

/// A row with a ratio that is not the baseline's own; null where there is none.
const Row* compared_row(std::span<const Row> rows) {
  const auto found =
      std::ranges::find_if(rows, [](const Row& row) { return row.speedup_call && !is_baseline(row); });
  return found == rows.end() ? nullptr : &*found;
}

TextTable table_of(std::span<const Row> rows) {
  const bool compared = compared_row(rows) != nullptr;
  std::vector<const Row*> shown;
  std::vector<std::string> labels;
  const std::vector<std::string> all_labels = short_labels(rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].outcome == Outcome::ok) {
      shown.push_back(&rows[i]);
      labels.push_back(all_labels[i]);
    }
  TextTable table;
  const auto add = [&](const char* header, const std::function<std::string(const Row&)>& cell,
                       bool breaks = false) {
    std::vector<std::string> cells;
    for (const Row* row : shown) cells.push_back(cell(*row));
    table.add(header, std::move(cells), breaks);
  };
  // Where nothing moves, compute is the call, and has no column of its own.
  const bool moves =
      std::ranges::any_of(shown, [](const Row* row) { return row->upload_s || row->download_s; });
  const bool arithmetic = std::ranges::any_of(shown, [](const Row* row) { return arithmetic_matters(*row); });

  table.add("solver", labels);
  add("chunks", [](const Row& row) { return row.chunks.value_or(1) > 1 ? std::to_string(*row.chunks) : ""; });
  add("allocate\nrelease", [](const Row& row) {  // what end to end adds to the call, but for pinning
    return row.allocate_s ? seconds(*row.allocate_s + row.release_s.value_or(0)) : std::string();
  });
  add("pin", [](const Row& row) { return seconds(row.pin_s); });
  if (moves) {
    add("upload", [](const Row& row) { return seconds(row.upload_s); });
    add("compute", [](const Row& row) { return seconds(row.compute_s); });
    add("download", [](const Row& row) { return seconds(row.download_s); });
  }
  add(
      "call", [](const Row& row) { return seconds(row.call_s); }, moves);
  add("+-", half_width_text);
  add("end\nto end", [](const Row& row) { return seconds(row.end_to_end_s); });
  if (compared) {
    add("speed-up\ncall", speedup_call);
    if (moves)
      add("speed-up\ncompute", [](const Row& row) { return unless_baseline(row, row.speedup_compute); });
    add("speed-up\nend\nto end", [](const Row& row) { return unless_baseline(row, row.speedup_end_to_end); });
  }
  add(
      arithmetic ? "GFLOP/s" : "GB/s", [&](const Row& row) { return rate(row, arithmetic); }, moves);
  add("of\nfloor", share_of_floor);
  add("moving\ndata", transfer_share);
  add("reuse\nk*", [](const Row& row) { return row.breakeven_reuse; });
  return table;
}

/// Of the CPU's rows, by the samples that are quoted.
bool baseline_is_fastest(std::span<const Row> rows) {
  const auto base = std::ranges::find_if(rows, is_baseline);
  return base == rows.end() || std::ranges::none_of(rows, [&](const Row& row) {
           return row.backend == "cpu" && row.outcome == Outcome::ok && row.call_s && base->call_s &&
                  *row.call_s < *base->call_s;
         });
}

}  // namespace

namespace {

/// Of how many answers it is known that they are right.
std::string render_checked(std::span<const Row> rows, int width) {
  std::vector<std::pair<std::string, std::string>> by_count;  // "64 of 100000", whose
  const std::vector<std::string> labels = short_labels(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].outcome != Outcome::ok || rows[i].verified.empty()) continue;
    constexpr std::string_view sampled = "sampled ";
    const std::string count =
        rows[i].verified.substr(rows[i].verified.starts_with(sampled) ? sampled.size() : 0);
    const auto known = std::ranges::find(by_count, count, &std::pair<std::string, std::string>::first);
    if (known == by_count.end())
      by_count.emplace_back(count, labels[i]);
    else
      known->second += ", " + labels[i];
  }
  std::string text;
  for (const auto& [count, whose] : by_count)
    text += wrapped("answers checked: " + count + (by_count.size() > 1 ? " of " + whose : ""), width, 2);
  return text;
}

/// Of one source.
std::string render_alike(std::span<const Row> rows, const ScreenOptions& options) {
  if (rows.empty()) return {};
  std::string text = wrapped(group_title(rows.front()), options.width, 2) + '\n';
  const auto any_ok = [](const Row& row) { return row.outcome == Outcome::ok; };
  if (std::ranges::any_of(rows, any_ok)) text += table_of(rows).text(options.width);
  if (const Row* row = compared_row(rows))
    text += wrapped("speed-up: against " + baseline_label(*row) +
                        (baseline_is_fastest(rows) ? ", the fastest CPU solver"
                                                   : ", the fastest CPU solver on pilot samples"),
                    options.width, 2);
  text += render_checked(rows, options.width) + render_residuals(rows, options.width);
  text += render_endings(rows, options.width) + '\n';
  text += render_verdict(rows, options.width) + render_one_shots(rows, options.width);
  text += render_cost(rows, options.width) + render_callers(rows, options.width);
  text += render_warnings(rows, options.width);
  if (options.published) text += render_published(rows.front(), options.width);
  return text;
}

}  // namespace

std::string render_group(std::span<const Row> all, const ScreenOptions& options) {
  std::vector<Row> measured, modelled;
  for (const Row& row : all)
    if (!is_absence(row)) (row.source == "modelled" ? modelled : measured).push_back(row);
  std::string text = render_alike(measured, options);
  if (!measured.empty() && !modelled.empty()) text += '\n';
  return text + render_alike(modelled, options);
}

std::string render_absences(std::span<const Row> rows, const ScreenOptions& options) {
  std::string text;
  std::vector<std::string> said;
  for (const Row& row : rows) {
    if (!is_absence(row)) continue;
    const std::string line =
        (row.backend == "rivals" ? row.solver : row.backend) + ": not measured: " + row.reason;
    if (std::ranges::find(said, line) != said.end()) continue;
    said.push_back(line);
    text += wrapped(line, options.width, 2);
  }
  return text;
}

}  // namespace crossover
