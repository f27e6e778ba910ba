// The time that no correct answer can beat, from what was calibrated. Every choice here errs towards
// less time: fastest passes, operations as if each were half of a fused multiply-add, threads as if they
// stood on different instances of a cache, and no charge for writing other than reading's.
#include <algorithm>

#include "bench/machine/calibration.hpp"

namespace crossover {
namespace {

/// What `threads` of the calibrated threads reach: as one each, never more than all together.
double scaled(double one, double all, int threads, int all_threads) {
  if (threads >= all_threads) return std::max(one, all);
  return std::min(one * threads, std::max(one, all));
}

/// What was measured for just that many threads; null where nothing was.
const Calibration::Team* team_of(const Calibration& calibration, int threads) {
  const auto found = std::ranges::find(calibration.teams, threads, &Calibration::Team::threads);
  return found == calibration.teams.end() ? nullptr : &*found;
}

double capacity(const Calibration::Level& level, int threads) {
  return static_cast<double>(level.bytes) * std::clamp(threads, 1, std::max(1, level.instances));
}

}  // namespace

std::optional<double> team_s_of(const Calibration& calibration, int threads) {
  const Calibration::Team* const team = team_of(calibration, threads);
  const double seconds = team ? team->team_s : threads == calibration.threads ? calibration.team_s : 0;
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

bool is_quiet_for(const Calibration& calibration, int threads) {
  const Calibration::Team* const team = team_of(calibration, threads);
  return team ? team->disturbed_share < Calibration::noisy_share : calibration.is_quiet();
}

std::optional<Floor> floor_of(const Calibration& calibration, const Work& work, Type type, int threads,
                              double working_set_bytes) {
  std::optional<Floor> floor;
  const auto raise = [&](double seconds, const std::string& name) {
    if (seconds > 0 && (!floor || seconds > floor->seconds)) floor = Floor{seconds, name};
  };
  const std::vector<Calibration::Level>& levels = calibration.levels;
  const Calibration::Team* const team = team_of(calibration, threads);
  const auto rate = [&](std::size_t at) {
    const Calibration::Level& level = levels[at];
    if (team && at < team->best_gbytes_per_s.size()) return team->best_gbytes_per_s[at] * 1e9;
    return scaled(level.best_gbytes_per_s_1, level.best_gbytes_per_s_all, threads, calibration.threads) * 1e9;
  };

  if (!levels.empty()) {
    std::size_t at = 0;  // the first level that holds it; the last one holds everything
    while (at + 1 < levels.size() && working_set_bytes > capacity(levels[at], threads)) ++at;
    const double bytes = work.bytes_in + work.bytes_out;
    double seconds = rate(at) > 0 ? bytes / rate(at) : 0;
    if (at > 0 && rate(at - 1) > 0) {
      // Part of a set little larger than the level above can still be found there. From four times its
      // size on, the bandwidth was measured under the same condition.
      const double above = capacity(levels[at - 1], threads);
      const double found = working_set_bytes < 4 * above ? above / working_set_bytes : 0;
      seconds = (1 - found) * seconds + found * std::min(seconds, bytes / rate(at - 1));
    }
    raise(seconds, levels[at].name.substr(0, levels[at].name.find(' ')) + " read");
  }

  const bool single = type == Type::f32;
  const auto flop_rate = [&](double one, double all, double measured) {
    return 1e9 * (team ? measured : scaled(one, all, threads, calibration.threads));
  };
  const double flops_per_s = single ? flop_rate(calibration.fma_gflops_f32_1, calibration.fma_gflops_f32_all,
                                                team ? team->fma_gflops_f32 : 0)
                                    : flop_rate(calibration.fma_gflops_f64_1, calibration.fma_gflops_f64_all,
                                                team ? team->fma_gflops_f64 : 0);
  // No processor of today adds 64-bit integers faster than it multiplies and adds doubles.
  if (flops_per_s > 0) raise(work.flops / flops_per_s, single ? "FMA f32" : "FMA f64");
  return floor;
}

}  // namespace crossover
