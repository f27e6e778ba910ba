// Fibers: stacks that are switched by hand. The address sanitizer is told of each switch.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <deque>

namespace crossover::shim {

/// Where a fiber, or the thread that owns them all, was left.
struct Fiber {
  ucontext_t context{};
  void* stack = nullptr;  // lowest address
  std::size_t stack_bytes = 0;
  void* fake_stack = nullptr;  // the address sanitizer's
};

/// Leaves `from` and goes on in `to`; returns when somebody switches back.
void switch_fibers(Fiber& from, Fiber& to);

/// What every fiber runs; whoever uses them defines it. It never returns.
[[noreturn]] void fiber_main();

/// Fibers, made when first asked for, and kept.
class FiberPool {
 public:
  FiberPool() = default;
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;
  ~FiberPool();

  Fiber& at(std::size_t index);

  /// Starts them all anew: what is on their stacks is forgotten.
  void reset();

 private:
  std::deque<Fiber> fibers_;
};

/// The thread that calls it, as something to switch back to.
Fiber this_thread();

}  // namespace crossover::shim
