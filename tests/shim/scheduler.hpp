// The scheduler. A thread runs until it has to wait; then another lane of its warp goes on, and where none
// can, another warp. At a warp's barrier the warp sometimes gives way though it need not.
#pragma once

#include <array>
#include <bit>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/shim/device.hpp"
#include "tests/shim/fibers.hpp"
#include "tests/shim/shim.hpp"

namespace crossover::shim {

using Lanes = std::uint32_t;  // a bit for each lane of a warp

struct Waiting {
  const char* call = nullptr;
  Place where{};
};

inline bool same_place(const Waiting& a, const Waiting& b) {
  return a.where.line() == b.where.line() && a.where.column() == b.where.column() &&
         std::string_view(a.where.file_name()) == b.where.file_name();
}

struct Warp {
  Lanes present = 0, ready = 0, in_warp = 0, in_block = 0;  // in_...: waiting at a barrier of
  Waiting barrier{};                                        // where those in_warp wait
  int parity = 0;
  std::array<std::uint64_t, 32> values[2]{};  // in turn: some may still read the last exchange's

  Lanes live() const { return ready | in_warp | in_block; }
};

class Random {
 public:
  void seed(std::uint64_t value) { state_ = value * 0x9e3779b97f4a7c15U + 0x2545f4914f6cdd1dU; }

  /// xorshift64* (Vigna, 2016); the highest bits.
  std::uint32_t bits() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 0x2545f4914f6cdd1dU) >> 32);
  }
  std::uint64_t below(std::uint64_t end) { return ((std::uint64_t{bits()} << 32) | bits()) % end; }

  /// One of the bits that are set.
  unsigned bit_of(std::uint32_t set) {
    const unsigned turn = bits() & 31;
    return (static_cast<unsigned>(std::countr_zero(std::rotr(set, static_cast<int>(turn)))) + turn) & 31;
  }

 private:
  std::uint64_t state_ = 0x9e3779b97f4a7c15U;
};

/// Everything about the thread of the process that runs kernels.
class Machine {
 public:
  void run(const char* kernel, const void* instance, const Size& blocks, const Size& threads,
           void (*body)(const void*), const void* argument);
  void wait_for_block(const Place&);
  void wait_for_warp(const char* call, unsigned mask, const Place&);
  Exchanged exchange(unsigned mask, std::uint64_t value, const char* call, const Place&);
  [[noreturn]] void fiber();

  Random random;
  std::map<Barrier, int> seen;
  std::optional<Barrier> skipped;
  Counts counts;

 private:
  void run_block();
  bool skips(const Place&);
  void go_on(bool give_way = false);
  void switch_to(Fiber& from, unsigned warp, unsigned lane);
  void leave();
  void release(Warp&);
  void release_block_when_all_wait();
  unsigned ready_warps() const;
  [[noreturn]] void fail(const std::string& what) const;
  std::string waiting() const;

  Warp& warp() { return warps_[warp_]; }
  Lanes lane_bit() const { return Lanes{1} << lane_; }

  FiberPool fibers_;
  Fiber main_ = this_thread();
  const char* kernel_ = nullptr;
  const void* instance_ = nullptr;
  void (*body_)(const void*) = nullptr;
  const void* argument_ = nullptr;
  Size threads_{};
  std::array<Warp, 32> warps_{};
  unsigned warp_count_ = 0, warp_ = 0, lane_ = 0;
  unsigned live_ = 0, at_barrier_ = 0;  // threads
  Waiting barrier_{};                   // where those at_barrier_ wait
  std::exception_ptr error_;
  bool running_ = false;
};

/// This thread's.
Machine& machine();

}  // namespace crossover::shim
