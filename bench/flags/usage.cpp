#include "bench/flags/usage.hpp"

#include <algorithm>

#include "bench/rows/outcome.hpp"
#include "common/problem.hpp"

namespace crossover {
namespace {

std::string problem_table() {
  std::string text = "Problems and their sizes (in brackets: where no flag is given):\n";
  std::size_t width = 0;
  for (const Problem* problem : problems()) width = std::max(width, std::string(problem->name).size());
  for (const Problem* problem : problems()) {
    std::string line = std::string("  ") + problem->name;
    line.append(width + 4 - line.size(), ' ');
    for (const Axis& axis : problem->axes)
      line += std::string("--") + axis.name + " [" + std::to_string(axis.fallback) + "] ";
    line.pop_back();
    text += line + "\n";
  }
  return text;
}

constexpr const char* units = R"(
Numbers: 1000, 1e6, 1.5e3, 50M (k, M, G, T are 1e3 to 1e12), 2^20; bytes also
in kB, MB, GB, TB (1e3 to 1e12) and KiB, MiB, GiB, TiB (2^10 to 2^40); seconds
also in ms, s, min and h. Lists are separated by commas.

Own data: --input NAME=FILE.npy, with i64, f32 or f64 elements in C order. Sizes
and type then come from the file; an input without a file is generated to fit.
Names: )";

std::string input_names() {
  std::string text;
  for (const Problem* problem : problems()) {
    if (problem->in.size() == 1) continue;
    text += std::string(problem->name) + " has ";
    for (std::size_t i = 0; i < problem->in.size(); ++i)
      text += std::string(i ? " and " : "") + problem->in[i].name;
    text += ", ";
  }
  text.pop_back();  // the blank
  return text + "\nall others have " + problems().front()->in.front().name;
}

std::string outcomes() {
  std::string text = ".\n\nOutcomes, in the column `outcome` of every row:\n";
  for (const OutcomeInfo& info : outcome_table()) {
    std::string line = std::string("  ") + info.name;
    line.resize(17, ' ');
    text += line + info.meaning + "\n";
  }
  return text;
}

constexpr const char* exit_status = R"(
Exit status:
  0    rows were obtained, walls and absent devices included
  1    some result was wrong, some solver failed for no good reason, or nothing
       was measured: every row is failed, not_run or unavailable; or stdout
       could not be written
  2    the flags or files were unusable
  130  interrupted; the rows that were finished are kept
)";

}  // namespace

std::string problem_notes() { return problem_table() + units + input_names(); }

std::string program_examples() {
  return R"(Examples:
  crossover run similarity --corpus 1e6 --dim 100 --queries 1000
  crossover run --suite lecture
  crossover plan similarity --corpus 1e5 --dim 1000 --queries 1e5
  crossover scaling sum
  crossover predict similarity --corpus 1e6 --queries 1000
  crossover explain rows.csv
  crossover compare before.csv after.csv
  crossover wall sum --vary n=1:1e12 --host-memory-limit 256MiB
  crossover list solvers
  crossover devices

`crossover run --help` has all flags, the outcomes and the exit status.
)";
}

std::string run_notes() {
  return problem_notes() + outcomes() + exit_status + R"(
Examples:
  crossover run similarity --corpus 1e6 --dim 100 --queries 1000
  crossover run row_means --rows 100000 --cols 1000 --type f64 --threads 1,2 \
      --csv rows.csv
  crossover run sum --n 50M --type i64
  crossover run similarity --corpus 1e3,1e4,1e5 --queries 1000 --csv -
  crossover run dot --input x=x.npy --input y=y.npy --result out
  crossover run --suite lecture --host-memory-limit 4GiB
  crossover run similarity --corpus 1e5 --queries 8 --dim 100 --threads 1 \
      --concurrent 8
  crossover run similarity --corpus 1e6 --cpu-price 0.4/h --gpu-price 3.5/h
  crossover run sum --n 1e6 --backend sim --profile server.json

--cpu-price is that of a machine without a GPU, --gpu-price that of one with it:
what computes on the GPU is charged the whole machine, its CPUs included. Any
currency; also /s, /min and /d. The cost is that of calls one after the other.

--backend sim answers from the profile of a machine (crossover calibrate -o
FILE), on a virtual clock with seeded noise: nothing runs, nothing is verified.
Its rows are `modelled`, and are judged apart from measured ones.
)";
}

std::string plan_notes() {
  return problem_notes() + R"(.

Takes the flags of `run` but for those of the files it writes; runs nothing.

Examples:
  crossover plan similarity --corpus 1e5 --dim 1000 --queries 1e5
  crossover plan sum --n 1e9,1e10 --type f64 --host-memory-limit 16GiB
)";
}

