#include "bench/find.hpp"

#include <array>
#include <csignal>
#include <cstdio>

#include "bench/csv.hpp"
#include "bench/format.hpp"
#include "bench/interrupt.hpp"
#include "bench/memory_limits.hpp"
#include "bench/pair.hpp"
#include "bench/probe.hpp"
#include "bench/process.hpp"
#include "bench/progress.hpp"
#include "bench/record.hpp"

namespace crossover {
namespace {

/// A search that cannot go on: not a wall, which is a result.
struct SearchFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Interrupted {};

class PairSearch {
 public:
  PairSearch(const Options& options)
      : options_(options),
        machine_(machine_facts()),
        devices_(probe_devices(options.device)),
        progress_(!options.quiet) {
    choose_cases();
  }

  const std::string& name(int which) const { return names_[static_cast<std::size_t>(which)]; }

  std::string title() const {
    std::string text = options_.problem->name;
    for (std::size_t axis = 0; axis < options_.problem->axes.size(); ++axis)
      if (static_cast<int>(axis) != options_.vary)
        text += std::string(" ") + options_.problem->axes[axis].name + "=" +
                std::to_string(options_.sizes[axis].front());
    return text + " " + name_of(options_.types.front());
  }

  CrossingFindings find() {
    return find_crossings({.low = options_.vary_from,
                           .high = options_.vary_to,
                           .visit = [this](Index size, int blocks) { return visit(size, blocks); },
                           .wall = [this](Index size) { return wall(group_at(size)); },
                           .probes = {},
                           .most_runs = options_.most_runs,
                           .precision = options_.precision,
                           .seed = options_.seed});
  }

  const Machine& machine() const { return machine_; }

 private:
  Case case_of(const Backend& backend, const SolverInfo& solver) const {
    const int threads = options_.threads.empty() ? machine_.usable : options_.threads.front();
    return {.backend = &backend,
            .solver = &solver,
            .threads = &backend == &cpu_backend() && solver.threaded ? threads : 1,
            .transfer = options_.transfers.empty() || &backend == &cpu_backend()
                            ? backend.transfers.front()
                            : options_.transfers.front()};
  }

  Case case_named(const std::string& text) const {
    const std::size_t colon = text.find(':');
    const std::string wanted = colon == std::string::npos ? text : text.substr(colon + 1);
    for (const Backend* backend : backends())
      if (colon == std::string::npos || text.substr(0, colon) == backend->name)
        if (const SolverInfo* solver = backend->find_solver(options_.problem->name, wanted))
          return case_of(*backend, *solver);
    throw UsageError("--compare: no solver '" + text + "' for " + options_.problem->name);
  }

  /// The CPU's fastest by design against the GPU's default, where nothing was said.
  void choose_cases() {
    std::vector<std::string> wanted = options_.compare;
    if (wanted.empty()) {
      const DeviceReport* report = report_of(devices_, &cuda_backend());
      if (!report || !report->reason.empty())
        throw UsageError(
            "no GPU to compare the CPU with: " + (report ? report->reason : std::string("none")) +
            "\nBetween two CPU solvers it works anywhere: --compare serial,openmp");
      const char* const cpu =
          cpu_backend().find_solver(options_.problem->name, "openmp") ? "openmp" : "openmp-tiled";
      for (const SolverInfo* solver : cuda_backend().solvers)
        if (wanted.empty() && solver->problem == std::string_view(options_.problem->name))
          wanted = {std::string("cpu:") + cpu, std::string("cuda:") + solver->name};
    }
    for (const std::string& text : wanted) {
      cases_.push_back(case_named(text));
      const Case& subject = cases_.back();
      names_.push_back((subject.backend == &cpu_backend() ? "" : std::string(subject.backend->name) + " ") +
                       subject.solver->name +
                       (subject.backend == &cpu_backend() ? " (" + std::to_string(subject.threads) + ")"
                                                          : ", " + subject.transfer));
      if (const DeviceReport* report = report_of(devices_, subject.backend);
          report && !report->reason.empty())
        throw UsageError("--compare: " + text + " cannot run here: " + report->reason);
    }
  }

  Group group_at(Index size) const {
    Shape shape;
    for (std::size_t axis = 0; axis < options_.problem->axes.size(); ++axis)
      shape[static_cast<int>(axis)] =
          static_cast<int>(axis) == options_.vary ? size : options_.sizes[axis].front();
    return {options_.problem,   shape, options_.types.front(), cases_, options_.budget_s,
            options_.timeout_s, {}};
  }

