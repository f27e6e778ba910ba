#include "bench/flags/sim_flags.hpp"

#include <algorithm>
#include <array>

#include "bench/base/sizes.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/rows/cell.hpp"

namespace crossover {
namespace {

constexpr std::array names = {"sim-noise",  "sim-correlation", "sim-process",
                              "sim-spikes", "sim-drift",       "sim-throttle"};

double parse_share(const std::string& text) { return text == "0" || text == "0%" ? 0 : parse_percent(text); }

double parse_factor(const std::string& text) {
  try {
    const double factor = parse_number(text);
    if (factor >= 1 && factor <= 1000) return factor;
  } catch (const std::invalid_argument&) {
  }
  throw UsageError("'" + text + "' is no factor from 1 to 1000, as in 1.5");
}

Noise noise_of(const Flags& flags) {
  Noise noise;
  set(flags, "sim-noise", noise.spread, parse_share);
  set(flags, "sim-correlation", noise.correlation, parse_share);
  set(flags, "sim-process", noise.process, parse_share);
  set(flags, "sim-spikes", noise.spikes, parse_share);
  set(flags, "sim-drift", noise.drift, parse_share);
  set(flags, "sim-throttle", noise.throttle, parse_factor);
  return noise;
}

/// Data, and states of this machine.
void refuse_real_things(const Flags& flags, const Options& options) {
  if (!flags.inputs.empty())
    throw UsageError("--input: the simulated device reads no data: leave it out with --backend sim");
  for (const char* name : {"result", "rehearse", "concurrent"})
    if (flags.has(name))
      throw UsageError(std::string("--") + name +
                       ": the simulated device runs nothing: leave it out with --backend sim");
  if (options.cache == Cache::cold)
    throw UsageError("--cache cold: profiles know warm caches only: leave it out with --backend sim");
}

}  // namespace

std::span<const char* const> sim_flag_names() { return names; }

void set_simulation(const Flags& flags, Options& options) {
  if (std::ranges::find(options.backends, sim_backend_name) == options.backends.end()) {
    for (const char* name : names)
      if (flags.has(name))
        throw UsageError(std::string("--") + name +
                         " is of the simulated device: with --backend sim --profile FILE, or leave it out");
    return;
  }
  if (!knows_simulation(options.command))
    throw UsageError("--backend sim: run, plan and find know the simulated device, this command does not");
  if (!flags.has("profile"))
    throw UsageError(
        "--backend sim: --profile FILE is missing: the machine to simulate, as crossover calibrate -o FILE "
        "writes it");
  refuse_real_things(flags, options);
  options.simulated = std::make_shared<SimulatedMachine>(
      load_profile(text_of(flags, "profile")),
      Simulation{noise_of(flags), options.seed, options.host_memory_limit, options.device_memory_limit});
}

std::string simulation_text(const Flags& flags) {
  std::string text;
  for (const char* name : names)
    if (flags.has(name)) text += std::string(name) + "=" + text_of(flags, name) + "\n";
  return text;
}

}  // namespace crossover
