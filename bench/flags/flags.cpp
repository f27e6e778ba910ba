#include "bench/flags/flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <span>

#include "bench/base/suggest.hpp"
#include "bench/flags/command_table.hpp"
#include "bench/flags/flag_table.hpp"
#include "bench/flags/predict_flags.hpp"
#include "bench/flags/sim_flags.hpp"
#include "bench/flags/usage.hpp"
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

void add_text(CLI::App& app, Flags& flags, const std::string& name, const char* value,
              const std::string& meaning, const char* group) {
  const auto store = [&flags, name](const std::string& text) { flags.text[name] = text; };
  app.add_option_function<std::string>("--" + name, store, meaning)->type_name(value)->group(group);
}

void add_file(CLI::App& app, Flags& flags, const std::string& name, const char* meaning) {
  const auto store = [&flags, name](const std::string& text) { flags.text[name] = text; };
  app.add_option_function<std::string>(name, store, meaning)->type_name("");
}

/// Of the commands that read rows and measure nothing.
void add_reading_flags(CLI::App& explain, CLI::App& compare, Flags& flags) {
  add_file(explain, flags, "file", "CSV of rows, as --csv of `run` writes it");
  add_text(explain, flags, "row", "N", "this one only; the first is 1 [all]", "Options");
  add_file(compare, flags, "before", "CSV of rows, as --csv of `run` writes it");
  add_file(compare, flags, "after", "another one, with the same cases");
  add_text(compare, flags, "fail-on", "LIST", "status 1 on slower, lost, unclear, missing [none]", "Options");
  add_text(compare, flags, "csv", "FILE", "a line for each case; - is stdout", "Options");
  compare
      .add_flag_function(
          "--force", [&flags](std::int64_t) { flags.on.insert("force"); }, "replace FILE where it exists")
      ->group("Options");
}

void add_output(CLI::App& app, Flags& flags, const char* meaning) {
  const auto store = [&flags](const std::string& text) { flags.text["output"] = text; };
  app.add_option_function<std::string>("-o,--output", store, meaning)->type_name("FILE")->group("Options");
}

/// A flag without a value, and its meaning.
struct Switch {
  const char *name, *meaning;
};

void add_switches(CLI::App& app, Flags& flags, std::initializer_list<Switch> switches) {
  for (const Switch& each : switches)
    app.add_flag_function(
           std::string("--") + each.name, [&flags, name = each.name](std::int64_t) { flags.on.insert(name); },
           each.meaning)
        ->group("Options");
}

void add_choice_flags(CLI::App& app, Flags& flags) {
  add_output(app, flags, "policy.h or policy.json");
  add_text(app, flags, "profile", "FILE", "of a machine, by `calibrate` [this one's]", "Options");
  add_switches(app, flags, {{"force", "replace FILE where it exists"}, {"quiet", "no notes"}});
}

void add_calibration_flags(CLI::App& app, Flags& flags) {
  add_output(app, flags, "where the profile goes; - is stdout [the cache]");
  add_text(app, flags, "threads", "LIST", "numbers that solvers are called with [1,all]", "Options");
  add_text(app, flags, "device", "N", "which GPU [0]", "Options");
  add_text(app, flags, "budget", "SECONDS", "for all of the processor's part [75; --quick 20]", "Options");
  add_text(app, flags, "label", "NAME", "the kind of machine [found out]", "Options");
  add_switches(app, flags,
               {{"quick", "a rough profile, in a third of the time"},
                {"force", "replace FILE where it exists"},
                {"quiet", "no progress on stderr"}});
}

bool contains(std::span<const char* const> names, std::string_view name) {
  return std::ranges::find(names, name, [](const char* known) { return std::string_view(known); }) !=
         names.end();
}

void add_run_flags(CLI::App& app, Flags& flags, Command command) {
  app.add_option("problem", flags.problem, "what to compute; see the end, and `list problems`")
      ->type_name("");
  for (const auto& [name, meaning] : axis_flags())
    add_text(app, flags, name, "LIST", meaning, flag_group::sizes);
  for (const Flag& flag : flag_table()) {
    const std::string name = flag.name;
    const bool refused = contains(refused_by(command).flags, name) ||
                         (contains(sim_flag_names(), name) && !knows_simulation(command));
    const char* const group = refused ? "" : flag.group;
    if (name == "rivals") {
      const auto store = [&flags](const std::vector<std::string>& given) {
        flags.text["rivals"] = given.empty() || given.front().empty() ? "all" : given.front();
      };
      app.add_option_function<std::vector<std::string>>("--rivals", store, flag.meaning)
          ->type_name(flag.value)
          ->group(group)
          ->expected(0, 1);
    } else if (name == "input") {
      app.add_option("--input", flags.inputs, flag.meaning)
          ->type_name(flag.value)
          ->group(group)
          ->allow_extra_args(false);
    } else if (*flag.value) {
      add_text(app, flags, name, flag.value, flag.meaning, group);
    } else {
      app.add_flag_function(
             "--" + name, [&flags, name](std::int64_t) { flags.on.insert(name); }, flag.meaning)
          ->group(group);
    }
  }
}

std::string without_dashes(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('-'), text.size()));
  return std::string(text.substr(0, text.find('=')));
}

