// A library that is never loaded: its constructor waits for a signal.
#include <unistd.h>

namespace {

__attribute__((constructor)) void wait_for_ever() {
  for (;;) pause();
}

}  // namespace
