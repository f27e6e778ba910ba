#include "bench/calibrate/calibrate.hpp"

#include <cstdio>
#include <filesystem>

#include "bench/base/format.hpp"
#include "bench/base/interrupt.hpp"
#include "bench/base/log.hpp"
#include "bench/base/output_file.hpp"
#include "bench/base/printable.hpp"
#include "bench/base/progress.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/machine/calibration.hpp"
#include "bench/measure/timed_call.hpp"

namespace crossover {
namespace {

constexpr double device_share = 0.5;  // on top, for a device's figures and solvers

/// Where the profile goes; empty: nowhere to keep it.
std::string destination(const Options& options, const Machine& machine) {
  if (!options.output.empty()) return options.output;
  return profile_cache_path(machine).string();
}

void prepare(const Options& options, const std::string& path) {
  if (path.empty())
    throw UsageError(
        "there is no cache directory for the profile, neither XDG_CACHE_HOME nor HOME is set: give --output "
        "FILE");
  if (options.output.empty()) {
    if (const std::string why = make_cache(path); !why.empty())
      throw UsageError(why + "; or give --output FILE");
  } else if (std::error_code unknown;
             path != "-" && !options.force && std::filesystem::is_regular_file(path, unknown)) {
    throw UsageError("--output: " + path + " exists already: --force replaces it, another name keeps both");
  }
  check_writable(path);
}

Profile measure(const Options& options, const Machine& machine, Progress& progress) {
  const World clock = real_world({}, 0);
  const double start = clock.now();
  const double host_s = options.budget_given ? options.budget_s
                        : options.quick      ? calibrate_quick_s
                                             : calibrate_s;
  double allowed_s = host_s;
  const std::vector<ProbedDevice> devices = probe_devices(options.device);
  for (const auto& [backend, report] : devices)
    if (report.reason.empty() && backend->limits) allowed_s = (1 + device_share) * host_s;
  const Calibrating calibrating{
      .options = options,
      .machine = machine,
      .left_s = [&] { return allowed_s - (clock.now() - start); },
      .say =
          [&](const std::string& what) {
            progress.show("calibrating: " + what + ", " + format_seconds(clock.now() - start) + " of " +
                          format_seconds(allowed_s));
          },
  };
  Profile profile = measure_host(calibrating);
  measure_device(calibrating, devices, profile);
  if (!profile.device) allowed_s = host_s;
  measure_solvers(calibrating, devices, profile);
  return profile;
}

}  // namespace

int calibrate_command(const Options& options) {
  note_interrupts();
  const Machine machine = machine_facts();
  const std::string path = destination(options, machine);
  prepare(options, path);
  Progress progress(!options.quiet);
  try {
    const Profile profile = measure(options, machine, progress);
    progress.clear();
    write_whole(path, profile_text(profile));
    std::FILE* const stream = path == "-" ? stderr : stdout;
    if (stream == stdout || !options.quiet) print(stream, render_profile(profile));
    if (stream == stdout) print(stream, "\nwritten to " + path + "\n");
    return 0;
  } catch (const CalibrationInterrupted&) {
    progress.clear();
    print(stderr, "crossover: interrupted: nothing was written\n");
    return interrupted_status;
  } catch (const UsageError&) {
    throw;
  } catch (const OutputError&) {
    throw;
  } catch (const std::runtime_error& error) {
    progress.clear();
    print(stderr, std::string("crossover: the calibration ended: ") + error_text(error) + "\n");
    return 1;
  }
}

}  // namespace crossover
