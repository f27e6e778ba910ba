// Rows of one group, read along the number of threads.
#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/base/format.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/rows/screen_labels.hpp"
#include "bench/screen/scaling.hpp"

namespace crossover {
namespace {

using ByThreads = std::vector<const Row*>;

constexpr double near_best = 1.05;  // of the fastest call
constexpr double explains = 0.8;    // of the ceiling reached: there is little left to gain
constexpr double costs_much = 0.2;  // of the call, for starting and joining the team

std::string threads_text(int threads) {
  return std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

Number share_of_ceiling(const Row& row) {
  return row.floor_s && row.compute_s && *row.compute_s > 0 ? Number{*row.floor_s / *row.compute_s}
                                                            : Number{};
}

double speed_up(const Row& row, const Row& fewest) { return *fewest.call_s / *row.call_s; }

/// The nearest level that holds the inputs, one core's share of it.
std::string level_of(const Machine& machine, double bytes) {
  const auto holds = [&](const CpuCache& cache, int instances) {
    return bytes <= static_cast<double>(cache.bytes) * std::max(1, instances);
  };
  return holds(machine.l1d, 1)                     ? "L1"
         : holds(machine.l2, 1)                    ? "L2"
         : holds(machine.l3, machine.l3.instances) ? "L3"
                                                   : "DRAM";
}

/// "DRAM read 33.0 GB/s of 34.1": what was reached, of what this number of threads can reach.
std::string reached(const Row& row) {
  const bool arithmetic = row.floor_name.starts_with("FMA");
  const double amount =
      arithmetic ? row.flops.value_or(0) : row.bytes_in.value_or(0) + row.bytes_out.value_or(0);
  return row.floor_name + " " + format_significant(amount / *row.compute_s / 1e9) +
         (arithmetic ? " GFLOP/s of " : " GB/s of ") + format_significant(amount / *row.floor_s / 1e9);
}

std::string table_of(const ByThreads& rows, int width) {
  TextTable table;
  const auto add = [&](const char* header, const std::function<std::string(const Row&)>& cell) {
    std::vector<std::string> cells;
    for (const Row* row : rows) cells.push_back(cell(*row));
    table.add(header, std::move(cells));
  };
  const Row& fewest = *rows.front();
  add("threads", [](const Row& row) { return std::to_string(row.threads); });
  add("call", [](const Row& row) { return format_seconds(*row.call_s); });
  add("+-", half_width_text);
  add("speed-up", [&](const Row& row) { return format_ratio(speed_up(row, fewest)); });
  add("efficiency",
      [&](const Row& row) { return format_percent(speed_up(row, fewest) * fewest.threads / row.threads); });
  add("of ceiling", [](const Row& row) {
    const Number share = share_of_ceiling(row);
    return share ? format_percent(*share) + " of " + row.floor_name : std::string();
  });
  return table.text(width);
}

/// ", starting and joining 2 threads takes 1.20 us, the call 5.59 us"; empty where that is nothing beside it.
std::string team_text(const Row& at, const Row& next, const Calibration* calibration) {
  const std::optional<double> team_s =
      calibration ? team_s_of(*calibration, next.threads) : std::optional<double>();
  if (!team_s || *team_s < costs_much * *at.call_s) return {};
  return "starting and joining " + threads_text(next.threads) + " takes " + format_seconds(*team_s) +
         ", the call " + format_seconds(*at.call_s);
}

/// Why more threads than rows[flat] has do not help; rows[flat] is not the last.
std::string explanation(const ByThreads& rows, std::size_t flat, const Calibration* calibration) {
  const auto share = [](const Row* row) { return share_of_ceiling(*row); };
  const auto is_known = [&](const Row* row) { return share(row).has_value(); };
  const Row& at = *rows[flat];
  const std::string team = team_text(at, *rows[flat + 1], calibration);
  const std::span<const Row* const> beyond(rows.begin() + static_cast<std::ptrdiff_t>(flat), rows.end());
  if (!std::ranges::all_of(beyond, is_known)) return team.empty() ? "" : ": " + team;  // no ceilings
  // A ceiling that rises with the threads does not explain a time that stays.
  if (std::ranges::all_of(beyond, [&](const Row* row) { return *share(row) >= explains; }))
    return ": " + reached(at) + " explains it";
  const Row& lowest = **std::ranges::min_element(beyond, {}, [&](const Row* row) { return *share(row); });
  const std::string below =
      threads_text(lowest.threads) + (lowest.threads == 1 ? " reaches " : " reach ") + reached(lowest);
  return team.empty() ? ": no ceiling explains it, " + below : ": " + team + "; " + below;
}

std::string sentence(const ByThreads& rows, const Calibration* calibration) {
  const Row& fewest = *rows.front();
  const Row& most = *rows.back();
  const std::string end = share_of_ceiling(most) ? "; " + reached(most) : std::string();
  if (rows.size() == 1)
    return "measured with " + threads_text(fewest.threads) + " only: nothing to compare" + end;
  const std::size_t flat = flat_from(rows);
  if (flat + 1 == rows.size())
    return "no flat spot up to " + threads_text(most.threads) +
           ", the most measured: " + format_ratio(speed_up(most, fewest)) + " of " +
           threads_text(fewest.threads) + end;
  std::string text = "flat from " + threads_text(rows[flat]->threads) + explanation(rows, flat, calibration);
  const double slower = *most.call_s / *rows[flat]->call_s;
  if (slower > near_best)
    text += "; " + threads_text(most.threads) + " take " + format_ratio(slower) + " as long";
  return text;
}

/// What may have made the sentence wrong.
std::string doubts(const ByThreads& rows, const Calibration* calibration) {
  const bool disturbed = std::ranges::any_of(rows, [](const Row* row) {
    return too_often_disturbed(row->disturbed_samples.value_or(0),
                               static_cast<std::size_t>(row->samples.value_or(0)));
  });
  const bool guessed = calibration && !std::ranges::all_of(rows, [&](const Row* row) {
                         return is_quiet_for(*calibration, row->threads);
                       });
  if (!disturbed && !guessed) return {};
  return std::string("; provisional: disturbed ") + (disturbed ? "samples" : "") +
         (disturbed && guessed ? " and " : "") + (guessed ? "ceilings" : "");
}

}  // namespace

std::size_t flat_from(std::span<const Row* const> rows) {
  double best_s = *rows.front()->call_s;
  for (const Row* row : rows) best_s = std::min(best_s, *row->call_s);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = *rows[i];
    if (*row.call_s <= near_best * best_s || (row.call_low_s && *row.call_low_s <= best_s)) return i;
  }
  return rows.size() - 1;
}

std::string render_scaling(std::span<const Row> rows, const Machine& machine, const Calibration* calibration,
                           int width) {
  if (rows.empty()) return {};
  const double bytes = rows.front().bytes_in.value_or(0);
  std::string text = wrapped(group_title(rows.front()) + ": " + bytes_text(static_cast<std::size_t>(bytes)) +
                                 " of inputs, " + level_of(machine, bytes),
                             width, 2);
  std::vector<std::string> solvers;
  for (const Row& row : rows)
    if (std::ranges::find(solvers, row.solver) == solvers.end()) solvers.push_back(row.solver);
  for (const std::string& solver : solvers) {
    ByThreads own;
    for (const Row& row : rows)
      if (row.solver == solver && row.outcome == Outcome::ok && row.call_s) own.push_back(&row);
    if (own.empty()) continue;
    std::ranges::stable_sort(own, {}, [](const Row* row) { return row->threads; });
    text += '\n' + table_of(own, width) +
            wrapped(solver + ": " + sentence(own, calibration) + doubts(own, calibration), width, 2);
  }
  return text + render_endings(rows, width) + render_warnings(rows, width);
}

}  // namespace crossover
