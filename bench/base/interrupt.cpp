#include "bench/base/interrupt.hpp"

#include <csignal>

namespace crossover {
namespace {

volatile std::sig_atomic_t signal_seen = 0;  // a handler can reach nothing else

void note(int) { signal_seen = 1; }

}  // namespace

void note_interrupts() {
  struct sigaction action {};
  action.sa_handler = note;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return signal_seen != 0; }

}  // namespace crossover
