// A short calibration of this machine: how fast can each level of memory be read, how fast can it
// multiply and add. The floors that stand beside measured times are derived from it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/machine/machine.hpp"
#include "common/problem.hpp"

namespace crossover {

struct Calibration {
  struct Level {
    std::string name;   ///< L1, L2, L3, DRAM (with a remark in brackets where it was measured small)
    std::size_t bytes;  ///< capacity of one instance; DRAM: the bytes it was measured on
    int instances = 1;
    double read_gbytes_per_s_1 = 0, read_gbytes_per_s_all = 0;  ///< median pass, 1 and all threads
    double best_gbytes_per_s_1 = 0, best_gbytes_per_s_all = 0;  ///< fastest pass: floors use these
  };

  std::string date_utc;  ///< ISO 8601
  int threads = 1;       ///< what "all" was
  std::vector<Level> levels;
  double fma_gflops_f32_1 = 0, fma_gflops_f32_all = 0;  ///< fastest pass
  double fma_gflops_f64_1 = 0, fma_gflops_f64_all = 0;
  /// What another number of threads reaches: fastest passes, levels in the order of `levels`.
  struct Team {
    int threads;
    std::vector<double> best_gbytes_per_s;
    double fma_gflops_f32, fma_gflops_f64;
    double team_s = 0;
    double disturbed_share = 0;
  };
  std::vector<Team> teams;  ///< see obtain_teams()

  double timer_s = 0;          ///< cost of one clock read
  double team_s = 0;           ///< to start and join a team of `threads` that is awake; 0: not measured
  double disturbed_share = 0;  ///< of the passes' time, in which others had the processors; see is_quiet()
  double took_s = 0;

  static constexpr double noisy_share = 0.1;
  /// Others took so little that no better figures are to be expected.
  bool is_quiet() const { return disturbed_share < noisy_share; }
};

/// What a calibration may take.
struct CalibrationMeans {
  std::span<const int> cpus{};       ///< thread i is tied to cpus[i]; none where there are no CPUs
  double seconds = 4;                ///< on a machine that is busy all the time; a quiet one takes less
  std::size_t user_limit_bytes = 0;  ///< of memory; 0: none
};

/// Wants a process of its own.
Calibration calibrate(const Machine&, const CalibrationMeans& = {});

/// The figures of both, each the better one: other programs only ever make them worse. Of the same levels;
/// else `later`.
Calibration better_of(const Calibration& earlier, const Calibration& later);

/// Under $XDG_CACHE_HOME or ~/.cache, named by CPU, cores, version and the CPUs that threads are tied to;
/// empty where there is neither.
std::filesystem::path calibration_cache_path(const Machine&, std::span<const int> cpus = {});

/// A file of that kind in the same folder, named by the same facts and by `version`. Empty as above.
std::filesystem::path machine_cache_path(const Machine&, const std::string& kind, int version,
                                         std::span<const int> cpus = {});

/// Why such a file's folder may not be used, in a sentence: another user's, or one that others may write to.
/// Empty: it may, or is not there yet.
std::string why_not_cache(const std::filesystem::path& file);
/// Makes the folder, for this user alone. As above, and why it cannot be made.
std::string make_cache(const std::filesystem::path& file);

struct LoadedCalibration {
  std::optional<Calibration> calibration;
  std::string reason;  ///< why there is none
};
LoadedCalibration load_calibration(const std::filesystem::path&);
/// Replaces the file at once or not at all. Returns what went wrong, in a sentence; empty where nothing.
std::string save_calibration(const std::filesystem::path&, const Calibration&);
/// Days since it was taken; empty where its date cannot be read.
std::optional<double> age_days(const Calibration&);

nlohmann::json to_json(const Calibration&);
/// `name`: where it comes from, for sentences. Throws UsageError where a figure is missing or cannot be one.
Calibration calibration_of(const nlohmann::json&, const std::string& name);

struct Floor {
  double seconds;
  std::string name;  ///< "DRAM read", "FMA f32"
};

/// The time that no correct answer can beat: the larger of bytes / read bandwidth of the level that holds
/// the working set, and operations / FMA rate. Empty where there is neither work nor a rate.
std::optional<Floor> floor_of(const Calibration&, const Work&, Type, int threads, double working_set_bytes);

/// Seconds to start and join a team of that many threads; empty where nobody measured it.
std::optional<double> team_s_of(const Calibration&, int threads);

/// Whether floors for that many threads come from quiet figures.
bool is_quiet_for(const Calibration&, int threads);

/// Kernels with an instruction set chosen at run time; in calibration_kernels.cpp.
namespace kernels {
/// Reads every byte `repeats` times (a multiple of 512, 64-byte aligned); the value depends on all of them.
std::uint64_t read_all(const std::byte* data, std::size_t bytes, int repeats);
/// Independent chains of fused multiply-adds; returns the operations done, two for each.
double fma_f32(std::int64_t rounds, float* sink);
double fma_f64(std::int64_t rounds, double* sink);
const char* instruction_set();
}  // namespace kernels

}  // namespace crossover
