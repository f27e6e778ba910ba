#include "bench/rows/cliff.hpp"

#include <algorithm>
#include <cmath>

#include "bench/base/format.hpp"

namespace crossover {
namespace {

constexpr double full = 0.8;  // of the free memory
constexpr double fall = 2;

/// And by a sample at least that nothing disturbed.
bool is_measured(const Row& row) {
  return row.outcome == Outcome::ok && row.call_s && *row.call_s > 0 && row.bytes_in && row.bytes_out &&
         row.flops && row.needed_host_bytes &&
         row.disturbed_samples.value_or(0) < std::max<std::int64_t>(1, row.samples.value_or(1));
}

double share(const Bytes& needed, const Bytes& available) {
  if (!needed || !available || *available <= 0) return 0;
  return static_cast<double>(*needed) / static_cast<double>(*available);
}

double bytes_per_s(const Row& row) { return (*row.bytes_in + *row.bytes_out) / *row.call_s; }
double flops_per_s(const Row& row) { return *row.flops / *row.call_s; }

}  // namespace

std::string cliff_before_wall(const Row& row, std::span<const Row> earlier) {
  const double host = share(row.needed_host_bytes, row.available_host_bytes);
  const double device = share(row.needed_device_bytes, row.available_device_bytes);
  if (!is_measured(row) || std::max(host, device) <= full) return {};
  const Row* neighbour = nullptr;  // the next smaller size
  for (const Row& other : earlier)
    if (is_measured(other) && is_same_case(row, other) && *other.needed_host_bytes < *row.needed_host_bytes &&
        (!neighbour || *other.needed_host_bytes > *neighbour->needed_host_bytes))
      neighbour = &other;
  if (!neighbour) return {};
  double fell =
      std::min(bytes_per_s(*neighbour) / bytes_per_s(row), flops_per_s(*neighbour) / flops_per_s(row));
  if (row.floor_s && neighbour->floor_s)  // another level of memory has another bandwidth: no cliff
    fell = std::min(fell, (*row.call_s / *row.floor_s) / (*neighbour->call_s / *neighbour->floor_s));
  if (!(fell > fall)) return {};
  return "a cliff before the wall: throughput fell " + format_ratio(fell) +
         " from the next smaller size, with " + format_percent(std::max(host, device)) + " of the free " +
         (device > host ? "device" : "host") + " memory needed";
}

}  // namespace crossover
