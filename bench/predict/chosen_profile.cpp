#include "bench/predict/chosen_profile.hpp"

#include <filesystem>

#include "bench/base/log.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/machine/calibration.hpp"

namespace crossover {
namespace {

bool is_kept(const std::filesystem::path& path) {
  std::error_code unknown;
  return !path.empty() && std::filesystem::is_regular_file(path, unknown);
}

/// From the cache.
Profile kept_profile(const std::filesystem::path& path) {
  if (const std::string why = why_not_cache(path); !why.empty()) throw UsageError(why);
  return load_profile(path);
}

/// Of CPU and cores: no driver is started to look for a GPU.
std::string foreign_text(const Profile& profile, const Machine& machine) {
  const std::string gpu = profile.device ? profile.device->name : std::string();
  const std::string other = differences(profile, machine.cpu, machine.cores, gpu);
  return other.empty() ? other : "the profile '" + profile.label + "' is another machine's: " + other;
}

Profile named_profile(const Options& options, const Machine& machine) {
  Profile profile = load_profile(options.profile);
  if (const std::string other = foreign_text(profile, machine); !other.empty() && !options.quiet)
    log_warning(other);
  return profile;
}

Profile profile_to_read(const Options& options, const Machine& machine) {
  if (!options.profile.empty()) return named_profile(options, machine);
  const std::filesystem::path kept = profile_cache_path(machine);
  if (!is_kept(kept))
    throw UsageError(
        "there is no profile of this machine yet: run crossover calibrate, or name one with --profile FILE");
  return kept_profile(kept);
}

}  // namespace

Profile chosen_profile(const Options& options, const Machine& machine) {
  Profile profile = profile_to_read(options, machine);
  for (const std::string& warning : profile.warnings)
    log_warning("the profile '" + profile.label + "': " + warning);
  return profile;
}

std::optional<Profile> profile_if_any(const Options& options, const Machine& machine) {
  if (!options.profile.empty()) return named_profile(options, machine);
  const std::filesystem::path kept = profile_cache_path(machine);
  if (!is_kept(kept)) return std::nullopt;
  try {
    return kept_profile(kept);
  } catch (const UsageError& error) {
    log_warning(std::string("no predictions: ") + error.what());
    return std::nullopt;
  }
}

}  // namespace crossover