  std::vector<Need> needs(const Group& group) const {
    return needs_of(group, options_, machine_, host_memory_limits("/", options_.host_memory_limit), devices_);
  }

  /// Why one of the two cannot run, by arithmetic.
  std::string wall(const Group& group) const {
    if (options_.problem->contradiction)
      if (const std::string why = options_.problem->contradiction(group.shape); !why.empty()) return why;
    const std::vector<Need> needed = needs(group);
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      Row row = planned_row(options_, group, cases_[i]);
      if (settle(row, cases_[i], group, needed[i], report_of(devices_, cases_[i].backend), options_))
        return names_[i] + ": " + row.reason;
    }
    return {};
  }

  Visit visit(Index size, int blocks) {
    if (interrupted()) throw Interrupted();
    const Group group = group_at(size);
    progress_.show(title() + ", " + options_.problem->axes[static_cast<std::size_t>(options_.vary)].name +
                   " = " + std::to_string(size) + ": " + std::to_string(runs_) + " of at most " +
                   std::to_string(options_.most_runs) + " runs of each");
    const PairJob job{group, options_, machine_, needs(group), blocks};
    std::array<std::vector<double>, 2> calls;
    Visit result;
    std::string failure;
    Watch watch;
    watch.interrupted = interrupted;
    watch.on_event = [&](const Event& event) {
      const int id = event.at("case");
      const std::string& kind = event.at("event").get_ref<const std::string&>();
      if (kind == "sample" && event.at("kind") == "call")
        calls[static_cast<std::size_t>(id)].push_back(event.at("seconds").get<PhaseSeconds>().at("call"));
      if (kind == "verified" && !event.at("ok"))
        failure = names_[static_cast<std::size_t>(id)] + " is wrong: " + event.at("what").get<std::string>();
      if (kind == "failure") {
        const std::string reason =
            names_[static_cast<std::size_t>(std::max(id, 0))] + ": " + event.at("reason").get<std::string>();
        const Outcome outcome = *outcome_named(event.at("outcome").get<std::string>());
        (outcome == Outcome::failed || outcome == Outcome::wrong ? failure : result.wall) = reason;
      }
      return no_deadline_s;
    };
    const ChildEnd end = run_child([&](const Report& report) { measure_pair(job, report); }, watch);
    if (end.interrupted || interrupted()) throw Interrupted();
    if (!failure.empty()) throw SearchFailed(failure);
    if (result.wall.empty() && end.signal == SIGKILL)
      result.wall = "the process was killed: probably out of memory";
    else if (result.wall.empty() && !end.clean())
      throw SearchFailed("the process that measured was " + describe(end));
    for (std::size_t i = 0; i < std::min(calls[0].size(), calls[1].size()); ++i)
      result.blocks.push_back({calls[0][i], calls[1][i]});
    runs_ += static_cast<int>(result.blocks.size());
    return result;
  }

  const Options& options_;
  const Machine machine_;
  const std::vector<ProbedDevice> devices_;
  Progress progress_;
  std::vector<Case> cases_;
  std::vector<std::string> names_;
  int runs_ = 0;
};

}  // namespace

int find_command(const Options& options) {
  note_interrupts();
  PairSearch search(options);
  std::FILE* const stream = options.csv == "-" ? stderr : stdout;
  try {
    const CrossingFindings found = search.find();
    const std::string axis = options.problem->axes[static_cast<std::size_t>(options.vary)].name;
    std::fputs(render_findings(found, search.title(), axis, search.name(0), search.name(1)).c_str(), stream);
    if (!options.csv.empty()) {
      OutputFile file(options.csv, options.force ? Existing::replace : Existing::refuse);
      const std::string label = options.label.empty() ? machine_label(search.machine()) : options.label;
      for (const auto& record : crossing_records(found, options, search.name(0), search.name(1), label))
        file.write(csv_record(record));
    }
    return 0;
  } catch (const Interrupted&) {
    std::fputs("crossover: interrupted before anything was found\n", stderr);
    return interrupted_status;
  } catch (const SearchFailed& failure) {
    std::fprintf(stderr, "crossover: the search ended: %s\n", failure.what());
    return 1;
  }
}

}  // namespace crossover
