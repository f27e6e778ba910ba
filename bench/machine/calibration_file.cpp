// A calibration is kept in the user's cache directory, with its date.
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/machine/calibration.hpp"
#include "bench/machine/cgroup.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// Part of the file's name: raised when figures change their meaning, so that old files are not read.
constexpr int calibration_version = 1;

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211u;
  return hash;
}

/// Throws nlohmann::json::exception, or std::domain_error where a figure cannot be one.
double positive(const nlohmann::json& from, const char* name) {
  const double value = from.at(name).get<double>();
  if (!(value > 0) || !std::isfinite(value)) throw std::domain_error(std::string(name) + " is not positive");
  return value;
}

}  // namespace

Calibration calibration_of(const nlohmann::json& from) {
  if (from.at("version").get<int>() != calibration_version)
    throw std::domain_error("made by another version");
  Calibration result;
  result.date_utc = from.at("date_utc").get<std::string>();
  result.threads = from.at("threads").get<int>();
  if (result.threads < 1) throw std::domain_error("threads is not positive");
  for (const nlohmann::json& level : from.at("levels"))
    result.levels.push_back({.name = level.at("name").get<std::string>(),
                             .bytes = level.at("bytes").get<std::size_t>(),
                             .instances = level.at("instances").get<int>(),
                             .read_gbytes_per_s_1 = positive(level, "read_gbytes_per_s_1"),
                             .read_gbytes_per_s_all = positive(level, "read_gbytes_per_s_all"),
                             .best_gbytes_per_s_1 = positive(level, "best_gbytes_per_s_1"),
                             .best_gbytes_per_s_all = positive(level, "best_gbytes_per_s_all")});
  if (result.levels.empty()) throw std::domain_error("it has no levels");
  result.fma_gflops_f32_1 = positive(from, "fma_gflops_f32_1");
  result.fma_gflops_f32_all = positive(from, "fma_gflops_f32_all");
  result.fma_gflops_f64_1 = positive(from, "fma_gflops_f64_1");
  result.fma_gflops_f64_all = positive(from, "fma_gflops_f64_all");
  result.timer_s = positive(from, "timer_s");
  result.team_s = from.value("team_s", 0.0);
  if (!(result.team_s >= 0) || !std::isfinite(result.team_s)) throw std::domain_error("team_s is no time");
  result.disturbed_share = from.at("disturbed_share").get<double>();
  result.took_s = positive(from, "took_s");
  if (!age_days(result)) throw std::domain_error("its date cannot be read");
  return result;
}

nlohmann::json to_json(const Calibration& calibration) {
  nlohmann::json levels = nlohmann::json::array();
  for (const Calibration::Level& level : calibration.levels)
    levels.push_back({{"name", level.name},
                      {"bytes", level.bytes},
                      {"instances", level.instances},
                      {"read_gbytes_per_s_1", level.read_gbytes_per_s_1},
                      {"read_gbytes_per_s_all", level.read_gbytes_per_s_all},
                      {"best_gbytes_per_s_1", level.best_gbytes_per_s_1},
                      {"best_gbytes_per_s_all", level.best_gbytes_per_s_all}});
  nlohmann::json teams = nlohmann::json::array();
  for (const Calibration::Team& team : calibration.teams)
    teams.push_back({{"threads", team.threads},
                     {"best_gbytes_per_s", team.best_gbytes_per_s},
                     {"fma_gflops_f32", team.fma_gflops_f32},
                     {"fma_gflops_f64", team.fma_gflops_f64},
                     {"team_s", team.team_s},
                     {"disturbed_share", team.disturbed_share}});
  return {{"version", calibration_version},
          {"date_utc", calibration.date_utc},
          {"threads", calibration.threads},
          {"levels", levels},
          {"fma_gflops_f32_1", calibration.fma_gflops_f32_1},
          {"fma_gflops_f32_all", calibration.fma_gflops_f32_all},
          {"fma_gflops_f64_1", calibration.fma_gflops_f64_1},
          {"fma_gflops_f64_all", calibration.fma_gflops_f64_all},
          {"teams", teams},
          {"timer_s", calibration.timer_s},
          {"team_s", calibration.team_s},
          {"disturbed_share", calibration.disturbed_share},
          {"took_s", calibration.took_s}};
}

fs::path calibration_cache_path(const Machine& machine, std::span<const int> cpus) {
  return machine_cache_path(machine, "calibration", calibration_version, cpus);
}

fs::path machine_cache_path(const Machine& machine, const std::string& kind, int version,
                            std::span<const int> cpus) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (cache && fs::path(cache).is_absolute())  // relative ones are to be ignored (XDG base directories)
    folder = cache;
  else if (home && fs::path(home).is_absolute())
    folder = fs::path(home) / ".cache";
  else
    return {};
  std::string key = machine.cpu + "|" + std::to_string(machine.cores) + "|" + std::to_string(machine.usable) +
                    "|" + std::to_string(machine.l3.bytes) + "|" + std::to_string(version);
  for (const int cpu : cpus) key += "|cpu " + std::to_string(cpu);
  char hash[20];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(fnv1a(key)));
  return folder / "crossover" / (kind + "-" + hash + ".json");
}

LoadedCalibration load_calibration(const fs::path& path) {
  std::error_code error;
  if (path.empty() || !fs::is_regular_file(path, error)) return {{}, "there is none yet"};
  try {
    return {calibration_of(nlohmann::json::parse(read_text(path))), {}};
  } catch (const std::exception& damage) {
    return {{}, path.string() + " is not used: " + damage.what()};
  }
}

std::string save_calibration(const fs::path& path, const Calibration& calibration) {
  if (path.empty()) return "there is no cache directory: neither XDG_CACHE_HOME nor HOME is set";
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return path.parent_path().string() + ": " + error.message();
  const fs::path fresh = path.string() + "." + std::to_string(getpid());
  std::ofstream file(fresh);
  file << to_json(calibration).dump(1) << '\n';
  file.close();
  if (!file) {
    fs::remove(fresh, error);
    return fresh.string() + " could not be written";
  }
  fs::rename(fresh, path, error);
  if (!error) return {};
  const std::string reason = path.string() + ": " + error.message();
  fs::remove(fresh, error);
  return reason;
}

std::optional<double> age_days(const Calibration& calibration) {
  std::tm parts{};
  const char* end = strptime(calibration.date_utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (!end || *end != '\0') return {};
  const auto taken = std::chrono::system_clock::from_time_t(timegm(&parts));
  return std::chrono::duration<double>(std::chrono::system_clock::now() - taken).count() / 86400;
}

}  // namespace crossover
