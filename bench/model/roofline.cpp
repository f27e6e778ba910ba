#include "bench/model/roofline.hpp"

#include <algorithm>

#include "bench/model/figures.hpp"

namespace crossover {
namespace {

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

/// Caches of their own, one for each thread; an L3 is taken to be one for all.
double capacity(const LevelFigures& level, int threads) {
  return static_cast<double>(level.bytes) * (level.name == "L3" ? 1 : threads);
}

/// What fits a cache is read from there again, the rest from the next level.
Roofline memory_roofline(const Profile& profile, int threads, double bytes) {
  Roofline roofline;
  double held = 0;  // in the levels before
  for (const LevelFigures& level : profile.levels) {
    if (held >= bytes) break;
    if (level.name + " read" == roofline.bound) continue;  // with another number of threads
    const LevelFigures& figures = *with_threads(
        profile.levels, threads, [&](const LevelFigures& other) { return other.name == level.name; });
    const bool is_last = level.name == profile.levels.back().name;
    const double here =
        is_last ? bytes - held : std::clamp(capacity(level, threads) - held, 0.0, bytes - held);
    roofline.seconds = roofline.seconds + seconds_at(figures.read_bytes_per_s, here);
    roofline.bound = level.name + " read";
    held += here;
  }
  return roofline;
}

Roofline larger(Roofline a, Roofline b) { return b.seconds.value > a.seconds.value ? b : a; }

}  // namespace

Roofline host_roofline(const Profile& profile, Type type, int threads, double bytes, double flops) {
  Roofline arithmetic;
  // No processor of today adds 64-bit integers faster than it multiplies and adds doubles.
  const Type rated = type == Type::f32 ? Type::f32 : Type::f64;
  if (const RateFigures* rate =
          with_threads(profile.rates, threads, [&](const RateFigures& other) { return other.type == rated; }))
    arithmetic = {seconds_at(rate->flops_per_s, flops), std::string("FMA ") + name_of(rated)};
  return larger(memory_roofline(profile, threads, bytes), arithmetic);
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
