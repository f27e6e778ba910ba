// How work is dealt and asked for.
//
// How little a thread is given: a team that still spins from its last region costs 0.6 us to start and join,
// one that sleeps 14 us, one whose threads never spin (OMP_WAIT_POLICY=passive) 7 us: medians of empty
// regions of two threads on a Zen 4 in a virtual machine; `crossover-goals 9 region` measures them again.
//
// A part takes at least 4 us: 256 KiB at 64 GB/s, which a core reads from its caches, or 4096 sines at 1 ns.
// A second thread then saves at least 3 us of 8, and costs at most 10 us more where the team slept. It is a
// constant, not measured at run time, so that the same call always gives the same last digits.
#pragma once

#include "common/solver.hpp"

namespace crossover::cpu {

inline constexpr Index smallest_part_bytes = 256 << 10;  ///< of inputs, where reading them decides
inline constexpr Index smallest_sine_part = 4096;        ///< elements, where the sine decides

/// Whether a loop over `bytes` of `arrays` inputs should prefetch. The prefetchers of a Sapphire Rapids are
/// too late for one thread to reach the bandwidth of DRAM. Those of a Zen 5 are for one array: row means of
/// f32, 1e5 x 1000, take 1.19 times as long without, as a product with a vector does that reads several rows
/// at once; f64 1.09; two arrays are no faster. Those of a Zen 4 are not, and there the extra instructions
/// cost a tenth of it (29.7 of 32.4 GB/s), and a fifth of that of L3.
bool asks_ahead(std::size_t bytes, std::size_t arrays, const Limits&);

}  // namespace crossover::cpu
