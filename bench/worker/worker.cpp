#include "bench/worker/worker.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "bench/base/clock.hpp"
#include "bench/base/format.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/machine/memory_guard.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/plan/rehearsal.hpp"
#include "bench/worker/callers.hpp"
#include "bench/worker/children.hpp"
#include "bench/worker/first_call.hpp"
#include "bench/worker/inputs.hpp"
#include "bench/worker/oracle_budget.hpp"
#include "cpu/team.hpp"

namespace crossover {
namespace {

constexpr double forecast_from_flops = 1e9;              // below, no solver takes long enough to ask
constexpr int confirming_calls = 2 * 8 + pilot_samples;  // untimed and timed ones, and pilots
constexpr int group_id = -1;
constexpr double slow_operations_per_s = 1e7;

class GroupWorker {
 public:
  GroupWorker(const GroupJob& job, const Report& report)
      : job_(job),
        report_(report),
        children_(job, report),
        cpus_(binding_order(job.machine.cpus, job.options.bind)),
        budget_s_(job.group.budget_s) {}

  void run() {
    if (job_.options.over_the_wall) children_.guard(report_, group_id);  // the inputs alone may pass the wall
    report_(event::begin(group_id, Phase::inputs, own_step_s(0)));
    Phase phase = Phase::inputs;
    std::unique_ptr<Inputs> inputs;
    const Group& group = job_.group;
    const std::optional<Rehearsal> rehearsal = parse_rehearsal(job_.options.rehearse);
    try {
      rehearse_now(rehearsal, rehearsed_group, phase);
      inputs = std::make_unique<Inputs>(*group.problem, group.shape, group.type, job_.options.seed,
                                        job_.options.inputs, memory_, job_.machine.usable);
      in_ = inputs->arrays();
      phase = Phase::verify;
      const double operations = affordable_operations(group, job_.needs, job_.machine.usable);
      report_(event::begin(group_id, phase, own_step_s(operations / slow_operations_per_s)));
      const double began_s = steady_now_s();
      rehearse_now(rehearsal, rehearsed_group, phase);
      oracle_ = group.problem->oracle(group.shape, group.type, in_, operations);
      children_.note_oracle(steady_now_s() - began_s);
    } catch (...) {
      for (int id = 0; id < case_count(); ++id)
        if (children_.alive(id)) report_(event::failure_in_flight(id, phase));
      return;
    }

    fail_without_threads();
    const Disturbance before = sample_disturbance();
    for (int id = 0; id < case_count(); ++id) {
      if (children_.alive(id) && children_.in_time(id)) tune(id);
      if (children_.alive(id) && children_.in_time(id)) forecast(id);
    }
    for (int id = 0; id < case_count(); ++id)
      if (children_.alive(id) && children_.in_time(id)) first_call(id);
    sample();
    for (int id = 0; id < case_count(); ++id)
      if (job_.options.concurrent > 0 && children_.alive(id) && !children_.called_once(id)) call_together(id);
    const Disturbance after = sample_disturbance();
    report_(event::value(group_id, "steal_s", after.steal_s - before.steal_s));
    report_(event::value(group_id, "spin_before_s", before.spin_s));
    report_(event::value(group_id, "spin_after_s", after.spin_s));
    if (after.throttled_periods > before.throttled_periods)
      report_(event::warning(group_id, "the control group's CPU quota throttled this group: raise it"));
  }

 private:
  int case_count() const { return static_cast<int>(job_.group.cases.size()); }
  CaseJob case_job(int id) {
    const Case& subject = job_.group.cases[static_cast<std::size_t>(id)];
    return {.id = id,
            .subject = subject,
            .group = job_.group,
            .options = job_.options,
            .limits = need(id).limits,
            .in = in_,
            .memory = &memory_,
            .chunks = need(id).chunks,
            .cpus = is_bound(subject, job_.options) ? std::span<const int>(cpus_) : std::span<const int>(),
            .usable = job_.machine.usable,
            .crowded = is_crowded(subject, job_.machine)};
  }

  /// Of the cases whose teams cannot be made; tried once for each number of threads, outside all times.
  void fail_without_threads() {
    std::map<int, std::string> why_not;
    for (int id = 0; id < case_count(); ++id) {
      const Case& subject = job_.group.cases[static_cast<std::size_t>(id)];
      if (!children_.alive(id) || subject.backend != &cpu_backend() || subject.threads == 1) continue;
      const auto [found, is_new] = why_not.try_emplace(subject.threads);
      if (is_new) found->second = why_no_threads(subject.threads);
      if (!found->second.empty()) children_.fail(id, Outcome::failed, Phase::startup, found->second);
    }
  }

