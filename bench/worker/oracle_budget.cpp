#include "bench/worker/oracle_budget.hpp"

#include <algorithm>
#include <limits>

namespace crossover {
namespace {

constexpr double enough_operations = 2e9;  // within seconds: up to here all outputs are compared
constexpr double least_outputs = 64, fewest_outputs = 8;
constexpr double operations_per_s = 1e9;  // of the oracle, on one CPU
constexpr double reference_bytes = 4;     // for each byte of outputs: wider types, and lists

/// Bytes that every case leaves that is going to run; one that is refused takes none.
double spare_bytes(std::span<const Need> needs) {
  double spare = std::numeric_limits<double>::infinity();
  for (const Need& need : needs)
    if (need.fits())
      spare = std::min(
          spare, static_cast<double>(need.available_host_bytes) - static_cast<double>(need.host_bytes()));
  return std::max(spare, 0.0);
}

}  // namespace

double affordable_operations(const Group& group, std::span<const Need> needs, int cpus) {
  const Work work = group.problem->work(group.shape, group.type);
  const int map = group.problem->axis_with(Role::map);
  const double outputs = map < 0 ? 1 : static_cast<double>(group.shape[map]);
  const auto operations_of = [&](double count) {  // and as many as one output's for what all of them need
    return (std::min(count, outputs) + 1) * work.flops / outputs;
  };
  const double measuring_s = group.budget_s * static_cast<double>(std::max<std::size_t>(needs.size(), 1));
  const double in_that_time = operations_per_s * cpus * measuring_s;
  double operations = std::max(enough_operations, operations_of(least_outputs));
  if (operations > in_that_time)
    operations =
        std::min(operations, std::max({enough_operations, in_that_time, operations_of(fewest_outputs)}));
  const double share = spare_bytes(needs) / (reference_bytes * work.bytes_out);
  return share >= 1 ? operations : share * std::min(operations, work.flops);
}

}  // namespace crossover
