#include "bench/worker/breakeven.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "bench/base/format.hpp"

namespace crossover {
namespace {

constexpr double break_even_alpha = 0.01;
constexpr double never = std::numeric_limits<double>::infinity();

double uses_of(const BreakEvenBlock& block, double setup_s) {
  const double each_s = seconds_in(block.device, Phase::upload_fresh) +
                        seconds_in(block.device, Phase::compute) + seconds_in(block.device, Phase::download);
  const double gain_s = block.cpu_s - each_s;
  if (!(gain_s > 0)) return never;
  return std::max(0.0, setup_s + seconds_in(block.device, Phase::upload)) / gain_s;
}

double upload_s(const BreakEvenBlock& block) {
  return seconds_in(block.device, Phase::upload) + seconds_in(block.device, Phase::upload_fresh);
}

double link_of(const BreakEvenBlock& block, double bytes_up) {
  const double left_s = block.cpu_s - seconds_in(block.device, Phase::compute);
  if (!(left_s > 0)) return never;
  const double moving_s = upload_s(block) + seconds_in(block.device, Phase::download);
  return bytes_up / upload_s(block) * moving_s / left_s;
}

/// Smallest whole number above.
double whole_above(double uses) { return std::isfinite(uses) ? std::floor(uses) + 1 : uses; }

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];  // no mean of two: they may be infinite
}

std::string uses_text(double uses) {
  return !std::isfinite(uses) ? "never" : uses < 1e15 ? std::to_string(std::llround(uses)) : "1e15";
}
std::string link_text(double bytes_per_s) {
  return std::isfinite(bytes_per_s) ? format_significant(bytes_per_s / 1e9) + " GB/s" : "none";
}

}  // namespace

BreakEven break_even(std::span<const BreakEvenBlock> blocks, double setup_s, double bytes_up) {
  if (blocks.empty()) throw std::invalid_argument("no blocks to find a break-even in");
  std::vector<double> uses, links, now;
  for (const BreakEvenBlock& block : blocks) {
    uses.push_back(uses_of(block, setup_s));
    if (upload_s(block) <= 0) continue;
    links.push_back(link_of(block, bytes_up));
    now.push_back(bytes_up / upload_s(block));
  }
  BreakEven found{.uses = whole_above(middle(uses))};
  if (const auto interval = median_interval(uses, break_even_alpha))
    found.uses_interval = Interval{whole_above(interval->low), whole_above(interval->high)};
  if (links.empty()) return found;
  found.link_bytes_per_s = middle(links);
  found.link_interval = median_interval(links, break_even_alpha);
  found.link_now_bytes_per_s = median(now);
  return found;
}

std::string break_even_text(const BreakEven& found) {
  const auto between = [](const std::optional<Interval>& interval, auto&& text) {
    if (!interval || text(interval->low) == text(interval->high)) return std::string();
    return " (" + text(interval->low) + " to " + text(interval->high) + ")";
  };
  std::string text =
      std::isfinite(found.uses)
          ? "Kept on the device, the data has to be used " + uses_text(found.uses) +
                (found.uses == 1 ? " time" : " times") + between(found.uses_interval, uses_text) + " to pay"
          : "Even kept on the device, the data never pays" + between(found.uses_interval, uses_text);
  if (found.link_now_bytes_per_s <= 0) return text + ".";
  if (!std::isfinite(found.link_bytes_per_s))
    return text + "; no link is fast enough: the computation loses.";
  return text + "; a single call pays over a link of " + link_text(found.link_bytes_per_s) +
         between(found.link_interval, link_text) + ": this one has " + link_text(found.link_now_bytes_per_s) +
         ".";
}

}  // namespace crossover
