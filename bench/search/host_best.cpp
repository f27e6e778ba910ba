#include "bench/search/host_best.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "bench/base/statistics.hpp"
#include "bench/search/pair_search.hpp"

namespace crossover {
namespace {

constexpr int pilots = 3;

std::vector<Index> ends_and_middle(const Options& options) {
  const auto low = static_cast<double>(options.vary_from), high = static_cast<double>(options.vary_to);
  return {options.vary_from, std::llround(std::sqrt(low * high)), options.vary_to};
}

/// Empty where it cannot run, or would pass the timeout.
Number pilot_s(const Options& options, const Machine& machine, std::span<const ProbedDevice> devices,
               const Case& subject, Index size) {
  const std::vector<Case> alone = {subject};
  const PairSearch search(options, machine, devices, alone);
  const Group group = search.group_at(size);
  const std::vector<Need> needs = search.needs(group);
  Row row = planned_row(options, group, subject);
  if (settle(row, subject, group, needs.front(), report_of(devices, subject.backend), options)) return {};
  const PairJob job{group, options, machine, needs, pilots};
  std::vector<double> calls;
  bool is_right = true;
  const auto hear = [&](const Event& event) {
    const std::string& kind = event.at("event").get_ref<const std::string&>();
    if (kind == "failure" || (kind == "verified" && !event.at("ok"))) is_right = false;
    if (kind == "sample" && event.at("kind") == "call") calls.push_back(event.at("seconds").at("call"));
  };
  is_right = measure_or_simulate(job, hear).clean() && is_right;
  return is_right && !calls.empty() ? Number{median(calls)} : Number{};
}

}  // namespace

std::size_t fastest_of(std::span<const Pilots> all) {
  constexpr double absent = 1000;
  std::vector<double> scores(all.size());
  bool any = false;
  for (std::size_t at = 0; at < (all.empty() ? 0 : all.front().call_s.size()); ++at) {
    double least = std::numeric_limits<double>::infinity();
    for (const Pilots& each : all) least = std::min(least, each.call_s[at].value_or(least));
    if (!std::isfinite(least)) continue;
    any = true;
    for (std::size_t i = 0; i < all.size(); ++i)
      scores[i] += std::log(all[i].call_s[at] ? *all[i].call_s[at] / least : absent);
  }
  if (!any) throw std::invalid_argument("none was run");
  return static_cast<std::size_t>(std::ranges::min_element(scores) - scores.begin());
}

Case measured_best(const Options& options, const Machine& machine, std::span<const ProbedDevice> devices,
                   std::span<const Case> hosts, const std::function<void(const std::string&)>& note) {
  std::vector<Pilots> all;
  for (const Case& subject : hosts) {
    Pilots& one = all.emplace_back(Pilots{label_of(subject), {}});
    for (const Index size : ends_and_middle(options))
      one.call_s.push_back(pilot_s(options, machine, devices, subject, size));
  }
  std::size_t best = 0;
  try {
    best = fastest_of(all);
  } catch (const std::invalid_argument&) {
    throw UsageError("no CPU solver can run at the ends or in the middle of --vary's range");
  }
  const auto ran = std::ranges::count_if(
      all, [](const Pilots& each) { return std::ranges::any_of(each.call_s, &Number::has_value); });
  note("the CPU's side is " + all[best].name + ", the fastest of " + std::to_string(ran) +
       " in pilot calls at the ends and the middle of the range; --compare names another");
  return hosts[best];
}

}  // namespace crossover