/// What is left over: flags and words that the command does not have.
[[noreturn]] void reject_extra(const CLI::App& app, const std::string& extra) {
  const std::string help = " (crossover " + app.get_name() + " --help)";
  if (!extra.starts_with("-"))
    throw UsageError(
        "unexpected '" + extra + "'" +
        (app.get_option_no_throw("problem") ? ": one problem at a time, and a list has no blanks" : "") +
        help);
  std::vector<std::string> names, plain;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames())
      if (!option->get_group().empty()) plain.push_back(name);
  for (const std::string& name : nearest(without_dashes(extra), plain)) names.push_back("--" + name);
  throw UsageError("unknown flag '" + extra.substr(0, extra.find('=')) + "'" +
                   (names.empty() ? "" : ": did you mean " + joined(names) + "?") + help);
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

/// One of `words` gives a value to a flag that has none.
[[noreturn]] void reject_value(const std::vector<std::string>& words) {
  const auto given = [&](const Flag& flag) {
    return *flag.value == '\0' && std::ranges::any_of(words, [&](const std::string& word) {
      return word.starts_with("--" + std::string(flag.name) + '=');
    });
  };
  const auto found = std::ranges::find_if(flag_table(), given);
  throw UsageError(found == flag_table().end() ? std::string("a flag that takes no value was given one")
                                               : "--" + std::string(found->name) + " takes no value");
}

/// Without CLI11's double blank lines.
std::string tidy(std::string text) {
  for (std::size_t at = 0; (at = text.find("\n\n\n")) != std::string::npos;) text.erase(at, 1);
  return text;
}

}  // namespace

Flags parse_flags(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app("Measures whether a computation should run on the CPU or the GPU.", "crossover");
  app.get_formatter()->column_width(30);
  app.set_help_flag("-h,--help", "print this");
  app.set_version_flag("--version", version_text(), "print the version");
  app.footer(program_examples());
  app.allow_extras();

  std::map<Command, CLI::App*> commands;
  for (const CommandInfo& info : command_table())
    commands[info.command] = app.add_subcommand(info.name, info.summary)->footer(info.notes());
  for (const Command command :
       {Command::run, Command::plan, Command::scaling, Command::find, Command::predict, Command::wall})
    add_run_flags(*commands[command], flags, command);
  for (const Command command : {Command::find, Command::wall})
    add_text(*commands[command], flags, "vary", "AXIS=LOW:HIGH", "the size along which to search",
             flag_group::sizes);
  add_text(*commands[Command::find], flags, "compare", "A,B",
           "as in openmp,cuda:cub [CPU's and GPU's default]", flag_group::where);
  add_text(*commands[Command::find], flags, "question", "LIST", "call, resident, reuse=K, cost or all [call]",
           flag_group::where);
  add_text(*commands[Command::find], flags, "walls", "FILE", "CSV of the last sizes that fit, as of `wall`",
           flag_group::data);
  add_text(*commands[Command::find], flags, "most-runs", "N", "of each of the two [600]",
           flag_group::sampling);
  for (const PredictFlag& flag : predict_flags())
    add_text(*commands[Command::predict], flags, flag.name, flag.value, flag.meaning, flag.group);
  add_choice_flags(*commands[Command::choose], flags);
  commands[Command::list]
      ->add_option("what", flags.list_what, "problems, solvers, columns or suites [all]")
      ->type_name("");
  commands[Command::devices]->add_flag_function(
      "--label", [&flags](std::int64_t) { flags.on.insert("label"); },
      "print the label of this kind of machine only");
  add_calibration_flags(*commands[Command::calibrate], flags);
  add_reading_flags(*commands[Command::explain], *commands[Command::compare], flags);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    throw EarlyExit{tidy(app.help())};
  } catch (const CLI::CallForVersion&) {
    throw EarlyExit{version_text() + "\n"};
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    const std::string flag = what.substr(0, what.find(':'));
    throw UsageError(flag + (what.ends_with("missing") ? " needs a value" : " is given more than once"));
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + " (crossover --help)");
  } catch (const std::logic_error&) {  // CLI11 takes a value as the number of times that such a flag is given
    reject_value({argv + 1, argv + argc});
  }

  if (!app.remaining().empty()) reject_command(app.remaining().front());
  for (const auto& [command, parsed] : commands) {
    if (!parsed->parsed()) continue;
    const std::vector<std::string> extras = parsed->remaining();
    const auto flag = std::find_if(extras.begin(), extras.end(),
                                   [](const std::string& extra) { return extra.starts_with("-"); });
    if (!extras.empty()) reject_extra(*parsed, flag != extras.end() ? *flag : extras.front());
    flags.command = command;
    const Refusal refusal = refused_by(flags.command);
    for (const char* name : refusal.flags)
      if (flags.has(name))
        throw UsageError(std::string("--") + name + ": " + refusal.why +
                         ": leave it out, or use crossover run");
    for (const char* name : sim_flag_names())
      if (flags.has(name) && !knows_simulation(command))
        throw UsageError(std::string("--") + name +
                         ": run, plan and find know the simulated device: leave it out");
    return flags;
  }
  throw UsageError("a command is missing: one of " + joined(command_names()) +
                   "; crossover --help has examples");
}

}  // namespace crossover
