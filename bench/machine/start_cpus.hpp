// The CPUs that a process may use as its parent left them: an OpenMP runtime that was told to tie threads
// (OMP_PROC_BIND, OMP_PLACES, GOMP_CPU_AFFINITY) ties the first one when it is loaded, before main.
#pragma once

namespace crossover {

/// Frees the calling thread, and those that it starts, to use all of them. Nothing where they are not known:
/// a sandbox, or a C library that runs no code before that of shared libraries.
void give_back_cpus();

}  // namespace crossover
