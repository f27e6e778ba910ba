// The clocks: one that is steady and the same in every process of this machine, and the calendar's.
#pragma once

#include <chrono>
#include <string>

namespace crossover {

inline double steady_now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// For std::strftime(): "2026-05-01T12:00:00Z" where nothing else is asked for.
std::string utc_now(const char* format = "%Y-%m-%dT%H:%M:%SZ");

}  // namespace crossover
