// A calibration is kept in the user's cache directory, with its date.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "bench/base/json_field.hpp"
#include "bench/base/output_file.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/machine/calibration.hpp"

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

double positive(const JsonField& field) {
  const double value = field.number();
  if (!(value > 0)) field.reject("should be above 0");
  return value;
}

double not_negative(const JsonField& field) {
  const double value = field.number();
  if (value < 0) field.reject("should not be below 0");
  return value;
}

Calibration::Level calibrated_level(JsonField from) {
  return {.name = from.at("name").text(),
          .bytes = from.at("bytes").whole(),
          .instances = from.at("instances").count(),
          .read_gbytes_per_s_1 = positive(from.at("read_gbytes_per_s_1")),
          .read_gbytes_per_s_all = positive(from.at("read_gbytes_per_s_all")),
          .best_gbytes_per_s_1 = positive(from.at("best_gbytes_per_s_1")),
          .best_gbytes_per_s_all = positive(from.at("best_gbytes_per_s_all"))};
}

}  // namespace

Calibration calibration_of(const nlohmann::json& json, const std::string& name) {
  JsonField from(json, name);
  const JsonField version = from.at("version");
  if (version.whole() != static_cast<std::size_t>(calibration_version))
    version.reject("is " + std::to_string(version.whole()) + ": it was made by another version");
  Calibration result;
  const JsonField date = from.at("date_utc");
  result.date_utc = date.text();
  if (!age_days(result)) date.reject("is no date");
  result.threads = from.at("threads").count();
  const JsonField levels = from.at("levels");
  for (const JsonField& level : levels.items()) result.levels.push_back(calibrated_level(level));
  if (result.levels.empty()) levels.reject("is empty");
  result.fma_gflops_f32_1 = positive(from.at("fma_gflops_f32_1"));
  result.fma_gflops_f32_all = positive(from.at("fma_gflops_f32_all"));
  result.fma_gflops_f64_1 = positive(from.at("fma_gflops_f64_1"));
  result.fma_gflops_f64_all = positive(from.at("fma_gflops_f64_all"));
  result.timer_s = positive(from.at("timer_s"));
  if (const auto team_s = from.find("team_s")) result.team_s = not_negative(*team_s);
  result.disturbed_share = from.at("disturbed_share").number();
  result.took_s = positive(from.at("took_s"));
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

std::string why_not_cache(const fs::path& file) {
  const fs::path folder = file.parent_path();
  struct stat facts {};
  if (lstat(folder.c_str(), &facts) != 0) {
    const int error = errno;
    return error == ENOENT ? std::string() : folder.string() + ": " + std::strerror(error);
  }
  if (!S_ISDIR(facts.st_mode)) return folder.string() + " is not used: it is no folder, or a link to one";
  if (facts.st_uid != geteuid())
    return folder.string() + " is not used: it belongs to another user; XDG_CACHE_HOME names another place";
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return folder.string() + " is not used: others may write there; chmod 700 " + folder.string() +
           " once you have looked at what it holds";
  return {};
}

std::string make_cache(const fs::path& file) {
  const fs::path folder = file.parent_path();
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (error) return folder.parent_path().string() + ": " + error.message();
  if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return folder.string() + ": " + std::strerror(errno);
  return why_not_cache(file);
}

LoadedCalibration load_calibration(const fs::path& path) {
  std::error_code error;
  if (path.empty() || !fs::is_regular_file(path, error)) return {{}, "there is none yet"};
  if (const std::string why = why_not_cache(path); !why.empty()) return {{}, why};
  try {
    return {calibration_of(read_json(path), path.string()), {}};
  } catch (const UsageError& damage) {
    return {{}, std::string(damage.what()) + ": it is not used"};
  }
}

std::string save_calibration(const fs::path& path, const Calibration& calibration) {
  if (path.empty()) return "there is no cache directory: neither XDG_CACHE_HOME nor HOME is set";
  if (const std::string why = make_cache(path); !why.empty()) return why;
  try {
    write_whole(path, to_json(calibration).dump(1) + "\n");
  } catch (const OutputError& failure) {
    return failure.what();
  }
  return {};
}

std::optional<double> age_days(const Calibration& calibration) {
  std::tm parts{};
  const char* end = strptime(calibration.date_utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (!end || *end != '\0') return {};
  constexpr double day_s = 86400;
  return std::difftime(std::time(nullptr), timegm(&parts)) / day_s;  // in double: a year may be 9999
}

}  // namespace crossover
