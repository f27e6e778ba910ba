#include "bench/search/wall_search.hpp"

#include <algorithm>

#include "bench/plan/shapes.hpp"

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

std::string objection_at(const Options& options, Index size) {
  Options there = options;
  there.sizes[static_cast<std::size_t>(options.vary)] = {size};
  try {
    check_shapes(there);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

SizeRange range_of(const Options& options) {
  SizeRange range{options.vary_from, options.vary_to, {}, {}};
  const auto there_is = [&](Index size) { return objection_at(options, size).empty(); };
  if (!there_is(range.low)) {  // too small, as a corpus below k; else no size is any good
    const Boundary none = boundary_of(range.low, range.high, [&](Index size) { return !there_is(size); });
    if (!none.fails) throw UsageError("--vary: " + objection_at(options, range.low));
    range.begin = objection_at(options, *none.holds);
    range.low = *none.fails;
  }
  const Boundary some = boundary_of(range.low, range.high, there_is);
  range.high = *some.holds;
  if (some.fails) range.end = objection_at(options, *some.fails);
  return range;
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
