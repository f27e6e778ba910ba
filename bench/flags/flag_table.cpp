#include "bench/flags/flag_table.hpp"

#include <array>

namespace crossover {
namespace {

using namespace flag_group;

constexpr std::array flags_of_run = {
    Flag{"suite", "NAME", sizes, "a named set of problems, sizes and types"},
    Flag{"type", "LIST", sizes, "i64, f32, f64 or all [f32]"},

    Flag{"backend", "LIST", where, "cpu, cuda, sim [cpu, cuda]"},
    Flag{"solver", "LIST", where, "see `list solvers` [every solver]"},
    Flag{"threads", "LIST", where, "CPU threads: 1 to 4096, all, physical [all]"},
    Flag{"bind", "HOW", where, "tie threads to CPUs: close, spread or none [none]"},
    Flag{"rivals", "[LIST]", where, "NumPy, PyTorch, ... too; alone: all of them [none]"},
    Flag{"transfer", "LIST", where, "way to a device, or all [the backend's default]"},
    Flag{"device", "N", where, "which GPU [0]"},
    Flag{"instruction-set", "NAME", where, "of openmp-tiled: see `devices` [the best]"},
    Flag{"profile", "FILE", where, "of a machine, by `calibrate` [this one's]"},
    Flag{"cache", "STATE", where, "warm, or cold: emptied before each sample [warm]"},

    Flag{"budget", "SECONDS", sampling, "sampling, per case [5; a suite has its own]"},
    Flag{"timeout", "SECONDS", sampling, "one call, at most [60; a suite has its own]"},
    Flag{"within", "SECONDS", sampling, "the whole run: cut short where needed [no limit]"},
    Flag{"precision", "SHARE", sampling, "half-width of the interval / median [3%]"},
    Flag{"min-samples", "N", sampling, "fewer than 8 give no interval [8]"},
    Flag{"concurrent", "N", sampling, "also N callers at once: calls/s, 99 % [none]"},
    Flag{"cpu-price", "PRICE", sampling, "of a machine without a GPU: 0.4/h [none]"},
    Flag{"gpu-price", "PRICE", sampling, "of one with it, CPUs included: 3.5/h [none]"},
    Flag{"recalibrate", "", sampling, "measure this machine's limits (floors) afresh"},
    Flag{"seed", "N", sampling, "of the generated inputs [1]"},

    Flag{"host-memory-limit", "BYTES", memory, "for the whole program [none]"},
    Flag{"device-memory-limit", "BYTES", memory, "for the buffers on the device [none]"},
    Flag{"over-the-wall", "", memory, "run what would be refused, under a guard"},

    Flag{"sim-noise", "SHARE", simulated, "standard deviation of calls [5%]"},
    Flag{"sim-correlation", "SHARE", simulated, "of neighbouring calls [0]"},
    Flag{"sim-process", "SHARE", simulated, "standard deviation of processes [0]"},
    Flag{"sim-spikes", "SHARE", simulated, "calls that take five times as long [0]"},
    Flag{"sim-drift", "SHARE", simulated, "the device slows down in 600 calls [0]"},
    Flag{"sim-throttle", "FACTOR", simulated, "the device's every fifth 20 calls [1]"},

    Flag{"input", "NAME=FILE", data, "own array from an .npy file; repeatable"},
    Flag{"result", "DIR", data, "write the outputs there, as .npy files"},
    Flag{"csv", "FILE", data, "rows; - is stdout, which then has nothing else"},
    Flag{"json", "FILE", data, "the same rows, with the machine's facts"},
    Flag{"samples", "FILE", data, "every single sample, as CSV"},
    Flag{"resume", "", data, "continue --csv: skip what it holds, add the rest"},
    Flag{"force", "", data, "replace files that exist"},
    Flag{"label", "NAME", data, "the kind of machine, for the rows [found out]"},
    Flag{"quiet", "", data, "no progress and no notes on stderr"},

    Flag{"rehearse", "FAILURE", memory, "SOLVER:PHASE:FAILURE[@N], on demand"},
};

}  // namespace

std::span<const Flag> flag_table() { return flags_of_run; }

Refusal refused_by(Command command) {
  static constexpr std::array written = {"csv", "json", "samples", "result", "resume", "force"};
  static constexpr std::array elsewhere = {
      "suite",  "backend", "transfer",   "device",    "device-memory-limit",
      "rivals", "profile", "concurrent", "cpu-price", "gpu-price"};
  static constexpr std::array searched = {
      "suite", "solver",  "bind",   "budget",      "within",        "min-samples", "input",  "result",
      "json",  "samples", "resume", "recalibrate", "over-the-wall", "rehearse",    "rivals", "concurrent"};
  static constexpr std::array measuring = {"suite",
                                           "bind",
                                           "rivals",
                                           "device",
                                           "instruction-set",
                                           "cache",
                                           "budget",
                                           "timeout",
                                           "within",
                                           "precision",
                                           "min-samples",
                                           "recalibrate",
                                           "seed",
                                           "host-memory-limit",
                                           "device-memory-limit",
                                           "over-the-wall",
                                           "input",
                                           "result",
                                           "json",
                                           "samples",
                                           "resume",
                                           "label",
                                           "rehearse",
                                           "concurrent",
                                           "cpu-price",
                                           "gpu-price"};
  if (command == Command::predict) return {measuring, "predict runs nothing"};
  static constexpr std::array confirmed = {"suite",      "within",    "input",    "result",
                                           "json",       "samples",   "resume",   "rivals",
                                           "concurrent", "cpu-price", "gpu-price"};
  if (command == Command::wall) return {confirmed, "wall runs a few sizes of its own"};
  if (command == Command::plan) return {written, "plan writes no files"};
  if (command == Command::find) return {searched, "find measures two solvers, size by size"};
  if (command == Command::scaling) return {elsewhere, "scaling is about one problem and the CPU's threads"};
  return {};
}

}  // namespace crossover
