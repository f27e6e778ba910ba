// The walls that end a search, in the records of `crossover wall`: by arithmetic, as far as a search knows
// them.
#include <stdexcept>

#include "bench/search/find.hpp"
#include "bench/search/pair_search.hpp"

namespace crossover {
namespace {

/// Empty where 64 bits do not hold the bytes, which fit nowhere.
std::optional<Need> need_at(const PairSearch& pair, std::size_t which, Index size) {
  try {
    return pair.needs(pair.group_at(size))[which];
  } catch (const std::overflow_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<Wall> walls_of_pair(const PairSearch& pair, const std::vector<Case>& two,
                                const Options& options) {
  std::vector<Wall> walls;
  for (std::size_t which = 0; which < two.size(); ++which) {
    const auto add = [&](WallMemory memory) {
      walls.push_back(wall_by_arithmetic(planned_row(options, pair.group_at(options.vary_from), two[which]),
                                         two[which], memory, options, options.vary_from, options.vary_to,
                                         [&](Index size) { return need_at(pair, which, size); }));
    };
    add(WallMemory::host);
    // A real device is given pieces where the whole does not fit; those are not simulated.
    if (is_on_device(two[which]))
      add(two[which].simulated ? WallMemory::device : WallMemory::device_in_pieces);
  }
  return walls;
}

}  // namespace crossover
