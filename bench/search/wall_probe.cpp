#include "bench/search/wall_probe.hpp"

#include <utility>

#include "bench/base/interrupt.hpp"
#include "bench/base/log.hpp"
#include "bench/machine/memory_guard.hpp"
#include "bench/worker/group_process.hpp"

namespace crossover {

WallProbe::WallProbe(const Options& options)
    : options_(options),
      machine_(machine_facts()),
      memory_(host_memory_limits("/", options.host_memory_limit)),
      devices_(probe_devices(plan_groups(at(options.vary_from)), options.device)),
      label_(options.label.empty() ? machine_label(machine_) : options.label) {}

/// What is measured is compared with it; once, when the first case is to be measured.
void WallProbe::look_at_machine() {
  if (std::exchange(machine_seen_, true)) return;
  calibration_ = obtain_calibration(
      machine_, {.afresh = options_.recalibrate, .user_limit_bytes = options_.host_memory_limit},
      [&](const std::string& line) {
        if (!options_.quiet) log_note(line);
      });
  launch_s_ = measure_launch_s();
}

Options WallProbe::at(Index size) const {
  Options options = options_;
  options.sizes[static_cast<std::size_t>(options.vary)] = {size};
  return options;
}

std::vector<Case> WallProbe::cases() const { return plan_groups(at(options_.vary_from)).front().cases; }

Group WallProbe::group_at(const Case& subject, Index size) const {
  Shape shape;
  for (std::size_t axis = 0; axis < options_.sizes.size(); ++axis)
    shape[static_cast<int>(axis)] =
        static_cast<int>(axis) == options_.vary ? size : options_.sizes[axis].front();
  return {options_.problem,   shape, options_.types.front(), {subject}, options_.budget_s,
          options_.timeout_s, {}};
}

std::vector<Need> WallProbe::needs_at(const Group& group, const Options& options) const {
  return needs_of(group, options, machine_, memory_, devices_);
}

Need WallProbe::need(const Case& subject, Index size, bool whole) const {
  Options options = options_;
  options.over_the_wall = whole;
  return needs_at(group_at(subject, size), options).front();
}

Row WallProbe::planned(const Case& subject, Index size) const {
  const Group group = group_at(subject, size);
  const Need need = needs_at(group, options_).front();
  Row row = planned_row(options_, group, subject);
  note_need(row, need, report_of(subject));
  row.label = label_;
  row.outcome = Outcome::ok;
  settle(row, subject, group, need, report_of(subject), options_);
  return row;
}

Row WallProbe::run(const Case& subject, Index size, bool over_the_wall) {
  look_at_machine();
  Options options = options_;
  options.over_the_wall = over_the_wall;
  const Group group = group_at(subject, size);
  const GroupJob job{group, options, machine_, {true}, needs_at(group, options), launch_s_};
  Row row = planned_row(options, group, subject);
  note_need(row, job.needs.front(), report_of(subject));
  const bool settled = settle(row, subject, group, job.needs.front(), report_of(subject), options);
  GroupRecord record({row}, {settled}, options.min_samples);
  if (!settled) {
    // Whatever happens, the kernel ends it and its children first; Children limits its memory.
    const auto first_to_go = [] { static_cast<void>(apply_memory_guard(no_memory_limit)); };
    if (!run_group_process(job, record, {}, first_to_go) || interrupted()) throw WallInterrupted();
  }
  const auto working_set = static_cast<double>(bytes_of(group.problem->in, group.shape, group.type));
  return record.rows(calibration_ ? &*calibration_ : nullptr, working_set, group).front();
}

}  // namespace crossover
