#include "bench/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "bench/base/clock.hpp"
#include "bench/base/format.hpp"
#include "bench/base/interrupt.hpp"
#include "bench/base/log.hpp"
#include "bench/base/printable.hpp"
#include "bench/base/progress.hpp"
#include "bench/plan/output_paths.hpp"
#include "bench/plan/probe.hpp"
#include "bench/plan/rehearsal.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/plan/smaller.hpp"
#include "bench/predict/chosen_profile.hpp"
#include "bench/rows/cliff.hpp"
#include "bench/rows/cost.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/residual.hpp"
#include "bench/run_files.hpp"
#include "bench/screen/scaling.hpp"
#include "bench/screen/screen.hpp"
#include "bench/worker/group_process.hpp"
#include "bench/worker/record.hpp"
#include "bench/worker/result_files.hpp"
#include "bench/worker/sim_worker.hpp"
#include "bench/worker/worker.hpp"

namespace crossover {
namespace {

bool uses_library(const Case& subject) {
  return subject.backend == &cpu_backend() && subject.solver && subject.solver->library;
}

class Run {
 public:
  Run(const Options& options, const std::vector<std::string>& command_line)
      : options_(options),
        machine_(machine_facts()),
        groups_(plan_groups(options)),
        progress_(!options.quiet),
        start_s_(steady_now_s()) {
    for (Group& group : groups_) group.deadline_s = end_s();
    check_results(options, groups_);
    check_rehearsal(options, groups_);
    if (!options.simulated) profile_ = profile_if_any(options, machine_);
    started_utc_ = utc_now();
    run_id_ = utc_now("%Y%m%dT%H%M%SZ-") + std::to_string(getpid());
    if (measures(options)) devices_ = probe_devices(groups_, options.device, end_s());
    rivals_ = probe_rivals(options.rivals, end_s());
    link_rivals(groups_, rivals_);
    if (std::ranges::any_of(groups_,
                            [](const Group& g) { return std::ranges::any_of(g.cases, uses_library); }))
      libraries_ = probe_libraries(end_s());
    files_.emplace(options, facts(command_line), groups_);
    all_rows_ = files_->found();
  }

  int run() {
    note_interrupts();
    for (std::size_t i = 0; i < groups_.size() && !interrupted(); ++i) run_group(i);
    progress_.clear();
    say(render_absences(all_rows_));
    say(render_residual_summary(all_rows_));
    finish_outputs();
    if (interrupted()) {
      if (!options_.quiet) log_note(how_to_go_on());
    } else if (const std::string missed = missed_rehearsal(options_, all_rows_); !missed.empty()) {
      log_warning(missed);
    }
    if (interrupted()) return interrupted_status;
    const std::string nothing = nothing_measured();
    if (!nothing.empty()) log_warning(nothing);
    return !nothing.empty() || something_went_wrong() ? 1 : 0;
  }

 private:
  /// What stands beside the rows.
  Sidecar facts(const std::vector<std::string>& command_line) const {
    Sidecar facts;
    facts.flags_hash = options_.flags_hash;
    facts.same = {{"cpu", machine_.cpu},
                  {"gpu", gpu_name()},
                  {"cores", std::to_string(machine_.usable)},
                  {"compiler", machine_.compiler},
                  {"commit", machine_.commit},
                  {"label", label()}};
    facts.machine = to_json(machine_);
    for (const auto& [backend, report] : devices_) facts.machine["devices"][backend->name] = to_json(report);
    facts.software = {
        {"commit", machine_.commit}, {"compiler", machine_.compiler}, {"flags", machine_.flags}};
    for (const RivalReport& rival : rivals_) facts.software["rivals"][rival.name] = source_of(rival);
    for (const MemoryLimit& limit : memory_limits().all) facts.limits[limit.source] = limit.available_bytes;
    facts.runs = {{run_id_, command_line, started_utc_, "", outputs_of(options_)}};
    return facts;
  }

  /// What rows that are measured are compared with; once, when the first of them is to be measured.
  void look_at_machine() {
    if (std::exchange(machine_seen_, true)) return;
    const auto note = [&](const std::string& line) {
      if (!options_.quiet) log_note(line);
    };
    CalibrationWish wish{
        .afresh = options_.recalibrate, .end_s = end_s(), .user_limit_bytes = options_.host_memory_limit};
    calibration_ = obtain_calibration(machine_, wish, note);
    const std::vector<int> order = binding_order(machine_.cpus, options_.bind);
    wish.cpus = order;
    if (calibration_ && options_.command == Command::scaling)
      obtain_teams(*calibration_, machine_, options_.threads, wish, note);
    launch_s_ = measure_launch_s();
  }

