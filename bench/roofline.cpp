#include "bench/roofline.hpp"

#include <algorithm>

#include "bench/figures.hpp"

namespace crossover {
namespace {

/// Part of a set that is little larger than a cache is still found there.
constexpr double spill = 2;

/// Of those of one kind, that with as many threads, or the next more, or the most.
template <class Figures>
const Figures* with_threads(const std::vector<Figures>& all, int threads, const auto& is_of_kind) {
  const Figures* best = nullptr;
  for (const Figures& candidate : all) {
    if (!is_of_kind(candidate)) continue;
    const bool enough = candidate.threads >= threads, had_enough = best && best->threads >= threads;
    if (!best || (enough && !had_enough) ||
        (enough == had_enough && (candidate.threads < best->threads) == enough))
      best = &candidate;
  }
  return best;
}

/// The first level that holds `bytes`, else the last; null: the profile has none.
const LevelFigures* level_of(const Profile& profile, int threads, double bytes) {
  const LevelFigures* found = nullptr;
  for (const LevelFigures& level : profile.levels) {
    if (found && found->name == level.name) continue;
    found = with_threads(profile.levels, threads,
                         [&](const LevelFigures& other) { return other.name == level.name; });
    if (bytes <= spill * static_cast<double>(level.bytes) * threads) break;
  }
  return found;
}

Roofline larger(Roofline a, Roofline b) { return b.seconds.value > a.seconds.value ? b : a; }

}  // namespace

Roofline host_roofline(const Profile& profile, Type type, int threads, double bytes, double flops) {
  Roofline memory, arithmetic;
  if (const LevelFigures* level = level_of(profile, threads, bytes))
    memory = {seconds_at(level->read_bytes_per_s, bytes), level->name + " read"};
  // No processor of today adds 64-bit integers faster than it multiplies and adds doubles.
  const Type rated = type == Type::f32 ? Type::f32 : Type::f64;
  if (const RateFigures* rate =
          with_threads(profile.rates, threads, [&](const RateFigures& other) { return other.type == rated; }))
    arithmetic = {seconds_at(rate->flops_per_s, flops), std::string("FMA ") + name_of(rated)};
  return larger(memory, arithmetic);
}

Roofline device_roofline(const DeviceFigures& device, Type type, double bytes, double flops) {
  const bool in_l2 = bytes <= static_cast<double>(device.l2_bytes) && device.l2_read_bytes_per_s.value > 0;
  const Figure& bandwidth = in_l2 ? device.l2_read_bytes_per_s : device.read_bytes_per_s;
  Roofline memory{seconds_at(bandwidth, bytes), in_l2 ? "device L2 read" : "device memory read"};
  Roofline arithmetic{seconds_at(type == Type::f32 ? device.f32_flops_per_s : device.f64_flops_per_s, flops),
                      std::string("FMA ") + (type == Type::f32 ? "f32" : "f64") + " of the device"};
  if (type == Type::f32 && device.product_flops_per_s &&
      device.product_flops_per_s->value > device.f32_flops_per_s.value)
    arithmetic = {seconds_at(*device.product_flops_per_s, flops), "product f32 of the device"};
  return larger(memory, arithmetic);
}

Limits limits_of(const Profile& profile, int threads) {
  Limits limits{.threads = threads};
  for (const LevelFigures& level : profile.levels) {
    if (level.name == "L2") limits.cache_bytes = level.bytes;
    if (level.name == "L2" || level.name == "L3") limits.last_level_bytes = level.bytes;
  }
  return limits;
}

}  // namespace crossover
