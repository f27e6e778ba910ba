// What a calibration times: passes over one level of memory, multiply-adds, a team of threads, the clock.
// Each function returns the samples; what is made of them is for whoever asked. A pass takes some 40 us: on a
// busy machine many fit between two turns of other programs, whose slices are milliseconds, so that the best
// and most of the others are those of a quiet machine.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bench/machine/machine.hpp"
#include "common/array.hpp"

namespace crossover::passes {

/// Where passes run, the time that passed meanwhile, and the part of it in which they had a processor.
struct Presence {
  std::span<const int> cpus{};  ///< of thread i: cpus[i]; empty: any
  double wall_s = 0, cpu_s = 0;
};

/// How many passes make a figure.
struct Effort {
  int least = 16, most = 20'000;
  double seconds = 0.12;     ///< no further pass begins behind it, once there are `least`
  double settled_s = never;  ///< nor behind this, once `agreeing` of them lie within 3 % of the best
  double at_least = 0;       ///< what the best has to reach for that: a team does no less than one thread

  static constexpr double never = 1e9;
  static constexpr int agreeing = 16;
};

/// Private memory that nothing has touched. Throws std::bad_alloc.
class Region {
 public:
  explicit Region(std::size_t bytes);
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::byte* data_;
  std::size_t bytes_;
};

/// One level of memory and how it is read.
struct Level {
  std::string name;   ///< L1, L2, L3, DRAM (with a remark in brackets where it was measured small)
  std::size_t bytes;  ///< capacity of one instance; DRAM: the bytes it is measured on
  int instances = 1;
  enum class Share {
    own,
    all,
    part
  } share;  ///< each thread reads `working_bytes` of its own, all of them, a part
  std::size_t working_bytes;
  std::size_t pass_bytes;  ///< that each thread reads in a pass, about: the next goes on where it ended
  std::size_t forgotten_bytes = 0;  ///< read, untimed, before the first: what was there before is in no cache
};

/// Memory of this process that the levels are measured in, its pages touched.
class Arena {
 public:
  /// For up to `threads` threads: as much as DRAM figures want, less where memory (`user_limit_bytes`: of
  /// --host-memory-limit; 0: none) or the `touch_s` for first touches are short. `say` is told.
  Arena(Presence&, const Machine&, int threads, const std::function<void(const std::string&)>& say,
        std::size_t user_limit_bytes = 0, double touch_s = 2);

  /// L1 to DRAM, those that the machine is known to have and that fit what may be used.
  const std::vector<Level>& levels() const { return levels_; }

  /// Bytes per second of all threads together, one for each pass. Passes start together and end with the last
  /// thread.
  std::vector<double> read_rates(Presence&, const Level&, int threads, const Effort&) const;
  /// The same for memcpy from the first half of what is read to the second: bytes read and bytes written.
  std::vector<double> copy_rates(Presence&, const Level&, int threads, const Effort&) const;

 private:
  Level copied(const Level&, int threads) const;

  Region region_;
  std::vector<Level> levels_;
};

/// Operations per second of all threads together; f32 or f64.
std::vector<double> fma_rates(Presence&, Type, int threads, const Effort&);

/// Seconds of one clock read: a mean of 2000 for each sample.
std::vector<double> timer_costs_s();

/// What a call pays for a team: an empty parallel region, again and again, so that its threads are awake.
std::vector<double> team_costs_s(int threads, std::span<const int> cpus);

/// Seconds that the hypervisor gave to others since it started, all CPUs together.
double stolen_s();

/// The part of a presence's time in which its threads had no processor; `stolen_s` meanwhile.
double disturbed_share(const Presence&, double stolen_s);

}  // namespace crossover::passes
