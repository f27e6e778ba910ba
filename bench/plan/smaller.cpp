#include "bench/plan/smaller.hpp"

#include <algorithm>

#include "bench/base/format.hpp"

namespace crossover {
namespace {

/// Of the timeout: a call shorter than this may have been start-up for the most part, which does not grow.
constexpr double telling_share = 1.0 / 16;
/// A measured call is one event on a shared machine: where the limit is near, pieces tell more.
constexpr double margin = 2;

bool is_part_of(const Row& smaller, const Row& row) {
  return std::ranges::all_of(row.sizes, [&](const auto& size) {
    const auto found = smaller.sizes.find(size.first);
    return found != smaller.sizes.end() && found->second <= size.second;
  });
}

/// Seconds that the smaller call takes at least; 0 where it tells nothing. A case that is called once has no
/// pieces, and only what was measured counts.
double least_seconds(const Row& smaller, const Group& group) {
  const bool once = smaller.solver == group.once_solver;
  if (smaller.outcome == Outcome::too_slow) return once ? 0 : smaller.forecast_s.value_or(0);
  if (smaller.outcome != Outcome::ok) return 0;
  const double call_s = smaller.call_s.value_or(0);
  if (call_s < telling_share * group.timeout_s) return 0;
  return once ? call_s : call_s / margin;
}

/// "queries=1000", the sizes in which they differ.
std::string where(const Row& smaller, const Row& row) {
  std::string text;
  for (const auto& [axis, size] : smaller.sizes)
    if (row.sizes.find(axis)->second != size)
      text += (text.empty() ? "" : " ") + axis + "=" + std::to_string(size);
  return text.empty() ? "the same sizes" : text;
}

}  // namespace

bool settle_without_time(Row& row, const Group& group, double now_s) {
  if (now_s < group.deadline_s) return false;
  row.outcome = Outcome::too_slow;
  row.reason = out_of_time;
  return true;
}

bool settle_by_smaller(Row& row, const Group& group, std::span<const Row> earlier, double now_s) {
  if (!row.flops) return false;
  const CallLimit limit = call_limit(group, row.solver, now_s);
  const Row* largest = nullptr;
  for (const Row& smaller : earlier) {
    if (!is_same_case(smaller, row) || !is_part_of(smaller, row) || smaller.flops.value_or(0) <= 0) continue;
    if (least_seconds(smaller, group) * *row.flops / *smaller.flops <= limit.seconds) continue;
    if (!largest || *smaller.flops > *largest->flops) largest = &smaller;
  }
  if (!largest) return false;
  const bool measured = largest->outcome == Outcome::ok;
  const double smaller_s = measured ? *largest->call_s : *largest->forecast_s;
  row.outcome = Outcome::too_slow;
  row.forecast_s = smaller_s * *row.flops / *largest->flops;
  row.reason = "forecast from " + where(*largest, row) + ", where a call " +
               (measured ? "took " : "was forecast to take ") + format_seconds(smaller_s) + ": " +
               format_seconds(*row.forecast_s) + ", more than the timeout of " + limit.text;
  return true;
}

}  // namespace crossover
