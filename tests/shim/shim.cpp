#include "tests/shim/shim.hpp"

#include "tests/shim/scheduler.hpp"

namespace crossover::shim {

void seed(std::uint64_t value) { machine().random.seed(value); }

std::vector<Barrier> barriers() {
  std::vector<Barrier> all;
  for (const auto& [barrier, times] : machine().seen) all.push_back(barrier);
  return all;
}

void forget() {
  machine().seen.clear();
  machine().counts = {};
}

Skipped::Skipped(const Barrier& barrier) { machine().skipped = barrier; }
Skipped::~Skipped() { machine().skipped.reset(); }

Counts counts() { return machine().counts; }

void run(const char* kernel, const void* instance, const Size& blocks, const Size& threads,
         void (*body)(const void*), const void* argument) {
  machine().run(kernel, instance, blocks, threads, body, argument);
}

void wait_for_block(const Place& where) { machine().wait_for_block(where); }

void wait_for_warp(unsigned mask, const Place& where) { machine().wait_for_warp("__syncwarp", mask, where); }

Exchanged exchange(unsigned mask, std::uint64_t value, const char* call, const Place& where) {
  return machine().exchange(mask, value, call, where);
}

}  // namespace crossover::shim
