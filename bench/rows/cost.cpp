#include "bench/rows/cost.hpp"

#include <algorithm>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/rows/naming.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

constexpr double calls = 1e6;

const Row* fastest(std::span<const Row> rows, bool device) {
  const Row* best = nullptr;
  for (const Row& row : rows)
    if (row.outcome == Outcome::ok && row.cost_per_million_calls && computes_on_device(row) == device &&
        starts_in_ordinary_memory(row) && (!best || *row.call_s < *best->call_s))
      best = &row;
  return best;
}

std::string costing(const Row& row) {
  return long_label(row) + " " + format_significant(*row.cost_per_million_calls);
}

}  // namespace

std::optional<double> price_of(const Row& row, const Prices& prices) {
  return computes_on_device(row) ? prices.gpu_per_s : prices.cpu_per_s;
}

void charge(std::span<Row> rows, const Prices& prices) {
  for (Row& row : rows)
    if (const auto price = price_of(row, prices); price && row.outcome == Outcome::ok && row.call_s)
      row.cost_per_million_calls = *price * *row.call_s * calls;
}

std::string render_cost(std::span<const Row> rows, int width) {
  const Row *cpu = fastest(rows, false), *gpu = fastest(rows, true);
  if (!cpu || !gpu || *cpu->call_s <= 0 || *gpu->call_s <= 0) return {};
  const double price =
      (*cpu->cost_per_million_calls / *cpu->call_s) / (*gpu->cost_per_million_calls / *gpu->call_s);
  const Faster by_cost = by_intervals(*cpu, *gpu, price);
  if (by_cost == by_intervals(*cpu, *gpu)) return {};
  const std::string both = costing(*cpu) + ", " + costing(*gpu) + " per million calls";
  switch (by_cost) {
    case Faster::a:
    case Faster::b: {
      const Row& winner = by_cost == Faster::a ? *cpu : *gpu;
      const Row& loser = by_cost == Faster::a ? *gpu : *cpu;
      return wrapped("by cost, " + long_label(winner) + " is " +
                         format_ratio(*loser.cost_per_million_calls / *winner.cost_per_million_calls) +
                         " cheaper: " + both,
                     width, 2);
    }
    case Faster::tie: return wrapped("by cost it is a tie, within 3%: " + both, width, 2);
    case Faster::undecided: break;
  }
  return wrapped("by cost it is unclear: " + both, width, 2);
}

}  // namespace crossover
