// A machine's profile: what it can do, in figures with intervals, as `crossover calibrate` takes them and
// keeps them in a JSON file. Predictions, the simulated device and decisions rest on it and on nothing else,
// so that a profile of another machine answers as well. results/profile.md explains every field.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/machine/machine.hpp"
#include "common/problem.hpp"

namespace crossover {

inline constexpr int profile_version = 1;

/// A median with its interval at 99 %; where too few samples gave one, low and high are their extremes.
struct Figure {
  double value = 0, low = 0, high = 0;
};

/// So many seconds for each time, and so many for each byte.
struct Cost {
  Figure fixed_s;
  Figure bytes_per_s;  ///< 0: it does not grow with the bytes
};

/// Several threads, or one, reading and copying data that lives in one level of memory. A copy counts the
/// bytes read and those written.
struct LevelFigures {
  std::string name;       ///< L1, L2, L3, DRAM
  std::size_t bytes = 0;  ///< capacity of one instance; DRAM: bytes it was measured on
  int threads = 1;
  Figure read_bytes_per_s;
  std::optional<Figure> copy_bytes_per_s{};
};

struct RateFigures {
  Type type;  ///< f32 or f64
  int threads = 1;
  Figure flops_per_s;  ///< fused multiply-adds, two operations each
};

/// One way of moving data between host and device memory.
struct LinkFigures {
  std::string transfer;  ///< pageable, pinned
  Cost upload, download;
};

struct DeviceFigures {
  std::string name;
  std::map<std::string, std::string> facts{};  ///< compute capability, driver, link
  std::size_t total_bytes = 0, free_bytes = 0, l2_bytes = 0;
  Figure launch_s;       ///< a kernel that does nothing, and the synchronisation after it
  Figure synchronize_s;  ///< with nothing queued
  std::vector<LinkFigures> links{};
  Cost allocate, release, pin;
  Figure read_bytes_per_s, l2_read_bytes_per_s, copy_bytes_per_s;  ///< device memory, L2, device to device
  Figure f32_flops_per_s, f64_flops_per_s;
  std::optional<Figure> product_flops_per_s{};  ///< of a large FP32 product by cuBLAS; empty: not there
  std::map<std::string, Figure> startup_s{};    ///< by part: driver, context, kernel, library, product
};

/// What a solver took at one shape. Only `compute` for a host: it uploads nothing.
struct SolverPoint {
  Shape shape;
  Figure compute_s;
  Figure call_s;      ///< without the harness's synchronisation between phases
  Figure allocate_s;  ///< outputs, workspace, device copies
  Figure release_s;
};

struct SolverFigures {
  std::string problem;
  Type type;
  std::string backend, solver;
  int threads = 1;
  std::vector<SolverPoint> points{};
  std::optional<std::size_t> host_bytes_beyond{};  ///< workspace at the largest point; empty: not known
};

struct Profile {
  std::string source = "measured";  ///< or modelled: changed by a "what if", or written by hand
  std::string label, date_utc, commit, compiler, cpu;
  int cores = 1, threads = 1;  ///< of the machine; that "all" was
  std::size_t memory_bytes = 0;
  Figure timer_s;   ///< cost of one clock read
  Figure launch_s;  ///< of a process: from starting the program to its end when nothing is asked of it
  std::map<int, Figure> team_s{};  ///< to start and join a team of so many threads that is awake
  std::vector<LevelFigures> levels{};
  std::vector<RateFigures> rates{};
  std::optional<DeviceFigures> device{};
  std::string no_device{};  ///< why there is none; empty where there is one
  std::vector<SolverFigures> solvers{};
  std::vector<std::string> warnings{};  ///< other programs had the processors; a link changed its width
};

/// Throws UsageError with a sentence that names the file and the field: not JSON, cut, another kind of file,
/// another version, a missing field, a figure that cannot be one. Unknown fields, and problems that this
/// program does not have, are left out with a warning on stderr.
Profile load_profile(const std::filesystem::path&);
/// `name`: of the file, for sentences.
Profile profile_of(const nlohmann::json&, const std::string& name);
nlohmann::ordered_json to_json(const Profile&);

/// The same for what is known of one solver; empty where this program does not have the problem.
std::optional<SolverFigures> solver_figures_of(const nlohmann::json&, const std::string& name);
nlohmann::ordered_json to_json(const SolverFigures&);

/// What load_profile() reads: the JSON, a line for whatever fits into one.
std::string profile_text(const Profile&);

/// Where `calibrate` keeps this machine's profile: beside calibration_cache_path(); empty where that is.
std::filesystem::path profile_cache_path(const Machine&);

/// In what the profile's machine differs from this one, in a sentence; empty where in nothing. `cpu`, `cores`
/// and `device` are this machine's; `device` is empty where there is none.
std::string differences(const Profile&, const std::string& cpu, int cores, const std::string& device);

}  // namespace crossover
