// Runs kernels on the CPU, for tests: the threads of a block are fibers of one thread of the process, blocks
// run one after another in random order. Which warp goes on, and which of its lanes, is drawn from a seed
// each time a thread has to wait, so that a missing barrier shows; a fixed order would hide it.
//
// It is stricter than a device: divergent barriers, shuffles without all lanes and deadlocks are errors. It
// does not model memory order between blocks, occupancy or time. Seeds, barriers and counts are those of the
// calling thread; kernels run in one thread at a time.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace crossover::shim {

/// A call of __syncthreads or __syncwarp in the source, in one kernel: by the name given to launch, and by
/// its address, which tells instantiations of a template apart.
struct Barrier {
  std::string kernel;
  const void* instance = nullptr;
  std::string file;
  unsigned line = 0, column = 0;

  std::string text() const { return file + ":" + std::to_string(line) + " in " + kernel; }
  friend auto operator<=>(const Barrier&, const Barrier&) = default;
};

/// From now on, what is random follows from `value`.
void seed(std::uint64_t value);

/// Barriers that kernels have reached since forget(), in the order of its members.
std::vector<Barrier> barriers();

/// Forgets barriers and counts.
void forget();

/// While it lives, kernels pass `barrier` as if it were not there.
class Skipped {
 public:
  explicit Skipped(const Barrier& barrier);
  Skipped(const Skipped&) = delete;
  Skipped& operator=(const Skipped&) = delete;
  ~Skipped();
};

/// Since forget().
struct Counts {
  std::uint64_t launches = 0, blocks = 0, threads = 0, switches = 0;
};
Counts counts();

/// What launch() does: runs `body(argument)` once for each thread. Throws std::runtime_error where threads
/// wait for each other forever, or break the rules above; exceptions of the body pass through.
struct Size {
  unsigned x = 1, y = 1, z = 1;
};
void run(const char* kernel, const void* instance, const Size& blocks, const Size& threads,
         void (*body)(const void*), const void* argument);

}  // namespace crossover::shim
