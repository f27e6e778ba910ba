#include "tests/shim/scheduler.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <utility>

thread_local constinit uint3 threadIdx{}, blockIdx{};
thread_local constinit dim3 blockDim{}, gridDim{};

namespace crossover::shim {

Machine& machine() {
  static thread_local Machine machine;
  return machine;
}

void Machine::run(const char* kernel, const void* instance, const Size& blocks, const Size& threads,
                  void (*body)(const void*), const void* argument) {
  if (running_) throw std::logic_error("a kernel cannot launch a kernel here");
  static std::mutex shared_memory;  // there is one of each shared array
  const std::lock_guard lock(shared_memory);
  kernel_ = kernel;
  instance_ = instance;
  body_ = body;
  argument_ = argument;
  threads_ = threads;
  gridDim = dim3(blocks.x, blocks.y, blocks.z);
  blockDim = dim3(threads.x, threads.y, threads.z);
  ++counts.launches;
  // In an order of its own: from anywhere, by a stride that meets every block.
  const std::uint64_t count = std::uint64_t{blocks.x} * blocks.y * blocks.z;
  std::uint64_t block = random.below(count), stride = 1 + random.below(count);
  while (std::gcd(stride, count) != 1) stride = 1 + random.below(count);
  for (std::uint64_t i = 0; i < count; ++i, block = (block + stride) % count) {
    blockIdx = {static_cast<unsigned>(block % blocks.x), static_cast<unsigned>(block / blocks.x % blocks.y),
                static_cast<unsigned>(block / blocks.x / blocks.y)};
    run_block();
  }
}

void Machine::run_block() {
  live_ = threads_.x * threads_.y * threads_.z;
  at_barrier_ = 0;
  warp_count_ = (live_ + 31) / 32;
  for (unsigned i = 0; i < warp_count_; ++i) {
    Warp& each = warps_[i];
    const unsigned lanes = std::min(32U, live_ - 32 * i);
    each.present = each.ready = lanes == 32 ? ~Lanes{0} : (Lanes{1} << lanes) - 1;
    each.in_warp = each.in_block = 0;
  }
  ++counts.blocks;
  counts.threads += live_;
  fibers_.at(live_ - 1);
  error_ = nullptr;
  running_ = true;
  warp_ = random.bit_of(ready_warps());
  switch_to(main_, warp_, random.bit_of(warp().ready));
  running_ = false;
  if (!error_) return;
  fibers_.reset();
  std::rethrow_exception(std::exchange(error_, nullptr));
}

void Machine::fiber() {
  for (;;) {
    try {
      body_(argument_);
      leave();
    } catch (...) {
      error_ = std::current_exception();
    }
    if (error_) switch_fibers(fibers_.at(32 * warp_ + lane_), main_);  // never to come back
  }
}

/// The end of a thread. It is started again in the next block.
void Machine::leave() {
  Warp& own = warp();
  own.ready &= ~lane_bit();
  --live_;
  if (own.in_warp && own.in_warp == own.live()) {
    if (std::string_view(own.barrier.call) != "__syncwarp") fail("a lane has left");
    release(own);
  }
  release_block_when_all_wait();
  go_on();
}

void Machine::switch_to(Fiber& from, unsigned to_warp, unsigned to_lane) {
  warp_ = to_warp;
  lane_ = to_lane;
  const unsigned index = 32 * to_warp + to_lane;
  threadIdx = {index % threads_.x, index / threads_.x % threads_.y, index / threads_.x / threads_.y};
  Fiber& to = fibers_.at(index);
  if (&from == &to) return;
  ++counts.switches;
  switch_fibers(from, to);
}

/// Somebody goes on, in this warp where it can and need not give way; returns when this thread's turn comes.
void Machine::go_on(bool give_way) {
  Fiber& own = fibers_.at(32 * warp_ + lane_);
  if (give_way || warp().ready == 0) {
    const unsigned others = ready_warps();
    if (others == 0 && live_ != 0) fail("deadlock");
    if (others == 0) return switch_fibers(own, main_);
    warp_ = random.bit_of(others);
  }
  switch_to(own, warp_, random.bit_of(warp().ready));
}

unsigned Machine::ready_warps() const {
  unsigned ready = 0;
  for (unsigned i = 0; i < warp_count_; ++i) ready |= (warps_[i].ready != 0 ? 1U : 0U) << i;
  return ready;
}

void Machine::release(Warp& each) {
  each.ready |= each.in_warp;
  each.in_warp = 0;
}

void Machine::release_block_when_all_wait() {
  if (at_barrier_ == 0 || at_barrier_ != live_) return;
  at_barrier_ = 0;
  for (unsigned i = 0; i < warp_count_; ++i) {
    warps_[i].ready |= warps_[i].in_block;
    warps_[i].in_block = 0;
  }
}

bool Machine::skips(const Place& where) {
  const auto is = [&](const Barrier& barrier) {
    return barrier.line == where.line() && barrier.column == where.column() &&
           barrier.file == where.file_name() && barrier.instance == instance_;
  };
  if (skipped && is(*skipped)) return true;
  for (auto& [barrier, times] : seen)
    if (is(barrier)) return ++times, false;
  seen[{kernel_, instance_, where.file_name(), where.line(), where.column()}] = 1;
  return false;
}

void Machine::wait_for_block(const Place& where) {
  if (skips(where)) return;
  const Waiting here{"__syncthreads", where};
  if (at_barrier_ == 0) barrier_ = here;
  if (!same_place(barrier_, here)) fail("threads of a block wait at different barriers");
  warp().ready &= ~lane_bit();
  warp().in_block |= lane_bit();
  ++at_barrier_;
  release_block_when_all_wait();
  go_on();
}

void Machine::wait_for_warp(const char* call, unsigned mask, const Place& where) {
  Warp& own = warp();
  const Waiting here{call, where};
  const bool shuffle = std::string_view(call) != "__syncwarp";
  bool give_way = false;
  if (!shuffle && skips(where)) return;
  if (own.in_warp == 0) own.barrier = here;
  if ((mask & own.present) != own.present) fail(std::string(call) + " without a full mask");
  if (!same_place(own.barrier, here)) fail("lanes of a warp wait at different calls");
  if (shuffle && own.live() != own.present) fail(std::string(call) + " after a lane has left");
  own.ready &= ~lane_bit();
  own.in_warp |= lane_bit();
  if (own.in_warp == own.live()) {
    release(own);
    own.parity ^= shuffle ? 1 : 0;
    give_way = random.bits() % 8 == 0;
  }
  go_on(give_way);
}

Exchanged Machine::exchange(unsigned mask, std::uint64_t value, const char* call, const Place& where) {
  Warp& own = warp();
  const unsigned lane = lane_;
  std::array<std::uint64_t, 32>& values = own.values[own.parity];
  values[lane] = value;
  wait_for_warp(call, mask, where);
  return {values.data(), own.present, lane};
}

void Machine::fail(const std::string& what) const {
  throw std::runtime_error(what + " in " + kernel_ + ", block (" + std::to_string(blockIdx.x) + ", " +
                           std::to_string(blockIdx.y) + ", " + std::to_string(blockIdx.z) + "), thread " +
                           std::to_string(32 * warp_ + lane_) + waiting());
}

std::string Machine::waiting() const {
  const auto count = [](Lanes lanes) { return std::to_string(std::popcount(lanes)); };
  const auto at = [](const Waiting& place) {
    return " at " + std::string(place.call) + " (" + place.where.file_name() + ":" +
           std::to_string(place.where.line()) + ")";
  };
  std::string text;
  if (at_barrier_ > 0)
    text +=
        "; " + std::to_string(at_barrier_) + " of " + std::to_string(live_) + " threads wait" + at(barrier_);
  for (unsigned i = 0; i < warp_count_; ++i)
    if (warps_[i].in_warp)
      text += "; " + count(warps_[i].in_warp) + " of " + count(warps_[i].present) + " lanes of warp " +
              std::to_string(i) + " wait" + at(warps_[i].barrier);
  return text;
}

[[noreturn]] void fiber_main() { machine().fiber(); }

}  // namespace crossover::shim
