#include "bench/flags/parse_options.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "bench/base/sizes.hpp"
#include "bench/base/suggest.hpp"
#include "bench/flags/find_flags.hpp"
#include "bench/flags/flags_hash.hpp"
#include "bench/flags/input_files.hpp"
#include "bench/flags/parse_names.hpp"
#include "bench/flags/predict_flags.hpp"
#include "bench/flags/sim_flags.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/machine/thread_flags.hpp"
#include "bench/plan/output_paths.hpp"
#include "bench/plan/rehearsal.hpp"
#include "bench/plan/shapes.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/report/compare.hpp"
#include "bench/rivals/rivals.hpp"
#include "bench/rows/suites.hpp"
#include "bench/screen/scaling.hpp"
#include "cpu/tile_kernels.hpp"

namespace crossover {
namespace {

/// What the program itself grows by until its first group: plans, facts, rows.
constexpr std::size_t growth_bytes = std::size_t{2} << 20;

/// --rivals alone: all that answer the problem.
std::vector<std::string> rivals_of(const Flags& flags, const Problem* problem) {
  std::vector<std::string> known, chosen;
  for (const char* name : rival_names())
    if (!problem || rivals_backend().find_solver(problem->name, name)) known.emplace_back(name);
  const std::string what = problem ? std::string(problem->name) + " rival" : "rival";
  set(flags, "rivals", chosen,
      [&](const std::string& text) { return text == "all" ? known : parse_names(what, text, known); });
  for (const std::string& python : chosen.empty() ? std::vector<std::string>{} : rival_pythons())
    if (std::error_code none;
        access(python.c_str(), X_OK) != 0 || !std::filesystem::is_regular_file(python, none))
      throw UsageError("CROSSOVER_PYTHON: " + python + " is no program: name a python3, with its whole path");
  return chosen;
}

void set_problem_or_suite(const Flags& flags, Options& options) {
  const bool has_suite = flags.has("suite");
  if (has_suite && flags.has("problem"))
    throw UsageError("--suite has its own problems: leave '" + text_of(flags, "problem") + "' out");
  if (has_suite) {
    std::vector<std::string> names;
    for (const Suite& suite : suites()) names.emplace_back(suite.name);
    options.suite = text_of(flags, "suite");
    if (!find_suite(options.suite)) throw UsageError("--suite: " + unknown("suite", options.suite, names));
    std::vector<std::string> own = {"type"};
    for (const Problem* problem : problems())
      for (const Axis& axis : problem->axes) own.emplace_back(axis.name);
    for (const std::string& name : own)
      if (flags.has(name))
        throw UsageError("--suite has its own sizes and types: leave --" + name + " out, or name a problem");
    if (!flags.inputs.empty())
      throw UsageError("--suite has its own inputs: leave --input out, or name a problem");
    return;
  }
  std::vector<std::string> names;
  for (const Problem* problem : problems()) names.emplace_back(problem->name);
  if (!flags.has("problem"))
    throw UsageError("a problem is missing: one of " + joined(names) +
                     (options.command == Command::scaling ? "" : ", or --suite NAME"));
  options.problem = find_problem(text_of(flags, "problem"));
  if (!options.problem) throw UsageError(unknown("problem", text_of(flags, "problem"), names));
  set_shapes(flags, options);
  check_shapes(options);
}

/// In flags or files: those are what is measured.
bool has_sizes(const Flags& flags, const Options& options) {
  return !flags.inputs.empty() ||
         std::ranges::any_of(options.problem->axes, [&](const Axis& axis) { return flags.has(axis.name); });
}

void set_limits(const Flags& flags, Options& options) {
  set(flags, "host-memory-limit", options.host_memory_limit, parse_bytes);
  set(flags, "device-memory-limit", options.device_memory_limit, parse_bytes);
  const std::size_t own = program_bytes() + growth_bytes;
  if (options.host_memory_limit && options.host_memory_limit < own)
    throw UsageError("--host-memory-limit: " + bytes_text(options.host_memory_limit) +
                     " is less than the program itself uses, about " + bytes_text(own));
}

void set_outputs(const Flags& flags, Options& options) {
  options.csv = text_of(flags, "csv");
  options.json = text_of(flags, "json");
  options.samples = text_of(flags, "samples");
  options.result_dir = text_of(flags, "result");
  std::map<std::string, std::string> given;
  for (const char* name : {"csv", "json", "samples", "result"})
    if (flags.has(name)) given[std::string("--") + name] = text_of(flags, name);
  if (options.command != Command::plan) check_outputs(options, given);
}

/// Of the commands that read rows.
void set_reading(const Flags& flags, Options& options) {
  const std::vector<const char*> wanted =
      options.command == Command::explain ? std::vector{"file"} : std::vector{"before", "after"};
  for (const char* name : wanted) {
    if (text_of(flags, name).empty())
      throw UsageError(options.command == Command::explain
                           ? "a file is missing: crossover explain rows.csv"
                           : "two files are needed: crossover compare before.csv after.csv");
    options.files.push_back(text_of(flags, name));
  }
  set(flags, "row", options.row, parse_size);
  set(flags, "fail-on", options.fail_on,
      [](const std::string& text) { return parse_names("change", text, failing_changes()); });
  options.csv = text_of(flags, "csv");
  options.force = flags.has("force");
}

void set_calibration(const Flags& flags, Options& options) {
  const Machine machine = machine_facts();
  options.output = text_of(flags, "output");
  set(flags, "threads", options.threads,
      [&](const std::string& text) { return parse_threads(text, machine); });
  set(flags, "device", options.device, [](const std::string& text) { return parse_at_most(text, 1023); });
  set(flags, "label", options.label, parse_label);
  set(flags, "budget", options.budget_s, parse_seconds);
  options.budget_given = flags.has("budget");
  options.quick = flags.has("quick");
  options.force = flags.has("force");
  options.quiet = flags.has("quiet");
}

void set_choice(const Flags& flags, Options& options) {
  options.output = text_of(flags, "output");
  if (!options.output.ends_with(".h") && !options.output.ends_with(".hpp") &&
      !options.output.ends_with(".json"))
    throw UsageError(
        (options.output.empty() ? std::string("-o is missing") : "-o: '" + options.output + "'") +
        ": name a file that ends in .h, .hpp or .json, as in -o policy.h");
  options.force = flags.has("force");
  options.quiet = flags.has("quiet");
}

/// Backends, transfers, threads, and the solvers of the problem or suite.
void set_cases(const Flags& flags, Options& options, const Machine& machine) {
  set(flags, "backend", options.backends,
      [](const std::string& text) { return parse_names("backend", text, backend_names()); });
  if (options.command == Command::scaling) options.backends = {cpu_backend().name};
  set_simulation(flags, options);
  set(flags, "transfer", options.transfers, parse_transfers);
  Machine asked = machine;  // whose threads "all" are
  if (!measures(options)) asked.usable = options.simulated->profile().threads;
  set(flags, "threads", options.threads, [&](const std::string& text) { return parse_threads(text, asked); });
  set(flags, "bind", options.bind, [&](const std::string& text) { return parse_binding(text, machine); });
  set(flags, "device", options.device, [](const std::string& text) { return parse_at_most(text, 1023); });
  options.instruction_set = text_of(flags, "instruction-set");
  if (const std::string problem = cpu::choose_tile_kernels(options.instruction_set); !problem.empty())
    throw UsageError("--instruction-set: " + problem);
  set_problem_or_suite(flags, options);
  set(flags, "solver", options.solvers,
      [&](const std::string& text) { return parse_solvers(text, options); });
  options.rivals = rivals_of(flags, options.problem);
}

int parse_count(const std::string& text, Index most) {
  parse_size(text);  // at least 1
  return static_cast<int>(parse_at_most(text, most));
}

void set_sampling(const Flags& flags, Options& options) {
  set(flags, "seed", options.seed, parse_whole);
  set(flags, "cache", options.cache, [](const std::string& text) {
    return parse_names("cache state", text, {"warm", "cold"}).front() == "cold" ? Cache::cold : Cache::warm;
  });
  set(flags, "budget", options.budget_s, parse_seconds);
  set(flags, "timeout", options.timeout_s, parse_seconds);
  set(flags, "within", options.within_s, parse_seconds);
  options.budget_given = flags.has("budget");
  options.timeout_given = flags.has("timeout");
  set(flags, "precision", options.precision, parse_percent);
  set(flags, "min-samples", options.min_samples,
      [](const std::string& text) { return parse_count(text, 1'000'000); });
  set(flags, "concurrent", options.concurrent,
      [](const std::string& text) { return parse_count(text, 1024); });
  options.recalibrate = flags.has("recalibrate");
  options.rehearse = text_of(flags, "rehearse");
  if (flags.has("rehearse")) parse_rehearsal(options.rehearse);
}

/// Of the commands that measure, or would.
void set_measuring(const Flags& flags, Options& options) {
  const Machine machine = machine_facts();
  set_limits(flags, options);
  set_sampling(flags, options);
  set_cases(flags, options, machine);
  set(flags, "cpu-price", options.prices.cpu_per_s, parse_price);
  set(flags, "gpu-price", options.prices.gpu_per_s, parse_price);
  set(flags, "label", options.label, parse_label);
  options.over_the_wall = flags.has("over-the-wall");
  options.resume = flags.has("resume");
  options.force = flags.has("force");
  options.quiet = flags.has("quiet");
  set_outputs(flags, options);
  if (options.command == Command::find) set_search(flags, options);
  if (options.command == Command::wall) {
    set_range(flags, options);
    if (!options.budget_given) options.budget_s = 1;  // a few sizes of every solver
  }
  if (options.command == Command::scaling)
    complete_scaling(options, has_sizes(flags, options), machine,
                     host_memory_limits("/", options.host_memory_limit).tightest().available_bytes);
  options.flags_hash = flags_hash_of(options, simulation_text(flags));
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  const Flags flags = parse_flags(argc, argv);
  Options options;
  options.command = flags.command;
  options.profile = text_of(flags, "profile");
  switch (options.command) {
    case Command::devices: options.label_only = flags.has("label"); return options;
    case Command::list:
      if (flags.has("what"))
        options.list_what =
            parse_names("list", text_of(flags, "what"), {"problems", "solvers", "columns", "suites"}).front();
      return options;
    case Command::explain:
    case Command::compare: set_reading(flags, options); return options;
    case Command::calibrate: set_calibration(flags, options); return options;
    case Command::choose: set_choice(flags, options); return options;
    case Command::predict:
      set_prediction(flags, options);
      if (!options.own) set_problem_or_suite(flags, options);
      return options;
    case Command::run:
    case Command::plan:
    case Command::scaling:
    case Command::find:
    case Command::wall: break;
  }
  set_measuring(flags, options);
  return options;
}

}  // namespace crossover