std::string scaling_notes() {
  return problem_notes() + R"(.

Without sizes, four are chosen by the bytes of the inputs: half of one core's
L1, half of its L2, half of an L3, and four times all L3 (DRAM), at most a
quarter of the memory that may be used. Without --threads: 1, 2, 4, ... and all;
without --solver: openmp, openmp-tiled. A table for each size:

  speed-up     against the fewest threads
  efficiency   speed-up over threads
  of ceiling   the time this machine's bandwidth or arithmetic allows for that
               many threads (measured once, with the same --bind) over the time

`flat from 4 threads`: 4 is the smallest number within 5 % of the fastest, or
within the interval. A ceiling explains it where 80 % of it is reached; so does
what it costs to start and join a team, where that is 20 % of the call.

Examples:
  crossover scaling sum
  crossover scaling similarity --bind close --csv scaling.csv
  crossover scaling row_means --rows 1e5 --cols 1e4 --type f64 --threads 1,2,all
)";
}

std::string find_notes() {
  return problem_notes() + R"(.

Measures two solvers at sizes on a grid, two for each octave, and where the
inputs fill a cache, block by block; looks again, in other processes, where they
are near each other; and inside each bracket estimates where they change places,
with an interval, made for 99 %, that knows that processes differ. --precision
is that of the estimate [2%]. The range ends where one of the two no longer
fits, or a call is forecast to pass --timeout.

  unclear   too few or too noisy runs to tell; --most-runs allows more
  tie       within 3 % of each other

With one of the two on a device there is a search for each --transfer and each
--question:

  call      from host memory to host memory
  resident  inputs and outputs are on the device: the computation alone
  reuse=K   stationary inputs stay on the device for K calls: each pays a K-th
            of allocation, page-locking and their upload
  all       call, resident and reuse=100
  cost      calls at --cpu-price and --gpu-price (of the machine with the GPU,
            its CPUs included); asked for beside call where both are given

and, at the largest size, how often data kept on the device must be used, or how
fast the link would have to be, for the device to pay.

--csv writes a record for each crossing, or one that says that there is none;
--walls, for each solver and memory, the last size that fits and the first that
does not, by arithmetic (crossover wall runs them).

Examples:
  crossover find sum --vary n=1000:1e6 --compare serial,openmp
  crossover find similarity --dim 100 --corpus 1e5 --vary queries=1:1000
  crossover find row_means --cols 1000 --type f64 --vary rows=1:1e5 \
      --compare eigen,openmp --csv crossovers.csv
  crossover find similarity --corpus 1e5 --dim 1000 --vary queries=1:1e4 \
      --backend sim --profile server.json --question all --transfer all
  crossover find similarity --vary queries=1:1e4 --cpu-price 0.4/h \
      --gpu-price 3.5/h
)";
}

std::string explain_notes() {
  return R"(Measures nothing. Every number is the file's, or follows from rows of one group
(same problem, sizes and type): shares, ratios, bytes over seconds. Of a GPU's
call that loses it says what would help, as far as the rows know: another
transfer that was measured; the number of uses from which data kept on the
device pays (breakeven_reuse); the bandwidth of a link with which the call would
take as long as the CPU's: upload over what the CPU's call leaves beside the
computation, both directions faster alike.

Exit status: 2 where the file is unusable or has no such row, else 0.

Examples:
  crossover explain rows.csv
  crossover explain results/zen4-2c/lecture.csv --row 65
)";
}

std::string compare_notes() {
  return R"(Measures nothing. A case is a problem with type, sizes and seed, a backend, a
solver, threads, transfer, cache state and binding. The ratio is call_s after /
before. Its interval is the widest that the two rows allow: low after / high
before to high after / low before (each holds its median with 99 %, so both do
with 98 %). The samples are those of one process on each side: a machine that
has changed in between, or another layout of memory, is not in it.

Changes:
  same         the interval lies within 3 %
  faster       it lies below 3 %, or above: slower
  unclear      it does neither, or a row has no interval (fewer than 8 samples),
               or the times differ and other programs had the processors during
               more than a quarter of a row's samples (disturbed_samples)
  lost         was ok, is not; gained: the reverse
  only before  not in the second file, or not_run there (--fail-on missing);
               only after: not in the first

Measured and modelled rows are different cases. Machines, programs and flags
that differ are said first; the last line counts.

Exit status:
  0    compared
  1    a change that --fail-on names has happened
  2    the flags or files were unusable

Examples:
  crossover compare before.csv after.csv
  crossover compare before.csv after.csv --fail-on slower,lost --csv changes.csv
)";
}

std::string list_notes() {
  return R"(Examples:
  crossover list
  crossover list columns
)";
}

std::string devices_notes() {
  return R"(Examples:
  crossover devices
  crossover devices --label
)";
}

}  // namespace crossover
