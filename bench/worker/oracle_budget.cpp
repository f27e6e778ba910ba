#include "bench/worker/oracle_budget.hpp"

#include <algorithm>
#include <limits>

namespace crossover {
namespace {

constexpr double most_operations = 2e9;
constexpr double reference_bytes = 4;  // for each byte of outputs: wider types, and lists

}  // namespace

double affordable_operations(const Group& group, std::span<const Need> needs) {
  double spare = std::numeric_limits<double>::infinity();
  for (const Need& need : needs)
    spare = std::min(spare,
                     static_cast<double>(need.available_host_bytes) - static_cast<double>(need.host_bytes()));
  const Work work = group.problem->work(group.shape, group.type);
  const double share = std::max(spare, 0.0) / (reference_bytes * work.bytes_out);
  return share >= 1 ? most_operations : share * std::min(most_operations, work.flops);
}

}  // namespace crossover
