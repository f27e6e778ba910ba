// measuring.md's table of columns, row by row: the order is the file's.
#include "bench/rows/columns.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/rows/cell.hpp"
#include "common/problem.hpp"

namespace crossover {
namespace {

using Columns = std::vector<Column>;

void add(Columns& to, Columns columns) {
  to.insert(to.end(), std::make_move_iterator(columns.begin()), std::make_move_iterator(columns.end()));
}

Columns identity_columns() {
  return {
      column_of("schema_version", "", &Row::schema,
                "The version of this dictionary; it rises when a column changes its meaning. 3 is written; 2 "
                "is read too: it has no `not_run`, but `too_slow` with --within in the reason, and a verdict "
                "of each row against the baseline, `tie` within 3 %."),
      column_of("run_id", "", &Row::run_id, "One start of the program: its rows and samples share it."),
      column_of("source", "", &Row::source,
                "`measured` on a clock, or `modelled` from a profile (`--backend sim`): never compared with "
                "each other."),
      column_of("problem", "", &Row::problem, "The name of what was computed; `crossover list problems`."),
      column_of("type", "", &Row::type, "Element type of the inputs: i64, f32 or f64."),
      size_column("rows", "Rows of the matrix; empty for problems without them, as every size is."),
      size_column("cols", "Columns of the matrix."),
      size_column("corpus", "Rows of the corpus that is searched; it is stationary between calls."),
      size_column("queries", "Rows that are looked up in the corpus; they are new with each call."),
      size_column("dim", "Elements of one row of corpus and queries."),
      size_column("k", "Corpus rows returned for each query; never a number of repetitions."),
      size_column("n", "Elements of each input of a reduction."),
      column_of("seed", "", &Row::seed,
                "Seed of the generated inputs: the same seed, problem and sizes are the same bytes."),
      column_of(
          "backend", "", &Row::backend,
          "Who computed: `cpu`, `cuda`, or `rivals`: other people's libraries, in Python. Of a modelled row: "
          "which of them it stands for."),
      column_of(
          "device", "", &Row::device,
          "`host` and the library that the solver uses, or the model of the device that computed. Empty "
          "where the backend could not run."),
      column_of("solver", "", &Row::solver,
                "The method, by its name in `crossover list solvers`. Empty where the backend has none."),
      column_of("threads", "", &Row::threads,
                "CPU threads of the solver's team, counted when it was started; a call too small to be "
                "shared leaves some idle. 1 for solvers without a team."),
      column_of("transfer", "", &Row::transfer,
                "How inputs reached the device: `none` (nothing moves), `pageable` (the user's ordinary "
                "memory), `pinned` (the producer writes into page-locked memory), `registered` (its "
                "locking is part of the call), ..."),
      column_of("cache", "", &Row::cache,
                "`cold`: twice the last cache level is written before each sample; `warm`: the call is "
                "repeated on the same data."),
      column_of("interleaved", "", &Row::interleaved,
                "true: sampled in random order with the other cases of its group, block by block; "
                "false: sampled alone, or in turns of eight samples (data that the caches hold)."),
      column_of("chunks", "", &Row::chunks,
                "Pieces that the call was cut into, past the device's memory: what is cut is uploaded with "
                "each call, "
                "and never kept; 1: the whole at once."),
      column_of("batch", "", &Row::batch, "Calls in one sample; the times are those of one call."),
  };
}

/// Of all outcomes, from their table; kept for the column that points to it.
const std::string& outcome_meaning() {
  static const std::string text = [] {
    std::string all = "How it ended: ";
    for (const OutcomeInfo& info : outcome_table())
      all += std::string("`") + info.name + "` (" + info.meaning + "), ";
    all.replace(all.size() - 2, 2, ". Only `ok` has speed-ups, and only `ok` can win.");
    return all;
  }();
  return text;
}

Columns ending_columns() {
  return {
      column_of("outcome", "", &Row::outcome, outcome_meaning().c_str()),
      column_of("reason", "", &Row::reason, "Why it is not `ok`, in a sentence. Empty where it is."),
      column_of(
          "phase_reached", "", &Row::phase_reached,
          "The phase in which it ended otherwise than `ok`. Empty where it is `ok`, or nothing was run."),
      column_of("verified", "", &Row::verified,
                "Outputs compared with the oracle in this run: `all`, `sampled m of n`. Empty: none."),
      column_of("max_error", "", &Row::max_error,
                "The largest error found, as a multiple of the scale that the problem states (see its "
                "accuracy in `crossover list problems`). A solver that states a bound of its own (`crossover "
                "list solvers`) is held to that. Empty where nothing was compared, or where the error is not "
                "finite."),
      column_of("warnings", "", &Row::warnings,
                "What to keep in mind when reading this row, with advice; `; ` between two. Empty: none."),
  };
}

Columns phase_columns() {
  return {
      column_of("startup_s", "s", &Row::startup_s,
                "From the start of a worker process to a backend that is ready: program, driver, "
                "context, handles, a team of threads. Paid once per process."),
      column_of("first_call_s", "s", &Row::first_call_s,
                "The first call in a fresh process, its inputs there: caches, lazy loading and clocks "
                "are cold. Empty where no process was spent on it."),
      column_of("one_shot_s", "s", &Row::one_shot_s,
                "What a script that asks once waits for: startup + allocate + pin + first call + release "
                "in one process, without making the inputs. Empty where first_call_s is."),
      column_of("allocate_s", "s", &Row::allocate_s,
                "Outputs, workspace and device copies; median of the opening samples."),
      column_of("pin_s", "s", &Row::pin_s,
                "Page-locking of host memory; median of the opening samples. Empty where nothing is "
                "pinned."),
      column_of("upload_s", "s", &Row::upload_s,
                "All inputs to the device, stationary and fresh, followed by a synchronisation. Empty on a "
                "CPU: nothing moves."),
      column_of("upload_fresh_s", "s", &Row::upload_fresh_s,
                "The part of upload_s that stays when the stationary inputs are kept on the device. "
                "Empty where upload_s is."),
      column_of(
          "compute_s", "s", &Row::compute_s,
          "Data already there: the solver alone, followed by a synchronisation. A CPU call has this one "
          "phase, so it equals call_s there."),
      column_of("download_s", "s", &Row::download_s,
                "Outputs back to host memory. Empty on a CPU: nothing moves."),
      column_of("release_s", "s", &Row::release_s,
                "Giving back what allocate and pin took; median of the closing samples."),
      or_negative(column_of(
          "unaccounted_s", "s", &Row::unaccounted_s,
          "call_s less upload, compute and download: what the call spends besides, or, below 0, gains by "
          "overlapping them. 0 where the call has one phase.")),
  };
}

Columns total_columns() {
  return {
      column_of("call_s", "s", &Row::call_s,
                "The headline, what a server's call costs: from operands in host memory to the result in "
                "host memory, buffers ready, one synchronisation at the end. Median of the samples. Empty "
                "where no call was completed."),
      column_of("call_low_s", "s", &Row::call_low_s,
                "Lower end of the rank interval of the median, made for 99 % over all the looks taken at the "
                "samples: of batch medians where neighbours correlate, extended where the samples are too "
                "few to show that (below 16, or 64 that correlate). Empty below 8 samples."),
      column_of("call_high_s", "s", &Row::call_high_s, "Upper end of that interval. Empty where it is."),
      column_of("end_to_end_s", "s", &Row::end_to_end_s,
                "A function called once in a running program: allocate + pin + call + release."),
      column_of("samples", "", &Row::samples,
                "Timed calls behind call_s; pilot samples are not among them, nor is a first call, unless "
                "there was no time for a second."),
      column_of("outliers", "", &Row::outliers,
                "Samples beyond 1.5 interquartile ranges; they are marked, never dropped."),
      column_of("bytes_in", "B", &Row::bytes_in,
                "Bytes of the inputs, each counted once, from the definition of the problem."),
      column_of("bytes_out", "B", &Row::bytes_out, "Bytes of the outputs, from the definition."),
      column_of("flops", "", &Row::flops,
                "Arithmetic operations, counted from the definition, whatever a solver really executes."),
      column_of("gbytes_per_s", "GB/s", &Row::gbytes_per_s,
                "1e9 bytes per second: (bytes_in + bytes_out) / compute_s."),
      column_of("gflops_per_s", "GFLOP/s", &Row::gflops_per_s,
                "1e9 operations per second: flops / compute_s."),
      column_of("floor_s", "s", &Row::floor_s,
                "The least time this machine could need: max(bytes / bandwidth, flops / rate) from its "
                "calibration, at the level of memory that the data lives in. Empty where the machine is "
                "not calibrated for it."),
      column_of("floor_name", "", &Row::floor_name, "What sets that floor: a memory level or a rate."),
  };
}

Columns comparison_columns() {
  return {
      column_of(
          "baseline_solver", "", &Row::baseline_solver,
          "The CPU solver that speed-ups are against: the fastest valid one on pilot samples, then measured "
          "afresh, or one that was then measured clearly faster. Empty where there is none."),
      column_of("baseline_threads", "", &Row::baseline_threads, "Its threads."),
      column_of("baseline_compute_s", "s", &Row::baseline_compute_s, "Its compute_s."),
      column_of("baseline_call_s", "s", &Row::baseline_call_s, "Its call_s."),
      column_of("baseline_end_to_end_s", "s", &Row::baseline_end_to_end_s, "Its end_to_end_s."),
      column_of("speedup_compute", "", &Row::speedup_compute,
                "With the data already there: baseline_compute_s / compute_s; above 1 this row is faster. "
                "Empty unless both times exist and the outcome is `ok`, as every speed-up."),
      column_of("speedup_call", "", &Row::speedup_call,
                "For a call from host memory to host memory: baseline_call_s / call_s."),
      column_of("speedup_end_to_end", "", &Row::speedup_end_to_end,
                "For a function called once: baseline_end_to_end_s / end_to_end_s."),
      column_of("breakeven_reuse", "", &Row::breakeven_reuse,
                "How often the stationary inputs must be used again, kept on the device, before it wins: a "
                "whole number, or `never`. Empty on a CPU."),
      column_of(
          "verdict", "", &Row::verdict,
          "Who of the group is the fastest by call_s, the same in all its rows: a solver's name (with its "
          "backend, transfer or threads where another row has it too); several joined by `|`, the quickest "
          "first, where the others are excluded and nothing tells these apart (within 3 %, or too few or "
          "too noisy samples, or a second process saw it the other way round); `unclear` where no row of "
          "the group could be excluded. `pinned` transfers take a producer that writes there: only their "
          "own rows count them. ` (provisional)` follows where a CPU solver that might have been the "
          "fastest did not finish, or one was disturbed too often to be known. The first name has the least "
          "call_s of the group. Decided by "
          "the calls without their waits for a processor (`waited_s` in samples.csv), where no device "
          "computes, and never against the medians: from 8 samples on by the interval of the ratio of the "
          "same blocks; also where all of one are below all of the other, by 1.7x (2 samples), 1.5x (3), "
          "1.3x (4) or 1.15x and a quarter of their spread; never by one. A row that is alone names itself."),
  };
}

Columns memory_columns() {
  return {
      column_of("needed_host_bytes", "B", &Row::needed_host_bytes,
                "Ordinary host memory, by arithmetic: inputs, outputs, state, workspace. Empty where a "
                "library's need is not known, as in the next two."),
      column_of("needed_pinned_bytes", "B", &Row::needed_pinned_bytes, "Page-locked host memory."),
      column_of("needed_device_bytes", "B", &Row::needed_device_bytes, "Memory of the device."),
      column_of("available_host_bytes", "B", &Row::available_host_bytes,
                "Host memory free and allowed before the run: the least of MemAvailable and every limit."),
      column_of("available_device_bytes", "B", &Row::available_device_bytes,
                "Device memory free and allowed once context and handles exist. Empty on a CPU."),
      column_of("peak_host_bytes", "B", &Row::peak_host_bytes,
                "The most that a process running this case alone had resident (VmHWM), inputs and program "
                "included. Empty where no process was spent on it."),
      column_of("peak_device_bytes", "B", &Row::peak_device_bytes,
                "The most device memory in use during the call. Empty on a CPU."),
  };
}

Columns machine_columns() {
  return {
      column_of("label", "", &Row::label, "The kind of machine, such as `spr-2c` or `h200`; never a host."),
      column_of("cpu", "", &Row::cpu, "The model of the CPU, as it names itself."),
      column_of("cores", "", &Row::cores, "Cores that this process may use."),
      column_of(
          "gpu", "", &Row::gpu,
          "The model of the GPU. Empty where there is none, or the run has no case for it, as the next two."),
      column_of("driver", "", &Row::driver, "The version of its driver."),
      column_of("cuda", "", &Row::cuda, "The version of the CUDA runtime."),
      column_of("compiler", "", &Row::compiler, "Compiler, version and flags of the CPU solvers."),
      column_of("commit", "", &Row::commit,
                "The commit the program was built from; `+` where it was edited."),
      column_of("started_utc", "", &Row::started_utc, "When the run started: ISO 8601, UTC."),
  };
}

Columns further_columns() {
  Columns columns = {
      column_of(
          "forecast_s", "s", &Row::forecast_s,
          "Of a call that was not made: its forecast from a smaller piece of the work, or from the same "
          "solver at a smaller size, which was more than its limit."),
      or_negative(
          column_of("lag1_correlation", "", &Row::lag1_correlation,
                    "Correlation of the ranks of neighbouring samples: where it is high, intervals come from "
                    "medians of batches.")),
      column_of("steal_s", "s", &Row::steal_s,
                "CPU time that the hypervisor gave to others while the group was measured, all cores "
                "together. Empty where the kernel does not say."),
      column_of("spin_before_s", "s", &Row::spin_before_s,
                "A fixed loop of arithmetic before the group: the speed of the machine at that moment."),
      column_of("spin_after_s", "s", &Row::spin_after_s,
                "The same loop after the group; a difference says that the machine changed meanwhile."),
      column_of(
          "disturbed_samples", "", &Row::disturbed_samples,
          "Samples in which other work had the processors for more than 5 % of the call, or a control "
          "group's quota ended; they are counted, never dropped. Empty where it was not looked at, as with "
          "more threads than CPUs."),
      column_of(
          "version", "", &Row::version,
          "Of a rival: its library with its version, the BLAS behind it with the processor that it takes "
          "this one for, and Python. Empty for crossover's own solvers."),
      column_of("setting", "", &Row::setting,
                "Of a rival: the way in which it was asked, the quickest of those tried beforehand; of "
                "`openmp-tiled`, the instruction set that it ran with. Empty where there was one way only."),
      column_of("startup_driver_s", "s", &Row::startup_driver_s,
                "Of startup_s: the driver's library and its first answer. Empty on a CPU, as the next two."),
      column_of("startup_context_s", "s", &Row::startup_context_s, "Of startup_s: the device's context."),
      column_of("startup_kernel_s", "s", &Row::startup_kernel_s,
                "Of startup_s: the first kernel, whose code is loaded to the device then."),
      column_of("startup_library_s", "s", &Row::startup_library_s,
                "Of startup_s: loading the solver's library and making its handle. Empty where it has none."),
      column_of("startup_product_s", "s", &Row::startup_product_s,
                "Of startup_s: the library's first product. Empty where the solver has no library."),
      column_of(
          "bind", "", &Row::bind,
          "Which CPUs its threads were tied to: `close` (siblings of a core, then neighbouring cores), "
          "`spread` (another socket, memory node, cache and core each time, siblings last). Empty: none."),
      column_of(
          "predicted_call_s", "s", &Row::predicted_call_s,
          "call_s as a profile of the machine forecast it (`crossover predict`), before the case was run. "
          "Empty without a profile, with cold caches, and where the profile lacks the solver."),
      or_negative(
          column_of("residual", "", &Row::residual,
                    "call_s / predicted_call_s - 1: above 0 where the call took longer than forecast.")),
      column_of("concurrent", "", &Row::concurrent,
                "Callers at once, each a process of its own with its own threads, released together after an "
                "untimed call. Empty, as the next three, without --concurrent."),
      column_of("calls_per_s", "1/s", &Row::calls_per_s,
                "Calls per second of all those callers: their own rates, added. Empty for rivals: the way to "
                "their process and back, which is not charged to them, would be in it."),
      column_of("concurrent_call_s", "s", &Row::concurrent_call_s,
                "What one of their calls took: the median; call_s is that of a caller who is alone."),
      column_of("call_p99_s", "s", &Row::call_p99_s,
                "The 99th percentile of their single calls (nearest rank): the slowest of a hundred. Empty "
                "below 100 calls in all."),
      column_of("cost_per_million_calls", "", &Row::cost_per_million_calls,
                "A million calls, one after the other, at the price of the machine, in its currency: "
                "--cpu-price for what computes on CPUs, --gpu-price, which includes its CPUs, for what "
                "computes on a GPU. Empty where that price was not given."),
      column_of(
          "energy_j", "J", &Row::energy_j,
          "Per call, the mean of the samples: of all CPU packages (RAPL), for cases on a GPU with the "
          "GPU (NVML). The idle machine's share and other programs are in it; memory and the rest of "
          "the machine are not. Empty where a counter cannot be read (`crossover devices` says why), or "
          "the samples are too short for it: 0.1 s together, 1 s on a GPU."),
      column_of("energy_device_j", "J", &Row::energy_device_j, "Of that, the GPU's. Empty on a CPU."),
  };
  for (Column& column : columns) column.in_every_file = false;
  return columns;
}

Columns every_column() {
  Columns all;
  for (Columns (*part)() : {identity_columns, ending_columns, phase_columns, total_columns,
                            comparison_columns, memory_columns, machine_columns})
    add(all, part());
  for (const Problem* problem : problems())
    for (const Axis& axis : problem->axes)
      if (std::ranges::none_of(all, [&](const Column& c) { return std::string_view(c.name) == axis.name; })) {
        all.push_back(size_column(axis.name, axis.meaning));
        all.back().in_every_file = false;
      }
  add(all, further_columns());
  return all;
}

}  // namespace

std::span<const Column> columns() {
  static const Columns table = every_column();
  return table;
}

const Column* find_column(std::string_view name) {
  const auto found = std::ranges::find_if(columns(), [&](const Column& c) { return c.name == name; });
  return found == columns().end() ? nullptr : &*found;
}

}  // namespace crossover
