#include "bench/flags/usage.hpp"

namespace crossover {

std::string predict_notes() {
  return problem_notes() + R"(.

Runs nothing: times come from a profile, that of this machine as `crossover
calibrate` keeps it, or --profile FILE, of whatever machine. Transfers are
latency and bytes over bandwidth; computations are interpolated between the
shapes that the profile has of the same solver. Behind the largest of them the
rate stays constant, and the row says how far behind. Every interval is that of
the profile's figures, wider where neighbouring shapes disagree and beyond them.
Without --threads, --solver and --transfer: each solver with all threads, and
every way to the device. --csv writes the intervals of every phase too.

A workload of your own is described by its operations and bytes; its times are
rooflines, the least that bandwidth and arithmetic allow.

Examples:
  crossover predict similarity --corpus 1e6 --dim 100 --queries 1000
  crossover predict sum --n 1e6,1e7,1e8 --type f64 --csv forecast.csv
  crossover predict row_means --profile big-server.json
  crossover predict similarity --profile gpu.json --link 55GB/s --launch 3us
  crossover predict --profile gpu.json --flops 2e12 --bytes-in 4GB \
      --bytes-out 1MB --stationary 4GB --reuse 100
)";
}

std::string choose_notes() {
  return R"(Writes which solver to take as tables that other programs carry with them: a
C++17 header that needs nothing else, or JSON. They hold modelled times from a
profile (that of this machine as `crossover calibrate` keeps it, or --profile
FILE), and say of which machine.

  #include "policy.h"
  const auto decision =
      crossover_policy::similarity("f32", corpus, queries, dim, k);
  if (!decision.known) ...         // outside what was calibrated
  if (decision.contested) ...      // intervals overlap: measure both
  decision.best.backend, .solver, .threads, .seconds, .low_s, .high_s

Behind the sizes stand reuse and the memory that the data is in: reuse 0 (the
default) is a call with its buffers ready, K one of K calls with the same
stationary inputs, set-up included; "pageable" (the default) or "pinned".

Examples:
  crossover choose -o policy.h
  crossover choose --profile gpu-server.json -o policy.json
)";
}

std::string calibrate_notes() {
  return R"(Measures this machine and writes its profile, JSON, in under two minutes: what a
clock read, a process and a team of threads cost; bandwidth of each level of
memory and rates of multiply-adds, by threads; every CPU solver along a ladder
of sizes; of a GPU launches, links, memory and its solvers likewise. Every
figure has an interval at 99 %. results/profile.md explains the fields.

Without --output the profile is kept in the cache, where `predict` and `run`
look for the one of this machine. Without a GPU it says why there is none. Other
programs on the processors are a warning in it: calibrate on a quiet machine.

Exit status: 0, or 1 where a process that measured died, 2 where the flags or
the file were unusable, 130 where it was interrupted; then nothing is written.

Examples:
  crossover calibrate
  crossover calibrate --quick -o -
  crossover calibrate --output h200.json --device 1 --force
)";
}

}  // namespace crossover
