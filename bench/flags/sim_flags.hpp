// --backend sim, --profile and --sim-...: the simulated device as asked for on the command line.
#pragma once

#include "bench/flags/flags.hpp"

namespace crossover {

inline constexpr const char* sim_backend_name = "sim";

/// The commands that the simulated device answers.
inline bool knows_simulation(Command command) {
  return command == Command::run || command == Command::plan || command == Command::find;
}

/// Flags that only the simulated device has.
std::span<const char* const> sim_flag_names();

/// Loads --profile and makes Options::simulated where --backend names sim. Throws UsageError: a flag without
/// the backend, no profile or an unusable one, what cannot be simulated.
void set_simulation(const Flags&, Options&);

/// The flags that change results, as text; empty without the backend.
std::string simulation_text(const Flags&);

}  // namespace crossover
