#include "bench/flags/usage.hpp"

namespace crossover {

std::string wall_notes() {
  return problem_notes() + R"(.

For every solver and memory, the largest size that fits what is free and
allowed, exact to one element by arithmetic, and then seen: sizes that need 0.5,
0.7, 0.8, 0.9, 0.95 and all of that are measured (--budget is that of each [1]);
one element more is refused, or answered in pieces where a device can be given
them. --over-the-wall really runs it, under a guard, and sizes beyond it until
one fails. A call that is forecast to pass --timeout is not run.

  device            the whole problem at once
  device in pieces  cut into as many as it takes, at most 4096
  slack             32 MiB of host memory for the process itself: over the wall
                    by less, a call may still be answered
  cliff             bytes per second fell more than 2x between neighbouring
                    sizes, with more than 0.8 of the memory needed

Not foretold: what a library inside takes on a device.

Without --host-memory-limit this fills the machine's memory; its own processes
are the first that the kernel would end.

Exit status: 0; 1 where what was seen contradicts the arithmetic, or a solver
was wrong or failed; 2 unusable flags or files; 130 interrupted: walls found
before are kept.

Examples:
  crossover wall similarity --queries 1000 --dim 100 --vary corpus=1:1e9 \
      --host-memory-limit 256MiB --csv walls.csv
  crossover wall sum --vary n=1:1e12 --type f64 --backend cuda \
      --device-memory-limit 1GiB --over-the-wall
)";
}

}  // namespace crossover
