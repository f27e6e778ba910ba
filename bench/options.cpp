#include "bench/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "bench/compare.hpp"
#include "bench/find.hpp"
#include "bench/flags.hpp"
#include "bench/input_files.hpp"
#include "bench/memory_limits.hpp"
#include "bench/output_file.hpp"
#include "bench/output_paths.hpp"
#include "bench/predict.hpp"
#include "bench/rehearsal.hpp"
#include "bench/rivals.hpp"
#include "bench/scaling.hpp"
#include "bench/sim_backend.hpp"
#include "bench/sim_flags.hpp"
#include "bench/sizes.hpp"
#include "bench/suggest.hpp"
#include "bench/suites.hpp"
#include "bench/thread_flags.hpp"
#include "cpu/tile_kernels.hpp"

namespace crossover {
namespace {

/// What the program itself grows by until its first group: plans, facts, rows.
constexpr std::size_t growth_bytes = std::size_t{2} << 20;

/// A whole number that may be 0.
Index parse_whole(const std::string& text) { return text == "0" ? 0 : parse_size(text); }

Index parse_at_most(const std::string& text, Index most) {
  const Index value = parse_whole(text);
  if (value > most) throw UsageError("'" + text + "' is more than " + std::to_string(most));
  return value;
}

std::string parse_label(const std::string& text) {
  const bool plain = !text.empty() && text.size() <= 64 && text.front() != '.' &&
                     std::all_of(text.begin(), text.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              c == '-' || c == '_' || c == '.';
                     });
  if (!plain) throw UsageError("'" + text + "' is no label: letters, digits, - _ and . only, as in emr-2c");
  return text;
}

std::vector<std::string> parse_names(std::string_view kind, const std::string& text,
                                     const std::vector<std::string>& known) {
  std::vector<std::string> names = parse_list(text);
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError(unknown(kind, name, known));
  return names;
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const Backend* backend : backends()) names.emplace_back(backend->name);
  names.emplace_back(sim_backend_name);
  return names;
}

/// `names`, and those that a backend has.
std::vector<std::string> transfer_names(std::vector<std::string> names = {}) {
  for (const Backend* backend : backends())
    for (const char* transfer : backend->transfers)
      if (std::find(names.begin(), names.end(), transfer) == names.end()) names.emplace_back(transfer);
  return names;
}

std::vector<std::string> parse_transfers(const std::string& text) {
  // Modes that no backend has yet count as known: they become `unavailable` rows.
  std::vector<std::string> known =
      transfer_names({"none", "pageable", "pinned", "registered", "mapped", "overlapped", "all"});
  const std::vector<std::string> modes = parse_names("transfer mode", text, known);
  return std::find(modes.begin(), modes.end(), "all") != modes.end() ? transfer_names() : modes;
}

/// Solvers of the problem (null: of any) on the chosen backends. A backend that was asked for by name and
/// was not built has no table: then any name may be its, and becomes an `unavailable` row.
std::vector<std::string> parse_solvers(const std::string& text, const Options& options) {
  std::vector<std::string> known;
  bool any_name = false;
  for (const Backend* backend : backends()) {
    const bool asked =
        std::find(options.backends.begin(), options.backends.end(), backend->name) != options.backends.end();
    if (!options.backends.empty() && !asked) continue;
    any_name |= asked && backend->solvers.empty();
    for (const SolverInfo* solver : backend->solvers)
      if ((!options.problem || solver->problem == std::string_view(options.problem->name)) &&
          std::find(known.begin(), known.end(), solver->name) == known.end())
        known.emplace_back(solver->name);
  }
  if (options.simulated)
    for (const Backend* backend : options.simulated->backends())
      for (const SolverInfo* solver : backend->solvers)
        if (!options.problem || solver->problem == std::string_view(options.problem->name))
          known.emplace_back(solver->name);
  if (any_name) return parse_list(text);
  return parse_names(options.problem ? std::string(options.problem->name) + " solver" : "solver", text,
                     known);
}

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
  if (has_suite && !flags.problem.empty())
    throw UsageError("--suite has its own problems: leave '" + flags.problem + "' out");
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
  if (flags.problem.empty())
    throw UsageError("a problem is missing: one of " + joined(names) +
                     (options.command == Command::scaling ? "" : ", or --suite NAME"));
  options.problem = find_problem(flags.problem);
  if (!options.problem) throw UsageError(unknown("problem", flags.problem, names));
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
  if (flags.has("csv") && options.csv.empty()) throw UsageError("--csv: the name of a file is missing");
  options.force = flags.has("force");
}

