#include "bench/worker/first_call.hpp"

#include <algorithm>
#include <cmath>

#include "bench/base/clock.hpp"
#include "bench/machine/memory_guard.hpp"
#include "bench/plan/rehearsal.hpp"
#include "bench/rows/columns.hpp"
#include "bench/worker/result_files.hpp"
#include "cpu/build_fault.hpp"
#include "cpu/team.hpp"

namespace crossover {
namespace {

constexpr double quick_opening_s = 0.02;
constexpr int openings = 5;
constexpr double tuning_share = 0.5, shortest_tuning_s = 0.2, longest_tuning_s = 2;  // of a case's budget

Task task_of(const CaseJob& job) {
  return {.problem = job.group.problem,
          .solver = job.subject.solver->name,
          .shape = job.group.shape,
          .type = job.group.type,
          .threads = job.subject.threads,
          .transfer = job.subject.transfer,
          .device = job.options.device,
          .in = job.in,
          .limits = job.limits,
          .host_memory = job.memory,
          .device_limit_bytes = job.options.device_memory_limit,
          .chunks = job.chunks,
          .cpus = job.cpus,
          .program = job.subject.rival ? std::string_view(job.subject.rival->python) : std::string_view(),
          .setting = job.setting,
          .simulated = job.subject.simulated};
}

/// The axis along which a smaller problem is the same kind of work: map where it has more than one index;
/// -1 where there is none to cut.
int piece_axis(const Problem& problem, const Shape& shape) {
  const int map = problem.axis_with(Role::map);
  if (map >= 0 && shape[map] > 1) return map;
  const int fold = problem.axis_with(Role::fold);
  return fold >= 0 && shape[fold] > 1 ? fold : -1;
}

/// Runs the smaller problem of `count` indices along `axis`, once more where the first call's seconds are
/// `doubtful`: it met memory that nobody had touched, or code that had to be loaded. The second call's, then.
template <class Doubtful>
double time_piece(const CaseJob& job, const World& world, int axis, Index count, Doubtful&& doubtful) {
  Task task = task_of(job);
  task.shape[axis] = count;
  const std::vector<HostArray> in = cut<Space::host>(job.group.problem->in, job.in, axis, 0, count);
  task.in = in;
  const std::unique_ptr<Execution> execution = job.subject.backend->open(task);
  for (const Step& step : execution->opening()) step.run();
  execution->wait();
  const std::vector<Step> steps = execution->call();
  const auto timed = [&] {
    world.report(event::begin(job.id, Phase::call));  // each has a timeout of its own
    return timed_call(world, *execution, steps);
  };
  double seconds = timed();
  if (doubtful(seconds)) seconds = timed();
  for (const Step& step : execution->closing()) step.run();
  execution->wait();
  return seconds;
}

/// Pieces of a call, timed one after the other, each larger than the last; what they say of the whole.
class Outlook {
 public:
  Outlook(double all_flops, double timeout_s) : all_flops_(all_flops), timeout_s_(timeout_s) {}

  struct Forecast {
    double seconds;    ///< of the whole
    double at_most_s;  ///< as if what every call pays grew too
    bool grows;        ///< most of the last piece's time is not what every call pays
  };
  /// Were the next piece to take that long. What grows with the piece goes on growing; what every call pays
  /// is paid once.
  Forecast of(double flops, double seconds) const {
    const double slope = (seconds - seconds_) / (flops - flops_), at_most_s = seconds * all_flops_ / flops;
    return {slope > 0 ? seconds + slope * (all_flops_ - flops) : at_most_s, at_most_s,
            2 * (seconds - seconds_) > seconds};
  }
  /// It and the piece before say so: far beyond the timeout.
  bool is_hopeless(const Forecast& now) const {
    return now.grows && std::min(forecast_s_, now.seconds) > far * timeout_s_;
  }
  /// Far from the timeout, whatever grows; or it and the piece before say so, and what grows can be seen.
  bool is_safe(const Forecast& now) const {
    return far * now.at_most_s <= timeout_s_ ||
           (forecast_s_ > 0 && now.grows && far * std::max(forecast_s_, now.seconds) <= timeout_s_);
  }
  bool agrees(const Forecast& now) const {
    return forecast_s_ > 0 && now.grows && std::fabs(now.seconds / forecast_s_ - 1) < agreement;
  }
  void note(double flops, double seconds) {
    forecast_s_ = of(flops, seconds).seconds;
    flops_ = flops;
    seconds_ = seconds;
  }

