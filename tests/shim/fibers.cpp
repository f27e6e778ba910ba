#include "tests/shim/fibers.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace crossover::shim {
namespace {

constexpr std::size_t page = 4096, stack_bytes = std::size_t{128} << 10;  // pages are taken when touched

#ifdef __SANITIZE_ADDRESS__
void before_switch(Fiber& from, const Fiber& to) {
  __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_bytes);
}
void after_switch(const Fiber& resumed) {
  __sanitizer_finish_switch_fiber(resumed.fake_stack, nullptr, nullptr);
}
void forget_frames(const Fiber& fiber) { __asan_unpoison_memory_region(fiber.stack, fiber.stack_bytes); }
#else
void before_switch(Fiber&, const Fiber&) {}
void after_switch(const Fiber&) {}
void forget_frames(const Fiber&) {}
#endif

void begin() {
  after_switch({});
  fiber_main();
}

void prepare(Fiber& fiber) {
  fiber.fake_stack = nullptr;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = fiber.stack_bytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, begin, 0);
  fiber.context.uc_stack = {};  // or the address sanitizer forgets the stack's frames at each switch
}

}  // namespace

void switch_fibers(Fiber& from, Fiber& to) {
  before_switch(from, to);
  swapcontext(&from.context, &to.context);
  after_switch(from);
}

FiberPool::~FiberPool() {
  for (const Fiber& fiber : fibers_) munmap(static_cast<std::byte*>(fiber.stack) - page, stack_bytes + page);
}

Fiber& FiberPool::at(std::size_t index) {
  while (fibers_.size() <= index) {
    void* memory = mmap(nullptr, stack_bytes + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mprotect(memory, page, PROT_NONE);  // an overflow is a crash
    Fiber& fiber = fibers_.emplace_back();
    fiber.stack = static_cast<std::byte*>(memory) + page;
    fiber.stack_bytes = stack_bytes;
    prepare(fiber);
  }
  return fibers_[index];
}

void FiberPool::reset() {
  for (Fiber& fiber : fibers_) {
    forget_frames(fiber);
    prepare(fiber);
  }
}

Fiber this_thread() {
  Fiber fiber;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) throw std::bad_alloc();
  pthread_attr_getstack(&attributes, &fiber.stack, &fiber.stack_bytes);
  pthread_attr_destroy(&attributes);
  return fiber;
}

}  // namespace crossover::shim
