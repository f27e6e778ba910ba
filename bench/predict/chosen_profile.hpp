// Which profile a command rests on: the file that was named, or the one that `calibrate` keeps.
#pragma once

#include <optional>
#include <string>

#include "bench/model/profile.hpp"
#include "bench/plan/options.hpp"

namespace crossover {

/// That of --profile, else the one kept for this machine. Throws UsageError where there is none, or where it
/// cannot be read. One of another CPU, or other cores, is told on stderr, unless --quiet.
Profile chosen_profile(const Options&, const Machine&);

/// The same for commands that can do without: empty where none is kept. A kept one that cannot be read is
/// told on stderr, and none.
std::optional<Profile> profile_if_any(const Options&, const Machine&);

}  // namespace crossover
