#include "bench/search/capacities.hpp"

#include <algorithm>
#include <stdexcept>

namespace crossover {
namespace {

std::vector<std::size_t> each_once(std::vector<std::size_t> all) {
  std::erase(all, std::size_t{0});
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

bool fits(const Problem& problem, Shape shape, Type type, int axis, Index size, std::size_t capacity) {
  shape[axis] = size;
  try {
    return static_cast<std::size_t>(bytes_of(problem.in, shape, type)) <= capacity;
  } catch (const std::overflow_error&) {
    return false;
  }
}

}  // namespace

std::vector<std::size_t> cache_capacities(const Machine& machine, std::span<const ProbedDevice> devices) {
  const auto all_of = [](const CpuCache& cache) {
    return cache.bytes * static_cast<std::size_t>(cache.instances);
  };
  std::vector<std::size_t> all = {machine.l2.bytes, all_of(machine.l2), all_of(machine.l3)};
  for (const ProbedDevice& device : devices)
    if (device.report.reason.empty() && device.report.device.limits)
      all.push_back(device.report.device.limits->cache_bytes);
  return each_once(std::move(all));
}

std::vector<std::size_t> cache_capacities(const Profile& profile) {
  std::vector<std::size_t> all;
  for (const LevelFigures& level : profile.levels)
    if (level.name == "L2" || level.name == "L3") all.push_back(level.bytes);
  if (profile.device) all.push_back(profile.device->l2_bytes);
  return each_once(std::move(all));
}

std::vector<Index> sizes_at_capacities(const Problem& problem, Shape shape, Type type, int axis,
                                       std::pair<Index, Index> range,
                                       std::span<const std::size_t> capacities) {
  std::vector<Index> sizes;
  for (const std::size_t capacity : capacities) {
    if (!fits(problem, shape, type, axis, range.first, capacity) ||
        fits(problem, shape, type, axis, range.second, capacity))
      continue;
    Index fitting = range.first, over = range.second;
    while (over - fitting > 1) {
      const Index middle = fitting + (over - fitting) / 2;
      (fits(problem, shape, type, axis, middle, capacity) ? fitting : over) = middle;
    }
    if (sizes.empty() || sizes.back() != fitting) sizes.push_back(fitting);
  }
  return sizes;
}

}  // namespace crossover
