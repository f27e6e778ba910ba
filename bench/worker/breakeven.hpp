// From which reuse on, and from which speed of the link on, a device takes less time than the CPU.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "bench/base/statistics.hpp"
#include "bench/measure/events.hpp"

namespace crossover {

/// Infinite where nothing would do: the device is slower even with its data there.
struct BreakEven {
  /// Smallest whole number of calls with the same stationary inputs for which the device takes less time.
  double uses = 0;
  std::optional<Interval> uses_interval{};  ///< at 99 %
  /// Upload speed at which a call takes as long as the CPU's, both directions faster alike.
  double link_bytes_per_s = 0;
  std::optional<Interval> link_interval{};
  double link_now_bytes_per_s = 0;  ///< upload, as measured; 0: nothing is uploaded
};

/// One block: a call of the CPU's, and the phases of the device's.
struct BreakEvenBlock {
  double cpu_s;
  PhaseSeconds device;
};

/// `setup_s`: allocate + pin + release of the device's side, less the CPU's. `bytes_up`: all inputs. Throws
/// std::invalid_argument on no blocks.
BreakEven break_even(std::span<const BreakEvenBlock>, double setup_s, double bytes_up);

/// A sentence or two.
std::string break_even_text(const BreakEven&);

}  // namespace crossover
