// Where memory ends, by arithmetic: for `crossover wall`, which looks then, and for the ends of a search.
#include "bench/search/wall.hpp"
#include "bench/search/wall_search.hpp"

namespace crossover {
namespace {

bool fits(const Case& subject, const Need& need, WallMemory memory) {
  const bool able = need.cannot.empty();
  if (memory != WallMemory::host) return need.fits_device && able;
  return need.fits_host && (able || is_on_device(subject));
}

std::string limit_text(const Need& need, WallMemory memory, const Options& options) {
  if (!need.cannot.empty()) return need.cannot;
  if (memory == WallMemory::host) return need.limit;
  return options.device_memory_limit != 0
             ? "--device-memory-limit, or what is free on the device"
             : "what is free on the device, less " + bytes_text(device_slack_bytes) + " for libraries";
}

}  // namespace

std::int64_t needed_bytes(const Need& need, WallMemory memory) {
  return memory == WallMemory::host ? need.host_bytes()
                                    : static_cast<std::int64_t>(need.own.known_device_bytes());
}

Wall wall_by_arithmetic(Row planned, const Case& subject, WallMemory memory, const Options& options,
                        Index low, Index high, const NeedAt& need_at) {
  Wall wall;
  wall.memory = memory;
  wall.planned = std::move(planned);
  wall.strategy = subject.solver->strategy;
  const std::optional<Need> least = need_at(low);
  if (!least) {
    wall.unknown = "the bytes of the smallest size pass 64 bits";
    return wall;
  }
  const bool on_host = memory == WallMemory::host;
  wall.slack_bytes = on_host ? static_cast<std::int64_t>(process_slack_bytes) : 0;
  wall.available_bytes = static_cast<std::int64_t>(on_host ? least->available_host_bytes
                                                           : least->available_device_bytes.value_or(0));
  if (!on_host && !least->own.device_bytes) {
    wall.unknown = "what a library inside takes on the device is not known by arithmetic";
    return wall;
  }
  const Boundary found = boundary_of(low, high, [&](Index size) {
    const std::optional<Need> need = need_at(size);
    return need && fits(subject, *need, memory);
  });
  const auto side = [&](Index size) {
    const std::optional<Need> need = need_at(size);
    return WallSide{size, need ? needed_bytes(*need, memory) : 0, {}};
  };
  if (found.holds) wall.last = side(*found.holds);
  if (found.fails) wall.first = side(*found.fails);
  wall.limit = limit_text(need_at(found.fails.value_or(high)).value_or(*least), memory, options);
  return wall;
}

}  // namespace crossover
