// The walls that end a search, in the records of `crossover wall`: by arithmetic, as far as a search knows
// them.
#include <stdexcept>

#include "bench/search/find.hpp"
#include "bench/search/pair_search.hpp"
#include "bench/search/wall_search.hpp"

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

bool fits_at(const PairSearch& pair, std::size_t which, Index size, bool on_host) {
  const std::optional<Need> need = need_at(pair, which, size);
  return need && (on_host ? need->fits_host : need->fits_device && need->cannot.empty());
}

WallSide side_at(const PairSearch& pair, std::size_t which, Index size, bool on_host) {
  const std::optional<Need> need = need_at(pair, which, size);
  if (!need) return {.size = size};
  return {.size = size,
          .needed_bytes =
              on_host ? need->host_bytes() : static_cast<std::int64_t>(need->own.known_device_bytes())};
}

Wall wall_of(const PairSearch& pair, const Case& subject, std::size_t which, const Options& options,
             WallMemory memory) {
  const bool on_host = memory == WallMemory::host;
  Wall wall;
  wall.memory = memory;
  wall.planned = planned_row(options, pair.group_at(options.vary_from), subject);
  wall.strategy = subject.solver->strategy;
  const std::optional<Need> least = need_at(pair, which, options.vary_from);
  if (!least) {
    wall.unknown = "the bytes of the smallest size pass 64 bits";
    return wall;
  }
  wall.slack_bytes = on_host ? static_cast<std::int64_t>(process_slack_bytes) : 0;
  wall.available_bytes = static_cast<std::int64_t>(on_host ? least->available_host_bytes
                                                           : least->available_device_bytes.value_or(0));
  wall.limit = on_host ? least->limit : "what is free and allowed on the device";
  if (!on_host && !least->own.device_bytes) {
    wall.unknown = "what a library inside takes on the device is not known by arithmetic";
    return wall;
  }
  const Boundary found = boundary_of(options.vary_from, options.vary_to,
                                     [&](Index size) { return fits_at(pair, which, size, on_host); });
  if (found.holds) wall.last = side_at(pair, which, *found.holds, on_host);
  if (found.fails) wall.first = side_at(pair, which, *found.fails, on_host);
  return wall;
}

}  // namespace

std::vector<Wall> walls_of_pair(const PairSearch& pair, const std::vector<Case>& two,
                                const Options& options) {
  std::vector<Wall> walls;
  for (std::size_t which = 0; which < two.size(); ++which) {
    walls.push_back(wall_of(pair, two[which], which, options, WallMemory::host));
    if (!is_on_device(two[which])) continue;
    // A real device is given pieces where the whole does not fit; those are not simulated.
    const WallMemory memory = two[which].simulated ? WallMemory::device : WallMemory::device_in_pieces;
    walls.push_back(wall_of(pair, two[which], which, options, memory));
  }
  return walls;
}

}  // namespace crossover
