// The OpenMP team of a case, and the CPUs that its threads run on.
#pragma once

#include <span>
#include <string>

namespace crossover::cpu {

/// Brings up `threads` threads of the caller's team and ties thread i to cpus[i % cpus.size()], the caller
/// being thread 0. Without CPUs, every thread may again run wherever the process could before the first was
/// tied. Throws std::runtime_error where the system refuses a CPU, or the team has fewer threads.
///
/// To be called again where a team of another size ran since: the runtime ends threads that a smaller team
/// does not need, and starts new ones where the caller is.
void start_team(int threads, std::span<const int> cpus);

/// Throws std::runtime_error where the system refuses.
void tie_this_thread(int cpu);

/// In main, and before a process's first team: a team has as many threads as it is asked for, whatever
/// OMP_DYNAMIC and OMP_MAX_ACTIVE_LEVELS say.
void take_asked_teams();

/// The most threads that a team may have: OMP_THREAD_LIMIT, which cannot be changed.
int most_threads();

/// What the environment takes from a team of `threads`, in a sentence. Empty: nothing.
std::string why_fewer_cpus(int threads);

}  // namespace crossover::cpu
