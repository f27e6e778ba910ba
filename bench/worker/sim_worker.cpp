#include "bench/worker/sim_worker.hpp"

#include <algorithm>

#include "bench/base/format.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/worker/first_call.hpp"

namespace crossover {
namespace {

CaseJob case_job(int id, const Group& group, const Options& options, const Need& need) {
  return {.id = id,
          .subject = group.cases[static_cast<std::size_t>(id)],
          .group = group,
          .options = options,
          .limits = need.limits,
          .in = {},
          .memory = nullptr};
}

constexpr double boundless_s = 1e12;  // nobody waits for a virtual clock
constexpr int most_samples = 1024;

/// What the model says of a call before it is made; the reason why it is not.
std::string too_slow(const CaseJob& job, const Report& report) {
  const Task task{.problem = job.group.problem,
                  .solver = job.subject.solver->name,
                  .shape = job.group.shape,
                  .type = job.group.type,
                  .threads = job.subject.threads,
                  .transfer = job.subject.transfer,
                  .in = {}};
  const Predicted found = predict(job.subject.simulated->profile(), model_case_of(task));
  if (!found.prediction) return {};  // opening it says so
  if (!found.prediction->warning.empty()) report(event::warning(job.id, found.prediction->warning));
  if (found.prediction->basis != "interpolated")
    report(event::warning(job.id, "the model answers " + found.prediction->basis));
  const double call_s = found.prediction->call_s.value;
  if (call_s <= job.group.timeout_s) return {};
  report(event::value(job.id, "forecast_s", call_s));
  return "the model says " + format_seconds(call_s) + ", more than the timeout of " +
         format_seconds(job.group.timeout_s) + " (--timeout allows more)";
}

class GroupSimulator {
 public:
  GroupSimulator(const GroupJob& job, const Report& report)
      : job_(job), report_(report), budget_s_(job.options.budget_given ? job.group.budget_s : boundless_s) {
    for (std::size_t i = 0; i < job.group.cases.size(); ++i)
      if (job.run[i] && job.group.cases[i].simulated) ids_.push_back(static_cast<int>(i));
  }

  void run() {
    for (const int id : std::vector<int>(ids_)) first_call(id);
    std::erase_if(ids_, [&](int id) { return 2 * call_s_[id] >= budget_s_; });
    if (ids_.empty()) return;
    sample(1, budget_s_, job_.options.precision, job_.options.seed, noting());
    if (ids_.size() > 1)  // a second process, up to the first look
      sample(2, 0.5 * budget_s_, 1, job_.options.seed + 1, confirming());
  }

 private:
  SimulatedMachine& machine(int id) const {
    return *job_.group.cases[static_cast<std::size_t>(id)].simulated;
  }
  CaseJob job_of(int id) const {
    return case_job(id, job_.group, job_.options, job_.needs[static_cast<std::size_t>(id)]);
  }

  /// Passes events on; what has failed is not sampled any more.
  Report noting() {
    return [this](const Event& event) {
      report_(event);
      const std::string& kind = event.at("event").get_ref<const std::string&>();
      if (kind == "failure") std::erase(ids_, event.at("case").get<int>());
      if (kind == "sample" && (event.at("kind") == "first" || event.at("kind") == "call"))
        note_call(event.at("case"), event.at("seconds").at("call"));
    };
  }

  void note_call(int id, double seconds) {
    const auto [known, is_new] = call_s_.emplace(id, seconds);
    if (!is_new) known->second = std::min(known->second, seconds);
  }

  Report confirming() {
    return [this](Event event) {
      if (event.at("event") == "baseline") return;  // the first process chose
      if (event.at("event") == "sample" && (event.at("kind") == "call" || event.at("kind") == "pilot"))
        event["kind"] = "confirm_" + event.at("kind").get<std::string>();
      report_(event);
    };
  }

  void first_call(int id) {
    const CaseJob job = job_of(id);
    const Report report = noting();
    if (const std::string why = too_slow(job, report); !why.empty())
      return report(event::failure(id, Outcome::too_slow, Phase::compute, why));
    SimulatedMachine& here = machine(id);
    run_first_call(job, here.world(report), {}, here.clock().now_s(), here.profile().launch_s.value);
  }

  void sample(int process, double budget_s, double precision, std::uint64_t seed, const Report& told) {
    const Report report = [&](Event event) {
      if (event.at("event") == "sample") event[process_field] = process;
      told(event);
    };
    const std::vector<int> ids = ids_;
    const World world = machine(ids[0]).world(report);
    std::vector<std::unique_ptr<Execution>> open;
    std::vector<Subject> subjects;
    for (const int id : ids) {
      if (process == 1) report(event::restart(id, ids.size() > 1));
      const CaseJob job = job_of(id);
      auto execution = open_for_sampling(job, world);
      if (!execution) continue;
      subjects.push_back({id, execution.get(), job.subject.transfer == "none", call_s_[id], false, {}});
      open.push_back(std::move(execution));
    }
    sample_all(world, subjects, {},
               {.budget_s = budget_s,
                .precision = precision,
                .min_samples = job_.options.min_samples,
                .most_samples = std::max(most_samples, job_.options.min_samples),
                .interleave = ids.size() > 1,
                .seed = seed});
    for (const Subject& subject : subjects)
      timed_steps(world, subject.id, "close", 0, *subject.execution, subject.execution->closing());
  }

  const GroupJob& job_;
  const Report& report_;
  const double budget_s_;
  std::vector<int> ids_;
  std::map<int, double> call_s_;  ///< the shortest
};

}  // namespace

void simulate_group(const GroupJob& job, const Report& report) { GroupSimulator(job, report).run(); }

void simulate_pair(const PairJob& job, const Report& report) {
  SimulatedMachine& machine = *job.group.cases.front().simulated;
  const World world = machine.world(report);
  std::vector<std::unique_ptr<Execution>> open;
  std::vector<Subject> subjects;
  for (std::size_t i = 0; i < job.group.cases.size(); ++i) {
    const CaseJob of_case = case_job(static_cast<int>(i), job.group, job.options, job.needs[i]);
    if (const std::string why = too_slow(of_case, report); !why.empty())
      return report(event::failure(of_case.id, Outcome::too_slow, Phase::compute, why));
    open.push_back(open_for_sampling(of_case, world));
    if (!open.back()) return;
    subjects.push_back({of_case.id, open.back().get(), of_case.subject.transfer == "none", 0, false, {}});
  }
  sample_all(world, subjects, {}, pair_sampling(job));
  for (const Subject& subject : subjects)
    timed_steps(world, subject.id, "close", 0, *subject.execution, subject.execution->closing());
}

}  // namespace crossover