  CaseJob tuned_job(int id) {
    CaseJob job = case_job(id);
    job.setting = children_.setting(id);
    return job;
  }

  /// In a process of its own: the first call must find nothing warm.
  void tune(int id) {
    if (!job_.group.cases[static_cast<std::size_t>(id)].backend->tune) return;
    children_.attend(
        id,
        [&](const Report& report) {
          children_.guard(report, id);
          report(event::begin(id, Phase::startup));
          try {
            tune_case(case_job(id), real_world(report, 0));
          } catch (...) {
            report(event::failure_in_flight(id, Phase::startup));
          }
        },
        1);
  }

  void forecast(int id) {
    const Group& group = job_.group;
    if (children_.called_once(id)) return;
    if (job_.options.over_the_wall && !need(id).fits()) return;  // what really happens is asked for
    if (group.problem->work(group.shape, group.type).flops < forecast_from_flops) return;
    children_.attend(
        id,
        [&](const Report& report) {
          children_.guard(report, id);
          report(event::begin(id, Phase::allocate));
          try {
            const CallLimit limit = children_.call_limit(id);
            const double found_s = forecast_call(tuned_job(id), real_world(report, 0), limit.seconds());
            if (found_s <= limit.seconds())
              return;  // safe, and no more: not to be quoted beside a measurement
            report(event::value(id, "forecast_s", found_s));
            report(event::failure(id, limit.outcome(found_s), Phase::compute,
                                  "forecast from a smaller piece: " + format_seconds(found_s) +
                                      ", more than " + limit.text(found_s)));
          } catch (...) {
            report(event::failure_in_flight(id, Phase::compute));
          }
        },
        2);
  }

  void first_call(int id) {
    const double began_s = steady_now_s();
    children_.attend(
        id,
        [&](const Report& report) {
          children_.guard(report, id);
          run_first_call(tuned_job(id), real_world(report, 0), oracle_, began_s, job_.launch_s);
        },
        1);
  }

  /// Cases whose footprints fit together are open together; else each has the memory to itself.
  void sample() {
    share_time_left();
    const std::vector<int> ids = worth_sampling();
    if (ids.empty()) return;
    std::vector<Need> needs;
    for (const int id : ids) needs.push_back(need(id));
    const bool in_cache = stays_cached(needs, job_.options, job_.machine);
    for (const std::vector<int>& some : that_fit_together(ids, job_.needs))
      sample_together(some, !in_cache && some.size() > 1);
  }

  /// What a step of the group's process itself may take; nothing is lost with it when the run's time is over.
  double own_step_s(double more_s) const {
    return std::min(step_limit_s(job_.group, data_bytes(job_.group)) + more_s, left_s());
  }
  double left_s() const { return job_.group.left_s(steady_now_s()); }
  const Need& need(int id) const { return job_.needs[static_cast<std::size_t>(id)]; }

  /// Less than the budget for each case, where the run's time ends before.
  void share_time_left() {
    std::vector<int> ids;
    for (int id = 0; id < case_count(); ++id)
      if (children_.alive(id) && !children_.called_once(id)) ids.push_back(id);
    const double share_s =
        std::min(job_.group.share_s, left_s() / static_cast<double>(std::max<std::size_t>(ids.size(), 1)));
    if (share_s >= budget_s_) return;
    budget_s_ = share_s;
    for (const int id : ids)
      report_(event::warning(
          id, "--within left " + (share_s > 0 ? format_seconds(share_s) : "no time") + " for its samples"));
  }

  std::vector<int> worth_sampling() const {
    std::vector<int> ids;
    for (int id = 0; id < case_count(); ++id)
      if (children_.alive(id) && !children_.called_once(id) &&
          has_budget_left(budget_s_, children_.typical_call_s(id)))
        ids.push_back(id);
    return ids;
  }

  /// When a case dies, the others are sampled afresh in another process.
  void sample_together(std::vector<int> ids, bool interleave) {
    while (!ids.empty()) {
      for (const int id : ids) report_(event::restart(id, interleave));
      const int died = children_.attend(
          ids[0], [&](const Report& report) { sample_in_child(ids, sampling(interleave), report); }, 3);
      if (died < 0) return confirm(ids, interleave);
      std::erase_if(ids, [&](int id) { return !children_.alive(id); });
    }
  }

