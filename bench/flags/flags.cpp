#include "bench/flags/flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <span>

#include "bench/base/suggest.hpp"
#include "bench/flags/command_table.hpp"
#include "bench/flags/flag_table.hpp"
#include "bench/flags/predict_flags.hpp"
#include "bench/flags/sim_flags.hpp"
#include "bench/flags/usage.hpp"
#include "bench/flags/words.hpp"
#include "bench/machine/version.hpp"
#include "common/problem.hpp"

namespace crossover {
namespace {

/// Each axis name of any problem once, with the flag's meaning.
std::vector<std::pair<std::string, std::string>> axis_flags() {
  std::vector<std::pair<std::string, std::string>> flags;
  for (const Problem* problem : problems())
    for (const Axis& axis : problem->axes)
      if (std::none_of(flags.begin(), flags.end(), [&](const auto& flag) { return flag.first == axis.name; }))
        flags.emplace_back(axis.name, axis.meaning);
  return flags;
}

/// A command, as CLI11 knows it for the help and as the words behind it are checked.
struct Declared {
  CLI::App* app;
  Flags* flags;
  Vocabulary words;

  /// `group`: the heading in the help; empty: known, but not in it.
  void text(const std::string& name, const char* value, const std::string& meaning, const char* group) {
    know(name, Takes::a_value, group);
    app->add_option_function<std::string>("--" + name, store(name), meaning)->type_name(value)->group(group);
  }

  void switch_on(const std::string& name, const char* meaning, const char* group) {
    know(name, Takes::nothing, group);
    app->add_flag_function(
           "--" + name, [on = &flags->on, name](std::int64_t) { on->insert(name); }, meaning)
        ->group(group);
  }

  void plain_word(const std::string& name, const char* meaning) {
    ++words.plain_words;
    app->add_option_function<std::string>(name, store(name), meaning)->type_name("");
  }

  void know(const std::string& name, Takes takes, const char* group) {
    words.flags["--" + name] = {"--" + name, takes, *group != '\0', {}};
  }

  std::function<void(const std::string&)> store(const std::string& name) const {
    return [all = &flags->text, name](const std::string& text) { (*all)[name] = text; };
  }
};

constexpr const char* options_group = "Options";

/// Of the commands that read rows and measure nothing.
void add_reading_flags(Declared& explain, Declared& compare) {
  explain.plain_word("file", "CSV of rows, as --csv of `run` writes it");
  explain.text("row", "N", "this one only; the first is 1 [all]", options_group);
  compare.plain_word("before", "CSV of rows, as --csv of `run` writes it");
  compare.plain_word("after", "another one, with the same cases");
  compare.text("fail-on", "LIST", "status 1 on slower, lost, unclear, missing [none]", options_group);
  compare.text("csv", "FILE", "a line for each case; - is stdout", options_group);
  compare.switch_on("force", "replace FILE where it exists", options_group);
}

void add_output(Declared& command, const char* meaning) {
  command.know("output", Takes::a_value, options_group);
  command.words.flags["-o"] = {"--output", Takes::a_value, false, {}};
  command.app->add_option_function<std::string>("-o,--output", command.store("output"), meaning)
      ->type_name("FILE")
      ->group(options_group);
}

void add_choice_flags(Declared& choose) {
  add_output(choose, "policy.h or policy.json");
  choose.text("profile", "FILE", "of a machine, by `calibrate` [this one's]", options_group);
  choose.switch_on("force", "replace FILE where it exists", options_group);
  choose.switch_on("quiet", "no notes", options_group);
}

void add_calibration_flags(Declared& calibrate) {
  add_output(calibrate, "where the profile goes; - is stdout [the cache]");
  calibrate.text("threads", "LIST", "numbers that solvers are called with [1,all]", options_group);
  calibrate.text("device", "N", "which GPU [0]", options_group);
  calibrate.text("budget", "SECONDS", "for all of the processor's part [75; --quick 20]", options_group);
  calibrate.text("label", "NAME", "the kind of machine [found out]", options_group);
  calibrate.switch_on("quick", "a rough profile, in a third of the time", options_group);
  calibrate.switch_on("force", "replace FILE where it exists", options_group);
  calibrate.switch_on("quiet", "no progress on stderr", options_group);
}

bool contains(std::span<const char* const> names, std::string_view name) {
  return std::ranges::find(names, name, [](const char* known) { return std::string_view(known); }) !=
         names.end();
}

void add_run_flags(Declared& declared, Command command) {
  declared.plain_word("problem", "what to compute; see the end, and `list problems`");
  declared.words.has_problem = true;
  for (const auto& [name, meaning] : axis_flags()) declared.text(name, "LIST", meaning, flag_group::sizes);
  for (const Flag& flag : flag_table()) {
    const std::string name = flag.name;
    const bool refused = contains(refused_by(command).flags, name) ||
                         (contains(sim_flag_names(), name) && !knows_simulation(command));
    const char* const group = refused ? "" : flag.group;
    if (name == "input") {
      declared.know(name, Takes::a_value_each_time, group);
      declared.app->add_option("--input", declared.flags->inputs, flag.meaning)
          ->type_name(flag.value)
          ->group(group)
          ->allow_extra_args(false);
    } else if (*flag.value) {
      declared.text(name, flag.value, flag.meaning, group);
    } else {
      declared.switch_on(name, flag.meaning, group);
    }
  }
  declared.words.flags["--rivals"].alone = "all";
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandInfo& info : command_table()) names.emplace_back(info.name);
  return names;
}

[[noreturn]] void reject_command(const std::string& word) {
  if (word.starts_with("-"))
    throw UsageError("unknown flag '" + word + "': the command comes first, as in crossover run sum");
  if (find_problem(word)) throw UsageError("'" + word + "' is a problem: write crossover run " + word);
  throw UsageError(unknown("command", word, command_names()));
}

/// Without CLI11's double blank lines, and its blanks at the ends of lines. The notes go around it: some of
/// its versions fill paragraphs anew.
std::string tidy(const std::string& help, const std::string& notes) {
  std::string text;
  for (const char c : help + "\n" + notes) {
    if (c == '\n') text.erase(text.find_last_not_of(' ') + 1);
    if (c != '\n' || !text.ends_with("\n\n")) text += c;
  }
  return text;
}

/// The command that `words` begin with.
const CommandInfo& command_of(const std::vector<std::string>& words, const CLI::App& app) {
  if (words.empty())
    throw UsageError("a command is missing: one of " + joined(command_names()) +
                     "; crossover --help has examples");
  const std::string& first = words.front();
  for (const std::string flag : {"-h", "--help", "--version"})
    if (first.starts_with(flag + "=")) throw UsageError(flag + " takes no value");
  if (first == "-h" || first == "--help") throw EarlyExit{tidy(app.help(), program_examples())};
  if (first == "--version") throw EarlyExit{version_text() + "\n"};
  const auto found = std::ranges::find(command_table(), first, &CommandInfo::name);
  if (found == command_table().end()) reject_command(first);
  return *found;
}

}  // namespace

