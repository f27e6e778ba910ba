// The time that no correct answer can beat, from what was calibrated. Every choice here errs towards
// less time: fastest passes, operations as if each were half of a fused multiply-add, threads as if they
// stood on different instances of a cache, and no charge for writing other than reading's.
#include <algorithm>

#include "bench/calibration.hpp"

namespace crossover {
namespace {

/// What `threads` of the calibrated threads reach: as one each, never more than all together.
double scaled(double one, double all, int threads, int all_threads) {
  if (threads >= all_threads) return std::max(one, all);
  return std::min(one * threads, std::max(one, all));
}

double capacity(const Calibration::Level& level, int threads) {
  return static_cast<double>(level.bytes) * std::clamp(threads, 1, std::max(1, level.instances));
}

}  // namespace

std::optional<Floor> floor_of(const Calibration& calibration, const Work& work, Type type, int threads,
                              double working_set_bytes) {
  std::optional<Floor> floor;
  const auto raise = [&](double seconds, const std::string& name) {
    if (seconds > 0 && (!floor || seconds > floor->seconds)) floor = Floor{seconds, name};
  };
  const auto rate = [&](const Calibration::Level& level) {
    return scaled(level.best_gbytes_per_s_1, level.best_gbytes_per_s_all, threads, calibration.threads) * 1e9;
  };

  const std::vector<Calibration::Level>& levels = calibration.levels;
  if (!levels.empty()) {
    std::size_t at = 0;  // the first level that holds it; the last one holds everything
    while (at + 1 < levels.size() && working_set_bytes > capacity(levels[at], threads)) ++at;
    const double bytes = work.bytes_in + work.bytes_out;
    double seconds = rate(levels[at]) > 0 ? bytes / rate(levels[at]) : 0;
    if (at > 0 && rate(levels[at - 1]) > 0) {
      // Part of a set little larger than the level above can still be found there. From four times its
      // size on, the bandwidth was measured under the same condition.
      const double above = capacity(levels[at - 1], threads);
      const double found = working_set_bytes < 4 * above ? above / working_set_bytes : 0;
      seconds = (1 - found) * seconds + found * std::min(seconds, bytes / rate(levels[at - 1]));
    }
    raise(seconds, levels[at].name.substr(0, levels[at].name.find(' ')) + " read");
  }

  const bool single = type == Type::f32;
  const double flops_per_s =
      1e9 * (single ? scaled(calibration.fma_gflops_f32_1, calibration.fma_gflops_f32_all, threads,
                             calibration.threads)
                    : scaled(calibration.fma_gflops_f64_1, calibration.fma_gflops_f64_all, threads,
                             calibration.threads));
  // No processor of today adds 64-bit integers faster than it multiplies and adds doubles.
  if (flops_per_s > 0) raise(work.flops / flops_per_s, single ? "FMA f32" : "FMA f64");
  return floor;
}

}  // namespace crossover