  /// Layout and start-up differ from process to process: short calls are sampled in a second one, up to
  /// the first look, and verdicts must hold there too.
  void confirm(std::vector<int> ids, bool interleave) {
    std::erase_if(ids, [&](int id) {
      return !children_.alive(id) || confirming_calls * children_.typical_call_s(id) > 0.5 * budget_s_;
    });
    Sampling how = sampling(interleave);
    how.budget_s *= 0.5;
    if (ids.size() < 2 || left_s() < how.budget_s * static_cast<double>(ids.size())) return;
    how.precision = 1;  // one look
    how.seed += 1;
    children_.attend(
        ids[0],
        [&](const Report& report) {
          sample_in_child(ids, how, [&](Event event) {
            if (event.at("event") == "baseline") return;  // the first process chose
            if (event.at("event") == "sample" && (event.at("kind") == "call" || event.at("kind") == "pilot"))
              event["kind"] = "confirm_" + event.at("kind").get<std::string>();
            report(event);
          });
        },
        3);
  }

  /// Several callers of one case, in processes that a child starts and ends.
  void call_together(int id) {
    if (left_s() < budget_s_) return report_(event::warning(id, "--within left no time for callers at once"));
    const double at_once = 2.0 * job_.options.concurrent + job_.group.budget_s / job_.group.timeout_s;
    children_.attend(
        id,
        [&](const Report& report) {
          children_.guard(report, id);
          try {
            measure_callers(tuned_job(id), real_world(report, 0), oracle_);
          } catch (...) {
            report(event::failure_in_flight(id, Phase::call));
          }
        },
        at_once);
  }

  Sampling sampling(bool interleave) const {
    return {.budget_s = budget_s_,
            .precision = job_.options.precision,
            .min_samples = job_.options.min_samples,
            .cache = job_.options.cache,
            .interleave = interleave,
            .seed = job_.options.seed};
  }

  void sample_in_child(const std::vector<int>& ids, const Sampling& how, const Report& report) {
    children_.guard(report, ids[0]);
    const bool cold = how.cache == Cache::cold;
    World world = real_world(report, cold ? 2 * default_limits(job_.machine, 1).last_level_bytes : 0);
    if (const auto meter = std::make_shared<EnergyMeter>(job_.pci_bus); meter->reads_anything())
      world.energy = meter;
    std::vector<std::unique_ptr<Execution>> open;
    std::vector<Subject> subjects;
    for (const int id : ids) {
      const Case& subject = job_.group.cases[static_cast<std::size_t>(id)];
      const CaseJob of_case = tuned_job(id);
      if (!cpus_.empty() && of_case.cpus.empty()) cpu::start_team(1, {});  // threads start where this one is
      auto execution = open_for_sampling(of_case, world);
      if (!execution) continue;
      subjects.push_back({id, execution.get(), subject.backend == &cpu_backend(), children_.first_call_s(id),
                          of_case.crowded, error_bound(of_case)});
      // A device or another process computes without this process's team: waking it would take their CPUs.
      const int team = subject.backend == &cpu_backend() ? subject.threads : 1;
      if (!cpus_.empty())
        subjects.back().take_places = [team, cpus = of_case.cpus] { cpu::start_team(team, cpus); };
      open.push_back(std::move(execution));
    }
    sample_all(world, subjects, oracle_, how);
    for (const Subject& subject : subjects) {
      try {
        timed_steps(world, subject.id, "close", 0, *subject.execution, subject.execution->closing());
      } catch (const DeviceLost&) {
        report(event::failure_in_flight(subject.id, Phase::release));
        throw;
      } catch (...) {
        report(event::failure_in_flight(subject.id, Phase::release));
      }
    }
  }

  const GroupJob& job_;
  Report report_;
  Children children_;
  const std::vector<int> cpus_;  ///< in the order in which bound threads take them; empty: none is bound
  double budget_s_;              ///< of a case's samples
  HostMemory memory_;
  std::span<const HostArray> in_;
  Oracle oracle_;
};

}  // namespace

void measure_group(const GroupJob& job, const Report& report) { GroupWorker(job, report).run(); }

}  // namespace crossover
