#include "bench/base/progress.hpp"

#include <unistd.h>

#include <cstdio>

#include "bench/base/clock.hpp"
#include "bench/base/format.hpp"
#include "bench/base/printable.hpp"

namespace crossover {
namespace {

constexpr double shortest_gap_s = 0.1;

}  // namespace

Progress::Progress(bool wanted) : on_(wanted && isatty(STDERR_FILENO) == 1) {}

void Progress::show(const std::string& line) {
  if (!on_) return;
  const double now = steady_now_s();
  if (shown_ && now - last_s_ < shortest_gap_s) return;
  last_s_ = now;
  shown_ = true;
  std::fputs(("\r\033[K" + printable(shortened(line, 79))).c_str(), stderr);
  std::fflush(stderr);
}

void Progress::clear() {
  if (!on_ || !shown_) return;
  shown_ = false;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace crossover
