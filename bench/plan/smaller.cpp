#include "bench/plan/smaller.hpp"

#include <algorithm>

#include "bench/base/format.hpp"

namespace crossover {
namespace {

/// Of the one call that has no forecast from pieces: it is begun if there is time for a little more.
constexpr double margin = 1.1;
/// By how much the rate of a solver may differ between shapes with other inner axes (as `dim`).
constexpr double other_rate = 1.5;

bool is_part_of(const Row& smaller, const Row& row) {
  return std::ranges::all_of(row.sizes, [&](const auto& size) {
    const auto found = smaller.sizes.find(size.first);
    return found != smaller.sizes.end() && found->second <= size.second;
  });
}

/// What a smaller shape says of the time of a call there.
struct Evidence {
  double seconds = 0;  ///< 0: nothing
  const char* how = "";
};

Evidence evidence(const Row& smaller, const Group& group) {
  const bool too_slow = smaller.outcome == Outcome::too_slow;
  if (smaller.outcome == Outcome::ok) return {smaller.call_s.value_or(0), "took "};
  if ((too_slow || smaller.outcome == Outcome::not_run) && smaller.forecast_s)
    return {*smaller.forecast_s, "was forecast to take "};
  if (too_slow && (smaller.phase_reached == "call" || smaller.phase_reached == "compute"))
    return {group.timeout_s, "was stopped after "};  // by the clock: the strongest proof
  return {};
}

bool has_other_inner_axes(const Row& smaller, const Row& row, const Problem& problem) {
  return std::ranges::any_of(problem.axes, [&](const Axis& axis) {
    return axis.role == Role::inner && smaller.sizes.at(axis.name) != row.sizes.at(axis.name);
  });
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
  const Row* largest = nullptr;  // it decides: small shapes owe most of their time to what every call pays
  for (const Row& smaller : earlier)
    if (is_same_case(smaller, row) && is_part_of(smaller, row) && smaller.flops.value_or(0) > 0 &&
        evidence(smaller, group).seconds > 0 && (!largest || *smaller.flops > *largest->flops))
      largest = &smaller;
  if (!largest) return false;
  const bool measured = largest->outcome == Outcome::ok;
  const CallLimit limit = call_limit(group, row.solver, now_s);
  if (measured && !limit.once) return false;  // pieces tell more
  const auto [smaller_s, how] = evidence(*largest, group);
  const double forecast_s = smaller_s * *row.flops / *largest->flops;
  double passing_s = measured ? margin * forecast_s : forecast_s;
  if (has_other_inner_axes(*largest, row, *group.problem)) passing_s /= other_rate;
  if (passing_s <= limit.seconds()) return false;
  row.forecast_s = forecast_s;
  row.outcome = limit.outcome(passing_s);
  row.reason = "forecast from " + where(*largest, row) + ", where a call " + how + format_seconds(smaller_s) +
               ": " + format_seconds(forecast_s) + ", more than " + limit.text(passing_s);
  return true;
}

}  // namespace crossover
