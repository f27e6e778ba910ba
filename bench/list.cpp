#include "bench/list.hpp"

#include <array>

#include "bench/base/format.hpp"
#include "bench/base/suggest.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/rivals/rivals.hpp"
#include "bench/rows/columns.hpp"
#include "bench/rows/suites.hpp"

namespace crossover {
namespace {

constexpr int screen_width = 80;

const char* name_of_role(Role role) {
  switch (role) {
    case Role::map: return "map";
    case Role::fold: return "fold";
    case Role::inner: return "inner";
    case Role::parameter: break;
  }
  return "parameter";
}

/// "f32, f64".
std::string types_text(std::span<const Type> types) {
  std::vector<std::string> names;
  for (const Type type : types) names.emplace_back(name_of(type));
  return joined(names);
}

std::string sizes_text(const Problem& problem, const Shape& shape) {
  std::string text;
  for (std::size_t i = 0; i < problem.axes.size(); ++i)
    text += std::string(i == 0 ? "" : " ") + problem.axes[i].name + '=' +
            std::to_string(shape[static_cast<int>(i)]);
  return text;
}

std::string problems_text() {
  std::string text;
  for (const Problem* problem : problems()) {
    text += wrapped(std::string(problem->name) + ": " + problem->summary, screen_width, 2);
    text += wrapped(std::string("  ") + problem->formula, screen_width, 4);
    for (const Axis& axis : problem->axes)
      text += wrapped(std::string("  --") + axis.name + ' ' + std::to_string(axis.fallback) + "  (" +
                          name_of_role(axis.role) + ") " + axis.meaning,
                      screen_width, 6);
    text += wrapped("  --type " + types_text(problem->types), screen_width, 6);
    text += wrapped(std::string("  accuracy: ") + problem->accuracy, screen_width, 4) + '\n';
  }
  return text + wrapped(
                    "map axes have outputs of their own, fold axes are merged into one state, inner axes "
                    "are consumed inside one result; map and fold axes can be cut into pieces",
                    screen_width);
}

std::string solvers_text() {
  std::string text;
  std::vector<const Backend*> all(backends().begin(), backends().end());
  all.push_back(&rivals_backend());
  for (const Backend* backend : all) {
    text += wrapped(std::string(backend->name) + ": " + backend->summary, screen_width, 2);
    std::vector<std::string> modes(backend->transfers.begin(), backend->transfers.end());
    text += wrapped("  --transfer " + joined(modes), screen_width, 4);
    for (const Problem* problem : problems())
      for (const SolverInfo* solver : backend->solvers) {
        if (std::string_view(solver->problem) != problem->name) continue;
        std::string line = std::string("  ") + solver->problem + ' ' + solver->name + ": " + solver->strategy;
        line += solver->folds ? "; folds pieces" : "; whole problems only";
        line += solver->threaded ? "; threads as asked" : "; one thread";
        if (solver->library) line += std::string("; with ") + solver->library + " where it is installed";
        if (!solver->types.empty()) line += "; only " + types_text(solver->types);
        text += wrapped(line, screen_width, 6);
      }
    text += '\n';
  }
  text.pop_back();
  return text;
}

std::string columns_text() {
  std::string text;
  for (const Column& column : columns()) {
    const std::string unit = *column.unit == '\0' ? "" : std::string(" [") + column.unit + ']';
    text += wrapped(column.name + unit + ": " + column.meaning, screen_width, 4);
  }
  return text;
}

std::string suites_text() {
  std::string text;
  for (const Suite& suite : suites()) {
    text += wrapped(std::string(suite.name) + ": " + suite.summary, screen_width, 2);
    text += "  --budget " + print_number(suite.budget_s) + " --timeout " + print_number(suite.timeout_s) +
            " where not given\n";
    for (const SuiteEntry& entry : suite.entries) {
      const Problem* problem = find_problem(entry.problem);
      std::string line = std::string("  ") + entry.problem + ' ';
      if (problem != nullptr) line += sizes_text(*problem, entry.shape) + ' ';
      line += name_of(entry.type);
      if (entry.once_solver != nullptr) line += std::string("; only ") + entry.once_solver + ", once";
      text += wrapped(line, screen_width, 4);
    }
    text += '\n';
  }
  text.pop_back();
  return text;
}

struct List {
  const char* name;
  std::string (*text)();
};

constexpr std::array lists = {List{"problems", problems_text}, List{"solvers", solvers_text},
                              List{"columns", columns_text}, List{"suites", suites_text}};

/// A cell of a Markdown table: a bar would end it.
std::string markdown_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) cell += c == '|' ? std::string("\\|") : std::string(1, c);
  return cell;
}

}  // namespace

std::string list_text(std::string_view what) {
  std::string all;
  std::vector<std::string> names;
  for (const List& list : lists) {
    if (what == list.name) return list.text();
    names.emplace_back(list.name);
    all += (all.empty() ? "" : "\n") + ("== " + names.back() + "\n\n") + list.text();
  }
  if (!what.empty()) throw UsageError(unknown("list", what, names));
  return all;
}

std::string dictionary_markdown() {
  std::string text =
      "# Columns of the results\n\n"
      "One row is one case: a problem at one shape and type, answered by one solver. Files are RFC 4180: "
      "lines\n"
      "end in CRLF, an empty cell has no value, numbers are raw (seconds, bytes, counts) and have the "
      "shortest\n"
      "text that reads back exactly. `crossover list columns` prints the same sentences, from the same "
      "table.\n"
      "Beside every `rows.csv` lies `rows.csv.meta.json`: the command lines, the machine, the software and "
      "the\n"
      "limits in full. `published/lecture_figures.csv` holds other people's figures, from other machines.\n\n"
      "Files that are read back (`explain`, `compare`, `--resume`, `--profile`) are regular files of at "
      "most\n"
      "64 MiB, JSON of 16 MiB; a pipe or a device is refused: write its text to a file first. A file that "
      "is\n"
      "replaced (`--force`) stays as it was until the first text of the new one is on the disk. Files that "
      "a\n"
      "spreadsheet or a data frame has saved are read too (a byte order mark, LF, `True`, `8.0`), as long "
      "as\n"
      "commas stand between the cells and points in the numbers. While a run writes a file, another that\n"
      "would write it is refused. `--resume` goes on with the same flags, sizes, types and problems "
      "excepted:\n"
      "groups of further ones are added; a group that lacks a row is measured again.\n\n"
      "`samples.csv` has one line for each timed event: the case, its `kind` (`first`, `pilot`, `call`,\n"
      "`phases`, `open`, `close`, `confirm_pilot`, `confirm_call`), the `process` of its group that took "
      "it,\n"
      "the `block` (the cases of a group are sampled once per block), seconds by phase (`overlapped_s`:\n"
      "upload, compute and download at once), seconds since the run began (`elapsed_s`), and for calls\n"
      "what disturbed them: `preemptions` (involuntary context switches), `waited_s` (the longest that a\n"
      "thread was ready to run without a processor, from 0.1 s on what a hypervisor took too; empty below\n"
      "1 ms), `throttled` (a CPU quota ended; empty where there is none). Empty: nobody looked. Samples of "
      "a\n"
      "group that was interrupted stay when `--resume` measures it again: a row's samples are those with "
      "its\n"
      "`run_id`.\n\n"
      "| column | unit | meaning |\n|---|---|---|\n";
  for (const Column& column : columns())
    text += std::string("| `") + column.name + "` | " + column.unit + " | " + markdown_cell(column.meaning) +
            " |\n";
  return text;
}

}  // namespace crossover