 private:
  static constexpr double far = 4, agreement = 0.1;
  double all_flops_, timeout_s_;
  double flops_ = 0, seconds_ = 0, forecast_s_ = 0;  // of the piece before
};

/// The same world, noting which phase begins, so that a failure says where it happened.
World noting(const World& world, Phase& phase) {
  World same = world;
  same.report = [report = world.report, &phase](const Event& event) {
    if (event.at("event") == "begin") phase = phase_named(event.at("phase").get<std::string>());
    report(event);
  };
  return same;
}

std::vector<std::string> known_warnings(const CaseJob& job) {
  std::vector<std::string> warnings;
  if (const std::string fault = cpu::build_fault(); !fault.empty()) warnings.push_back(fault);
  if (job.crowded)
    warnings.push_back("more threads than the " + std::to_string(job.usable) +
                       (job.usable == 1 ? " CPU" : " CPUs") + " that may be used: they take turns");
  if (job.subject.backend == &cpu_backend() && job.subject.solver->threaded)
    if (const std::string why = cpu::why_fewer_cpus(job.subject.threads); !why.empty())
      warnings.push_back(why);
  if (!job.cpus.empty() && static_cast<std::size_t>(job.subject.threads) > job.cpus.size())
    warnings.push_back("bound threads share CPUs: thread " + std::to_string(job.cpus.size()) +
                       " and those behind it stand where the first do");
  if (job.options.bind != Binding::none && job.subject.backend == &cpu_backend() && job.cpus.empty())
    warnings.emplace_back("not bound: its library starts threads of its own");
  return warnings;
}

/// A case is judged by its second call, unless its suite asks for one, or most of what the run has left would
/// be lost with another.
bool has_time_for_another(const CaseJob& job, double call_s) {
  constexpr double share_of_left = 0.25;
  return job.group.once_solver != job.subject.solver->name &&
         call_s <= share_of_left * job.group.left_s(steady_now_s());
}

double total_but_inputs(const PhaseSeconds& seconds) {
  double sum = 0;
  for (const auto& [phase, value] : seconds)
    if (phase != name_of(Phase::inputs)) sum += value;  // what their producer does is charged to nobody
  return sum;
}

}  // namespace

std::map<std::string, double> start_backend(const CaseJob& job, const World& world) {
  rehearse_now(parse_rehearsal(job.options.rehearse), job.subject.solver->name, Phase::startup);
  std::map<std::string, double> seconds;
  for (const StartupPart& part : job.subject.backend->startup(task_of(job))) {
    const double start = world.now();
    part.run();
    seconds[part.name] = world.now() - start;
  }
  return seconds;
}

std::unique_ptr<Execution> open_case(const CaseJob& job) {
  return rehearse(job.subject.backend->open(task_of(job)), job.subject.solver->name,
                  parse_rehearsal(job.options.rehearse));
}

void tune_case(const CaseJob& job, const World& world) {
  if (!job.subject.backend->tune) return;
  start_backend(job, world);
  const double budget_s = std::clamp(tuning_share * job.group.budget_s, shortest_tuning_s, longest_tuning_s);
  world.report(event::tuned(job.id, job.subject.backend->tune(task_of(job), budget_s)));
}

double forecast_call(const CaseJob& job, const World& world, double timeout_s) {
  const Problem& problem = *job.group.problem;
  const Shape& shape = job.group.shape;
  const int axis = piece_axis(problem, shape);
  if (axis < 0) return 0;
  const double all = problem.work(shape, job.group.type).flops;
  const Index most = shape[axis];
  constexpr double first_piece_flops = 2e7, short_s = 0.1, steady_s = 0.02, share_of_left = 0.05;
  constexpr double preempted_s =
      0.5;                  // where other work held the processors for a moment, that may be most of it
  constexpr int tries = 3;  // of a piece that would refuse the call
  constexpr Index growth = 4;
  // Rivals prepare the whole corpus in every call, and take other ways for a few queries (FAISS below 20, and
  // products of few rows): a piece must be more than that.
  const double first_flops = job.subject.rival ? 2000 * first_piece_flops : first_piece_flops;
  auto count = static_cast<Index>(std::ceil(static_cast<double>(most) * first_flops / all));
  count = std::clamp<Index>(count, 1, most);
  start_backend(job, world);  // what a process pays for once is no part of a call
  const double start = world.now();
  const double longest_s = std::min(2.0, share_of_left * job.group.left_s(steady_now_s()));
  Outlook outlook(all, timeout_s);
  for (bool is_first = true;; is_first = false, count = std::min(most, growth * count)) {
    Shape piece = shape;
    piece[axis] = count;
    const double flops = problem.work(piece, job.group.type).flops;
    const auto timed = [&] {
      return time_piece(job, world, axis, count, [&](double first_s) {
        return is_first || first_s < short_s || outlook.is_hopeless(outlook.of(flops, first_s));
      });
    };
    double seconds = timed();
    const auto is_last = [&] {
      const Outlook::Forecast forecast = outlook.of(flops, seconds);
      const bool next_is_too_long = static_cast<double>(growth) * seconds > timeout_s;
      // The next piece would be the call itself.
      const bool is_near = growth * count >= most && 2 * forecast.at_most_s <= timeout_s;
      return outlook.is_safe(forecast) || is_near || (outlook.agrees(forecast) && seconds > steady_s) ||
             next_is_too_long || outlook.is_hopeless(forecast) || count == most ||
             (!is_first && world.now() - start > longest_s);
    };
    const auto refuses = [&] { return outlook.of(flops, seconds).seconds > timeout_s; };
    for (int i = 1; i < tries && seconds < preempted_s && refuses() && is_last(); ++i)
      seconds = std::min(seconds, timed());
    if (is_last()) return outlook.of(flops, seconds).seconds;
    outlook.note(flops, seconds);
  }
}

void run_first_call(const CaseJob& job, const World& real, const Oracle& oracle, double began_s,
                    double launch_s) {
  Phase phase = Phase::startup;
  const World world = noting(real, phase);
  try {
    world.report(event::begin(job.id, phase));
    for (const std::string& warning : known_warnings(job)) world.report(event::warning(job.id, warning));
    if (job.options.cache == Cache::cold && job.subject.backend->peak_device_bytes)
      world.report(event::warning(job.id, "--cache cold empties the host's caches, not the device's"));
    const std::map<std::string, double> parts = start_backend(job, world);
    const double startup_s = launch_s + world.now() - began_s;
    world.report(event::value(job.id, "startup_s", startup_s));
    for (const auto& [part, seconds] : parts)
      if (const std::string column = "startup_" + part + "_s"; find_column(column))
        world.report(event::value(job.id, column.c_str(), seconds));
    if (const auto caution = job.subject.backend->caution)
      if (const std::string why = caution(task_of(job)); !why.empty())
        world.report(event::warning(job.id, why));
    reset_peak();
    const std::unique_ptr<Execution> execution = open_case(job);
    const double open_s =
        total_but_inputs(timed_steps(world, job.id, "open", 0, *execution, execution->opening()));
    double call_s = 0;
    const Subject subject{job.id, execution.get(), false, 0, job.crowded, error_bound(job)};
    verify_call(world, subject, oracle, [&](const TimedCall& call) {
      call_s = call.seconds;
      world.report(event::sample(job.id, "first", 0, {{"call", call_s}}, call.contention));
      static_cast<void>(execution->outputs());  // another process says its peak with them
      world.report(
          event::value(job.id, "peak_host_bytes",
                       static_cast<double>(execution->peak_elsewhere_bytes().value_or(peak_bytes()))));
      if (const auto peak = job.subject.backend->peak_device_bytes)
        world.report(
            event::value(job.id, "peak_device_bytes", static_cast<double>(peak(job.options.device))));
    });
    const std::vector<Step> steps = execution->call();
    const double budget_s = std::min(job.group.budget_s, job.group.left_s(steady_now_s()));
    if (!has_budget_left(budget_s, call_s) && has_time_for_another(job, call_s)) {
      world.report(event::begin(job.id, Phase::call));
      const TimedCall second = watched_call(world, subject, steps, true);
      world.report(event::sample(job.id, "call", 0, {{"call", second.seconds}}, second.contention));
    }
    if (steps.size() > 1 && !has_budget_left(budget_s, call_s))
      timed_steps(world, job.id, "phases", 0, *execution, steps);
    if (!job.options.result_dir.empty())
      write_results(job.options.result_dir, job.group, job.subject, execution->outputs());
    const double close_s =
        total_but_inputs(timed_steps(world, job.id, "close", 0, *execution, execution->closing()));
    world.report(event::value(job.id, "one_shot_s", startup_s + open_s + call_s + close_s));
  } catch (...) {
    world.report(event::failure_in_flight(job.id, phase));
  }
}

std::unique_ptr<Execution> open_for_sampling(const CaseJob& job, const World& real) {
  Phase phase = Phase::startup;
  const World world = noting(real, phase);
  try {
    world.report(event::begin(job.id, phase));
    start_backend(job, world);
    std::unique_ptr<Execution> execution = open_case(job);
    for (int i = 1;; ++i) {
      const double open_s =
          total_but_inputs(timed_steps(world, job.id, "open", i, *execution, execution->opening()));
      if (i >= openings || open_s > quick_opening_s) return execution;
      timed_steps(world, job.id, "close", i, *execution, execution->closing());
    }
  } catch (const DeviceLost&) {  // whatever else is open is lost too: for another process
    world.report(event::failure_in_flight(job.id, phase));
    throw;
  } catch (...) {
    world.report(event::failure_in_flight(job.id, phase));
    return nullptr;
  }
}

}  // namespace crossover
