// Ctrl-C and SIGTERM: noted, so that what was measured stays on disk and workers are ended.
#pragma once

namespace crossover {

inline constexpr int interrupted_status = 130;

/// From now on these signals are noted instead of ending the program.
void note_interrupts();
bool interrupted();

}  // namespace crossover
