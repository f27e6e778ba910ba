#include "bench/calibrate/calibrate_points.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "bench/machine/memory_limits.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/worker/first_call.hpp"
#include "bench/worker/inputs.hpp"

namespace crossover {
namespace {

constexpr double quiet_gap_s = 2e-3;  // the team of the point before falls asleep
constexpr double oracle_flops = 4e6;  // results of larger shapes are not compared: the solvers are the same
constexpr double no_budget_s = 1e9;   // the number of samples is the budget

/// Samples of one point by kind and phase: "call" of kind call, "compute" of kind phases, ...
struct PointSamples {
  std::vector<double> calls, computes, allocates, releases;
  int disturbed = 0;
  std::string failure;  ///< empty: none
  bool unavailable = false;

  void add(const Event& event) {
    const std::string& kind = event.at("event").get_ref<const std::string&>();
    if (kind == "failure") {
      failure = event.at("reason").get<std::string>();
      unavailable = event.at("outcome") == name_of(Outcome::unavailable);
    } else if (kind == "verified" && !event.at("ok")) {
      failure = "the result is wrong: " + event.at("what").get<std::string>();
    } else if (kind == "sample") {
      add_sample(event.at("kind").get<std::string>(), event);
    }
  }

  /// A call of one step is its computation.
  const std::vector<double>& compute() const { return computes.empty() ? calls : computes; }

 private:
  void add_sample(const std::string& kind, const Event& event) {
    const auto seconds = event.at("seconds").get<PhaseSeconds>();
    const auto keep = [&](Phase phase, std::vector<double>& samples) {
      if (const auto found = seconds.find(name_of(phase)); found != seconds.end())
        samples.push_back(found->second);
    };
    if (kind == "call") {
      keep(Phase::call, calls);
      disturbed += event::contention_of(event).disturbs(calls.back());
    }
    if (kind == "phases") keep(Phase::compute, computes);
    if (kind == "open") keep(Phase::allocate, allocates);
    if (kind == "close") keep(Phase::release, releases);
  }
};

class Ladders {
 public:
  explicit Ladders(const Climb& climb)
      : calibrating_(climb.calibrating),
        group_(climb.group),
        devices_(climb.devices),
        report_(climb.report),
        clock_(real_world({}, 0)),
        deadline_(clock_.now() + climb.group_s),
        inputs_(*group_.problem, group_.shapes, group_.type, calibrating_.options.seed, memory_,
                calibrating_.machine.usable),
        known_(group_.cases.size()),
        ended_(group_.cases.size()) {}

  void climb() {
    const std::vector<std::size_t> order = spread_out(group_.shapes.size());
    bool more = true;  // what seemed too long at first may seem shorter later: forecasts get better
    while (more) {
      more = false;
      for (const std::size_t which : order)
        for (std::size_t i = 0; i < group_.cases.size(); ++i)
          if (!ended_[i] && !is_known(i, group_.shapes[which])) more |= measure(i, group_.shapes[which]);
    }
  }

 private:
  double flops(const Shape& shape) const { return group_.problem->work(shape, group_.type).flops; }

  bool is_known(std::size_t which, const Shape& shape) const {
    return std::ranges::any_of(known_[which], [&](const auto& known) { return known.first == shape; });
  }

  /// Of what was measured with less work, at the best rate; 0: nothing was. Small shapes have the worst ones.
  double forecast_s(std::size_t which, const Shape& shape) const {
    double seconds = std::numeric_limits<double>::infinity();
    for (const auto& [known, call_s] : known_[which])
      seconds = std::min(seconds, call_s * std::max(1.0, flops(shape) / flops(known)));
    return known_[which].empty() ? 0 : seconds;
  }

  /// Whether it was worth its time.
  bool measure(std::size_t which, const Shape& shape) {
    const int samples = samples_for(forecast_s(which, shape), deadline_ - clock_.now(), group_.cases.size());
    if (samples == 0) return false;
    const Group group{group_.problem, shape,       group_.type, {group_.cases[which]},
                      no_budget_s,    no_budget_s, {}};
    const Need need =
        needs_of(group, calibrating_.options, calibrating_.machine, host_memory_limits(), devices_).front();
    if (!need.fits() || need.chunks != 1 || !need.cannot.empty()) return false;
    const PointSamples found = sampled(group, need, samples);
    if (!found.failure.empty()) {
      ended_[which] = true;
      report_({{"ended", label_of(group.cases.front())},
               {"reason", found.failure},
               {"unavailable", found.unavailable}});
    } else if (!found.calls.empty()) {
      known_[which].emplace_back(shape, figure_of(found.calls).value);
      tell(group, need, found);
    }
    return true;
  }

  static std::string label_of(const Case& subject) {
    return std::string(subject.backend->name) + " " + subject.solver->name;
  }

  PointSamples sampled(const Group& group, const Need& need, int samples) {
    PointSamples found;
    const World world = real_world([&](const Event& event) { found.add(event); }, 0);
    const std::vector<HostArray> in = inputs_.viewed_as(*group.problem, group.shape);
    const CaseJob job{.id = 0,
                      .subject = group.cases.front(),
                      .group = group,
                      .options = calibrating_.options,
                      .limits = need.limits,
                      .in = in,
                      .memory = &memory_,
                      .usable = calibrating_.machine.usable,
                      .crowded = is_crowded(group.cases.front(), calibrating_.machine)};
    const std::unique_ptr<Execution> execution = open_for_sampling(job, world);
    if (!execution) return found;
    world.pause(quiet_gap_s);
    const Oracle oracle = flops(group.shape) <= oracle_flops
                              ? group.problem->oracle(group.shape, group.type, in, oracle_flops)
                              : [](std::span<const HostArray>) { return Check{}; };
    sample_all(world, {{job.id, execution.get(), false, 0, job.crowded, error_bound(job)}}, oracle,
               {.budget_s = no_budget_s,
                .precision = 1,
                .min_samples = samples,
                .most_samples = samples,
                .pilots = 1,
                .interleave = false});
    timed_steps(world, job.id, "close", 0, *execution, execution->closing());
    return found;
  }

  void tell(const Group& group, const Need& need, const PointSamples& found) const {
    const Case& subject = group.cases.front();
    const SolverFigures figures{
        .problem = group.problem->name,
        .type = group.type,
        .backend = subject.backend->name,
        .solver = subject.solver->name,
        .threads = subject.threads,
        .points = {{.shape = group.shape,
                    .compute_s = figure_of(found.compute()),
                    .call_s = figure_of(found.calls),
                    .allocate_s = found.allocates.empty() ? Figure{} : figure_of(found.allocates),
                    .release_s = found.releases.empty() ? Figure{} : figure_of(found.releases)}},
        .host_bytes_beyond =
            subject.solver->allocates || subject.backend != &cpu_backend()
                ? std::nullopt
                : std::optional(workspace_bytes(*subject.solver, group.shape, group.type, need.limits))};
    report_({{"point", nlohmann::json(to_json(figures))},
             {"disturbed", too_often_disturbed(found.disturbed, found.calls.size())}});
  }

  const Calibrating& calibrating_;
  const SolverGroup& group_;
  std::span<const ProbedDevice> devices_;
  const Report& report_;
  const World clock_;
  const double deadline_;
  HostMemory memory_;
  const Inputs inputs_;
  std::vector<std::vector<std::pair<Shape, double>>> known_;  ///< by case: call_s of the shapes measured
  std::vector<bool> ended_;
};

}  // namespace

void climb(const Climb& all) { Ladders(all).climb(); }

}  // namespace crossover