  /// Of the whole run, by steady_now_s().
  double end_s() const { return start_s_ + options_.within_s; }

  std::string label() const { return options_.label.empty() ? machine_label(machine_) : options_.label; }

  MemoryLimits memory_limits() const { return host_memory_limits("/", options_.host_memory_limit); }

  std::string gpu_name() const {
    for (const auto& [backend, report] : devices_)
      if (report.reason.empty()) return report.device.name;
    return {};
  }

  std::string gpu_fact(const char* name) const {
    for (const auto& [backend, report] : devices_)
      if (report.reason.empty()) return report.fact(name);
    return {};
  }

  Row row_of(const Group& group, const Case& subject, const Need& need) const {
    Row row = planned_row(options_, group, subject);
    row.run_id = run_id_;
    row.started_utc = started_utc_;
    if (subject.simulated) {
      describe_simulated(row, *subject.simulated, subject, need);
      return row;
    }
    note_need(row, need, report_of(devices_, subject.backend));
    row.label = label();
    row.cpu = machine_.cpu;
    row.cores = machine_.usable;
    row.compiler = machine_.compiler;
    row.commit = machine_.commit;
    row.device = subject.rival ? subject.rival->device : "host";
    if (const LibraryReport* library = library_of(subject); library && library->reason.empty())
      row.device += ", " + library->description;
    if (const DeviceReport* report = report_of(devices_, subject.backend))
      row.device = report->reason.empty() ? report->device.name : "";  // empty: there is none to name
    row.gpu = gpu_name();
    row.driver = gpu_fact("driver");
    row.cuda = gpu_fact("runtime");
    return row;
  }

  /// Whether what the run has seen, or the time that is left of it, says how a case ends that can be run.
  bool settle_by_run(Row& row, const Case& subject, const Group& group, const Need& need) const {
    const double now_s = steady_now_s();
    if (subject.simulated) return false;
    if (const LibraryReport* library = library_of(subject); library && !library->reason.empty()) {
      settle_absent(row, library->reason);
      return true;
    }
    if (settle_without_time(row, group, now_s)) return true;
    if (options_.over_the_wall && !need.fits()) return false;  // what really happens is asked for
    return settle_by_smaller(row, group, all_rows_, now_s);
  }

  /// Null where it needs none.
  const LibraryReport* library_of(const Case& subject) const {
    if (!uses_library(subject)) return nullptr;
    const auto found =
        std::ranges::find(libraries_, std::string(subject.solver->library), &LibraryReport::name);
    return found == libraries_.end() ? nullptr : &*found;
  }

  bool is_absent(const Case& subject) const {
    const DeviceReport* const device = report_of(devices_, subject.backend);
    return device && !device->reason.empty();
  }

  /// What each case of this group and those behind it may have of the time that is left of the run.
  double share_s(std::size_t index) const {
    double cases = 0;
    for (std::size_t i = index; i < groups_.size(); ++i)
      for (const Case& subject : groups_[i].cases) cases += !files_->has(groups_[i]) && !is_absent(subject);
    return groups_[index].left_s(steady_now_s()) / std::max(cases, 1.0);
  }

  void run_group(std::size_t index) {
    if (files_->has(groups_[index])) return;
    Group group = groups_[index];
    const MemoryLimits memory = memory_limits();
    GroupJob job{group, options_, machine_, {}, {}, launch_s_};
    std::vector<Row> planned;
    std::vector<bool> settled;
    if (std::ranges::any_of(group.cases, is_on_device)) job.pci_bus = gpu_fact("bus");
    job.needs = needs_of(group, options_, machine_, memory, devices_);
    for (std::size_t i = 0; i < group.cases.size(); ++i) {
      const Case& subject = group.cases[i];
      planned.push_back(row_of(group, subject, job.needs[i]));
      settled.push_back(settle(planned.back(), subject, group, job.needs[i],
                               report_of(devices_, subject.backend), options_) ||
                        settle_by_run(planned.back(), subject, group, job.needs[i]));
      job.run.push_back(!settled.back());
    }
    GroupRecord record(std::move(planned), settled, options_.min_samples);
    const std::string title = title_of(*group.problem, group.shape, group.type);
    GroupJob measured = job;
    for (std::size_t i = 0; i < group.cases.size(); ++i)
      if (group.cases[i].simulated) measured.run[i] = false;
    if (std::find(measured.run.begin(), measured.run.end(), true) != measured.run.end()) {
      look_at_machine();
      if (interrupted()) return;
      measured.launch_s = launch_s_;
      group.share_s = share_s(index);
      attend(measured, record,
             "[" + std::to_string(index + 1) + "/" + std::to_string(groups_.size()) + "] " + title);
    }
    if (options_.simulated && !interrupted())
      simulate_group(job, [&](const Event& event) {
        record.apply(event);
        keep(record, event);
      });
    if (interrupted()) return;
    const auto working_set = options_.cache == Cache::cold
                                 ? std::numeric_limits<double>::max()  // in no cache
                                 : static_cast<double>(bytes_of(group.problem->in, group.shape, group.type));
    std::vector<Row> rows = record.rows(calibration_ ? &*calibration_ : nullptr, working_set, group);
    for (Row& row : rows)
      if (const std::string cliff = cliff_before_wall(row, all_rows_); !cliff.empty())
        row.warnings += (row.warnings.empty() ? "" : "; ") + cliff;
    if (profile_) fill_residuals(rows, *profile_);
    charge(rows, options_.prices);
    files_->write(rows);
    progress_.clear();
    say(options_.command == Command::scaling
            ? render_scaling(rows, machine_, calibration_ ? &*calibration_ : nullptr)
            : render_group(rows));
    all_rows_.insert(all_rows_.end(), rows.begin(), rows.end());
  }

