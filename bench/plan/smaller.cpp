#include "bench/plan/smaller.hpp"

#include <algorithm>

#include "bench/base/format.hpp"

namespace crossover {
namespace {

/// Of the one call that has no forecast from pieces: it is begun if there is time for a little more.
constexpr double margin = 1.1;

bool is_part_of(const Row& smaller, const Row& row) {
  return std::ranges::all_of(row.sizes, [&](const auto& size) {
    const auto found = smaller.sizes.find(size.first);
    return found != smaller.sizes.end() && found->second <= size.second;
  });
}

/// Seconds of the smaller call, where they say that the larger one is too slow if it grows with the
/// operations; else 0. A part that is too slow proves it; one that was quick enough may owe its time to what
/// every call pays, and pieces tell more. The case that is called once has none: there what was measured
/// counts, and nothing else.
double telling_seconds(const Row& smaller, const Group& group) {
  if (smaller.solver == group.once_solver)
    return smaller.outcome == Outcome::ok ? margin * smaller.call_s.value_or(0) : 0;
  const bool has_forecast = smaller.outcome == Outcome::too_slow || smaller.outcome == Outcome::not_run;
  return has_forecast ? smaller.forecast_s.value_or(0) : 0;
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
  row.outcome = Outcome::not_run;
  row.reason = out_of_time;
  return true;
}

bool settle_by_smaller(Row& row, const Group& group, std::span<const Row> earlier, double now_s) {
  if (!row.flops) return false;
  const CallLimit limit = call_limit(group, row.solver, now_s);
  const Row* largest = nullptr;
  for (const Row& smaller : earlier) {
    if (!is_same_case(smaller, row) || !is_part_of(smaller, row) || smaller.flops.value_or(0) <= 0) continue;
    if (telling_seconds(smaller, group) * *row.flops / *smaller.flops <= limit.seconds()) continue;
    if (!largest || *smaller.flops > *largest->flops) largest = &smaller;
  }
  if (!largest) return false;
  const bool measured = largest->outcome == Outcome::ok;
  const double smaller_s = measured ? *largest->call_s : *largest->forecast_s;
  row.forecast_s = smaller_s * *row.flops / *largest->flops;
  const double passing_s = telling_seconds(*largest, group) * *row.flops / *largest->flops;
  row.outcome = limit.outcome(passing_s);
  row.reason = "forecast from " + where(*largest, row) + ", where a call " +
               (measured ? "took " : "was forecast to take ") + format_seconds(smaller_s) + ": " +
               format_seconds(*row.forecast_s) + ", more than " + limit.text(passing_s);
  return true;
}

}  // namespace crossover
