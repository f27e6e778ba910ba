#include "bench/wall_search.hpp"

#include <algorithm>

namespace crossover {

Boundary boundary_of(Index low, Index high, const std::function<bool(Index)>& condition) {
  if (!condition(low)) return {{}, low};
  Index holds = low, fails = high;
  for (;;) {
    const Index next = holds > high / 2 ? high : std::max(holds + 1, 2 * holds);
    if (holds == high) return {high, {}};
    if (!condition(next)) {
      fails = next;
      break;
    }
    holds = next;
  }
  while (fails - holds > 1) {
    const Index between = holds + (fails - holds) / 2;
    (condition(between) ? holds : fails) = between;
  }
  return {holds, fails};
}

std::vector<Index> sizes_before(Index low, Index last, std::span<const double> shares,
                                const std::function<double(Index)>& bytes) {
  std::vector<Index> sizes;
  const double all = bytes(last);
  for (const double share : shares)
    if (const auto size = boundary_of(low, last, [&](Index at) { return bytes(at) <= share * all; }).holds)
      sizes.push_back(*size);
  sizes.push_back(last);
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

}  // namespace crossover