  void keep(const GroupRecord& record, const Event& event) {
    if (event.at("event") == "sample")
      files_->write(record.row(event.at("case")), sample_of(event, steady_now_s() - start_s_));
  }

  void attend(const GroupJob& job, GroupRecord& record, const std::string& title) {
    Phase phase = Phase::inputs;
    run_group_process(job, record, [&](const Event& event) {
      keep(record, event);
      const int id = event.at("case");
      const std::string& kind = event.at("event").get_ref<const std::string&>();
      if (kind == "begin") phase = phase_named(event.at("phase").get<std::string>());
      if (kind == "begin" || kind == "sample")
        progress_.show(title + ": " + (id < 0 ? "" : record.row(id).solver + " ") + name_of(phase));
    });
  }

  /// Tables go to stdout, unless that carries the CSV.
  void say(const std::string& text) const {
    std::FILE* stream = options_.csv == "-" ? stderr : stdout;
    if (text.empty() || (options_.quiet && stream == stderr)) return;
    print(stream, text + "\n");
    std::fflush(stream);
  }

  /// For whoever interrupted the run.
  std::string how_to_go_on() const {
    std::set<std::string> groups;
    for (const Row& row : all_rows_) groups.insert(group_key(row));
    const std::string text = "interrupted: " + std::to_string(groups.size()) + " of " +
                             std::to_string(groups_.size()) + " groups finished";
    if (!has_sidecar(options_.csv)) return text;
    return text + ", in " + options_.csv + "; the same command with --resume" +
           (options_.force ? " instead of --force" : "") + " goes on from there";
  }

  void finish_outputs() {
    nlohmann::ordered_json more = {{"started_utc", started_utc_}, {"launch_s", launch_s_}};
    if (calibration_) more["calibration"] = to_json(*calibration_);
    files_->finish(all_rows_, interrupted() ? "" : utc_now(), more);
  }

  /// Walls and absent devices are results; wrong answers and crashes are not.
  bool something_went_wrong() const {
    for (const Row& row : all_rows_)
      if (row.outcome == Outcome::wrong || row.outcome == Outcome::failed ||
          (row.outcome == Outcome::killed && !options_.over_the_wall))
        return true;
    return false;
  }

  /// Empty where some row tells something of its solver: see is_obtained().
  std::string nothing_measured() const {
    std::set<std::string> outcomes;
    for (const Row& row : all_rows_) {
      if (is_obtained(row.outcome)) return {};
      outcomes.insert(name_of(row.outcome));
    }
    std::string names;
    for (const std::string& name : outcomes) names += (names.empty() ? "" : " or ") + name;
    return "nothing was measured: every row is " + names + "; the first says: " + all_rows_.front().reason;
  }

  const Options& options_;
  Machine machine_;
  std::vector<Group> groups_;
  Progress progress_;
  double start_s_, launch_s_ = 0;
  bool machine_seen_ = false;
  std::string started_utc_, run_id_;
  std::vector<ProbedDevice> devices_;
  std::vector<LibraryReport> libraries_;  // where some solver needs one
  std::vector<RivalReport> rivals_;
  std::optional<Calibration> calibration_;
  std::optional<Profile> profile_;
  std::optional<RunFiles> files_;  // once the machine's facts are known
  std::vector<Row> all_rows_;
};

}  // namespace

int run_command(const Options& options, const std::vector<std::string>& command_line) {
  return Run(options, command_line).run();
}

}  // namespace crossover