Flags parse_flags(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app("Measures whether a computation should run on the CPU or the GPU.", "crossover");
  app.get_formatter()->column_width(30);
  app.set_help_flag("-h,--help", "print this");
  app.set_version_flag("--version", version_text(), "print the version");
  app.require_subcommand(0, 1);  // words behind a command are no commands

  std::map<Command, Declared> commands;
  for (const CommandInfo& info : command_table()) {
    Declared& declared = commands[info.command] = {app.add_subcommand(info.name, info.summary), &flags, {}};
    for (const char* spelling : {"-h", "--help"})
      declared.words.flags[spelling] = {"--help", Takes::nothing, spelling[1] == '-', {}};
  }
  for (const Command command :
       {Command::run, Command::plan, Command::scaling, Command::find, Command::predict, Command::wall})
    add_run_flags(commands[command], command);
  for (const Command command : {Command::find, Command::wall})
    commands[command].text("vary", "AXIS=LOW:HIGH", "the size along which to search", flag_group::sizes);
  Declared& find = commands[Command::find];
  find.text("compare", "A,B", "as in openmp,cuda:cub [CPU's and GPU's default]", flag_group::where);
  find.text("question", "LIST", "call, resident, reuse=K, cost or all [call]", flag_group::where);
  find.text("walls", "FILE", "CSV of the last sizes that fit, as of `wall`", flag_group::data);
  find.text("most-runs", "N", "of each of the two [600]", flag_group::sampling);
  for (const PredictFlag& flag : predict_flags())
    commands[Command::predict].text(flag.name, flag.value, flag.meaning, flag.group);
  add_choice_flags(commands[Command::choose]);
  commands[Command::list].plain_word("what", "problems, solvers, columns or suites [all]");
  commands[Command::devices].switch_on("label", "print the label of this kind of machine only",
                                       options_group);
  add_calibration_flags(commands[Command::calibrate]);
  add_reading_flags(commands[Command::explain], commands[Command::compare]);

  const std::vector<std::string> words(argv + 1, argv + argc);
  const CommandInfo& info = command_of(words, app);
  const Declared& declared = commands[info.command];
  const std::span<const std::string> behind = std::span(words).subspan(1);
  if (asks_for_help(behind)) throw EarlyExit{tidy(declared.app->help(app.get_name()), info.notes())};
  std::vector<std::string> checked = checked_words(behind, info.name, declared.words);
  checked.insert(checked.begin(), info.name);
  std::ranges::reverse(checked);  // as CLI11 wants them
  try {
    app.parse(std::move(checked));
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + " (crossover --help)");
  }

  flags.command = info.command;
  const Refusal refusal = refused_by(flags.command);
  for (const char* name : refusal.flags)
    if (flags.has(name))
      throw UsageError(std::string("--") + name + ": " + refusal.why +
                       ": leave it out, or use crossover run");
  for (const char* name : sim_flag_names())
    if (flags.has(name) && !knows_simulation(flags.command))
      throw UsageError(std::string("--") + name +
                       ": run, plan and find know the simulated device: leave it out");
  return flags;
}

}  // namespace crossover