void set_calibration(const Flags& flags, Options& options) {
  const Machine machine = machine_facts();
  options.output = text_of(flags, "output");
  if (flags.has("output") && options.output.empty())
    throw UsageError("--output: the name of a file is missing");
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

/// One size of the problem over a range, everything else once.
void set_range(const Flags& flags, Options& options) {
  if (!flags.has("vary"))
    throw UsageError(std::string("--vary is missing: the size along which to search, as in --vary ") +
                     options.problem->axes[0].name + "=1:1e6");
  try {
    parse_vary(text_of(flags, "vary"), options);
  } catch (const UsageError& error) {
    throw UsageError(std::string("--vary: ") + error.what());
  }
  const char* const varied = options.problem->axes[static_cast<std::size_t>(options.vary)].name;
  if (flags.has(varied))
    throw UsageError(std::string("--") + varied + " is what --vary varies: leave it out");
  for (std::size_t axis = 0; axis < options.sizes.size(); ++axis)
    if (options.sizes[axis].size() != 1)
      throw UsageError(std::string("--") + options.problem->axes[axis].name +
                       ": one value; the sizes that are searched are those of --vary");
  if (options.types.size() != 1) throw UsageError("--type: one type at a time");
}

/// --walls of find.
void check_walls_file(const Options& options) {
  if (options.walls.empty()) throw UsageError("--walls: the name of a file is missing");
  if (options.walls == options.csv) throw UsageError("--walls: a file of its own, not that of --csv");
  if (!options.force && std::filesystem::is_regular_file(options.walls))
    throw UsageError("--walls: " + options.walls + " exists already; give another name, or --force");
  check_writable(options.walls);
}

/// With prices, cost is asked for too where nothing else is.
void set_questions(const Flags& flags, Options& options) {
  const Question cost{.kind = Question::Kind::cost};
  const bool priced = options.prices.cpu_per_s.value_or(0) > 0 && options.prices.gpu_per_s.value_or(0) > 0;
  if (!priced && (options.prices.cpu_per_s || options.prices.gpu_per_s))
    throw UsageError("--cpu-price and --gpu-price: find compares two costs: both are needed, above 0");
  if (priced) options.questions = {{}, cost};
  set(flags, "question", options.questions, parse_questions);
  const bool asked =
      std::ranges::any_of(options.questions, [&](const Question& q) { return q.kind == cost.kind; });
  if (asked && !priced)
    throw UsageError("--question cost: --cpu-price and --gpu-price are missing, as in 0.4/h");
}

constexpr Index fewest_runs = 8;  // for an interval at 99 %

void set_search(const Flags& flags, Options& options) {
  set_range(flags, options);
  set(flags, "compare", options.compare,
      [&](const std::string& text) { return parse_compare(text, options); });
  set(flags, "most-runs", options.most_runs, [](const std::string& text) {
    const Index runs = parse_at_most(text, 1'000'000);
    if (runs < fewest_runs)
      throw UsageError("'" + text + "' runs are too few: one size alone takes " +
                       std::to_string(fewest_runs));
    return runs;
  });
  if (!flags.has("precision")) options.precision = 0.02;  // of a crossing
  if (options.threads.size() > 1) throw UsageError("--threads: one number; --compare has the two solvers");
  set_questions(flags, options);
  options.walls = text_of(flags, "walls");
  if (flags.has("walls")) check_walls_file(options);
  if (!options.backends.empty() && !(options.simulated && options.backends.size() == 1))
    throw UsageError("--backend: only sim, which stands in for both: --compare names the two solvers");
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

/// FNV-1a, 64 bits, as hexadecimal digits.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3U;
  std::string digits(16, '0');
  for (std::size_t i = digits.size(); i-- > 0; hash >>= 4) digits[i] = "0123456789abcdef"[hash & 15];
  return digits;
}

/// The flags that change results, in one spelling.
std::string canonical_text(const Options& options) {
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    text.append(name).append("=").append(value).append("\n");
  };
  const auto exact = [](double value) {
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return std::string(buffer.data(), end);
  };
  if (options.command == Command::scaling) add("command", "scaling");
  add("problem", options.problem ? options.problem->name : "");
  add("suite", options.suite);
  for (const std::vector<Index>& sizes : options.sizes) {
    for (const Index size : sizes) text += std::to_string(size) + ",";
    text += "\n";
  }
  for (const Shape& shape : options.shapes) {
    for (const Index size : shape.size) text += std::to_string(size) + ",";
    text += "\n";
  }
  for (const Type type : options.types) add("type", name_of(type));
  add("backends", joined(options.backends));
  add("solvers", joined(options.solvers));
  add("transfers", joined(options.transfers));
  for (const int threads : options.threads) add("threads", std::to_string(threads));
  add("bind", name_of(options.bind));
  if (!options.instruction_set.empty()) add("instruction_set", options.instruction_set);
  add("device", std::to_string(options.device));
  add("seed", std::to_string(options.seed));
  add("budget", options.budget_given || options.suite.empty() ? exact(options.budget_s) : "suite");
  add("timeout", options.timeout_given || options.suite.empty() ? exact(options.timeout_s) : "suite");
  add("precision", exact(options.precision));
  add("min_samples", std::to_string(options.min_samples));
  add("cache", options.cache == Cache::cold ? "cold" : "warm");
  add("host_memory_limit", std::to_string(options.host_memory_limit));
  add("device_memory_limit", std::to_string(options.device_memory_limit));
  if (options.concurrent != 0) add("concurrent", std::to_string(options.concurrent));
  add("rivals", joined(options.rivals));
  add("over_the_wall", options.over_the_wall ? "yes" : "no");
  add("rehearse", options.rehearse);
  std::map<std::string, std::string> files = options.inputs;
  if (options.simulated) files["profile"] = options.profile;
  for (const auto& [name, path] : files) {
    add(name, std::to_string(std::filesystem::file_size(path)) + " " +
                  std::to_string(std::filesystem::last_write_time(path).time_since_epoch().count()));
  }
  return text;
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  const Flags flags = parse_flags(argc, argv);
  Options options;
  options.command = flags.command;
  options.label_only = flags.command == Command::devices && flags.has("label");
  if (!flags.list_what.empty()) {
    const std::vector<std::string> lists = {"problems", "solvers", "columns", "suites"};
    options.list_what = parse_names("list", flags.list_what, lists).front();
  }
  if (options.command == Command::list || options.command == Command::devices) return options;
  if (options.command == Command::explain || options.command == Command::compare) {
    set_reading(flags, options);
    return options;
  }
  if (options.command == Command::calibrate) {
    set_calibration(flags, options);
    return options;
  }

  options.profile = text_of(flags, "profile");
  if (flags.has("profile") && options.profile.empty())
    throw UsageError("--profile: the name of a file is missing");
  if (options.command == Command::choose) {
    set_choice(flags, options);
    return options;
  }
  if (options.command == Command::predict) {
    set_prediction(flags, options);
    if (!options.own) set_problem_or_suite(flags, options);
    return options;
  }

  set(flags, "backend", options.backends,
      [](const std::string& text) { return parse_names("backend", text, backend_names()); });
  if (options.command == Command::scaling) options.backends = {cpu_backend().name};
  set_limits(flags, options);
  set(flags, "seed", options.seed, parse_whole);
  set(flags, "cache", options.cache, [](const std::string& text) {
    return parse_names("cache state", text, {"warm", "cold"}).front() == "cold" ? Cache::cold : Cache::warm;
  });
  set_simulation(flags, options);
  set(flags, "transfer", options.transfers, parse_transfers);
  const Machine machine = machine_facts();
  Machine asked = machine;  // whose threads "all" are
  if (!measures(options)) asked.usable = options.simulated->profile().threads;
  set(flags, "threads", options.threads, [&](const std::string& text) { return parse_threads(text, asked); });
  set(flags, "bind", options.bind, [&](const std::string& text) { return parse_binding(text, machine); });
  options.instruction_set = text_of(flags, "instruction-set");
  if (const std::string problem = cpu::choose_tile_kernels(options.instruction_set); !problem.empty())
    throw UsageError("--instruction-set: " + problem);
  set_problem_or_suite(flags, options);
  set(flags, "solver", options.solvers,
      [&](const std::string& text) { return parse_solvers(text, options); });

  options.rivals = rivals_of(flags, options.problem);
  set(flags, "device", options.device, [](const std::string& text) { return parse_at_most(text, 1023); });
  set(flags, "budget", options.budget_s, parse_seconds);
  set(flags, "timeout", options.timeout_s, parse_seconds);
  options.budget_given = flags.has("budget");
  options.timeout_given = flags.has("timeout");
  set(flags, "precision", options.precision, parse_percent);
  set(flags, "min-samples", options.min_samples, [](const std::string& text) {
    parse_size(text);  // at least 1
    return parse_at_most(text, 1'000'000);
  });
  set(flags, "cpu-price", options.prices.cpu_per_s, parse_price);
  set(flags, "gpu-price", options.prices.gpu_per_s, parse_price);
  set(flags, "concurrent", options.concurrent, [](const std::string& text) {
    parse_size(text);  // at least 1
    return parse_at_most(text, 1024);
  });
  options.over_the_wall = flags.has("over-the-wall");
  options.recalibrate = flags.has("recalibrate");
  options.resume = flags.has("resume");
  options.force = flags.has("force");
  options.quiet = flags.has("quiet");
  set(flags, "label", options.label, parse_label);
  options.rehearse = text_of(flags, "rehearse");
  if (flags.has("rehearse")) {
    if (options.rehearse.empty()) throw UsageError("--rehearse: SOLVER:PHASE:FAILURE is missing");
    parse_rehearsal(options.rehearse);
  }
  set_outputs(flags, options);
  if (options.command == Command::find) set_search(flags, options);
  if (options.command == Command::wall) {
    set_range(flags, options);
    if (!options.budget_given) options.budget_s = 1;  // a few sizes of every solver
  }
  if (options.command == Command::scaling)
    complete_scaling(options, has_sizes(flags, options), machine,
                     host_memory_limits("/", options.host_memory_limit).tightest().available_bytes);
  options.flags_hash = hash_of(canonical_text(options) + simulation_text(flags));
  return options;
}

}  // namespace crossover
