#include "bench/measure/timed_call.hpp"

#include <stdexcept>

#include "bench/rows/columns.hpp"

namespace crossover {
namespace {

/// Waits; the seconds since `start`, or what another process measured within them.
double ended(const World& world, Execution& execution, double start) {
  execution.wait();
  const double here_s = world.now() - start;
  const std::optional<Elsewhere> elsewhere = execution.elsewhere();
  if (!elsewhere) return here_s;
  if (!(elsewhere->seconds >= 0 && elsewhere->seconds <= here_s))
    throw std::runtime_error("another process claims " + print_number(elsewhere->seconds) +
                             " s for work that took " + print_number(here_s) +
                             " s with the way there and back");
  return elsewhere->seconds;
}

}  // namespace

Check check_of(const Subject& subject, const Oracle& oracle) {
  Execution& execution = *subject.execution;
  Check check = oracle(execution.outputs()).within(subject.error_bound);
  if (const std::string damage = execution.damage(); check.ok && !damage.empty()) {
    check.ok = false;
    check.what = damage;
  }
  return check;
}

TimedCall watched_call(const World& world, const Subject& subject, const std::vector<Step>& steps,
                       bool closely) {
  if (!world.contention || subject.crowded) return {timed_call(world, *subject.execution, steps), {}};
  ContentionCounters before = world.contention(closely);
  const double seconds = timed_call(world, *subject.execution, steps);
  const ContentionCounters after = world.contention(closely);
  const std::optional<Elsewhere> elsewhere = subject.execution->elsewhere();
  if (elsewhere) before.waited_s.clear();  // this process only waited for the other
  Contention found = contention_between(before, after, seconds);
  if (elsewhere) {
    found.preemptions = elsewhere->preemptions;
    if (elsewhere->waited_s) found.waited_s = found.waited_s.value_or(0) + *elsewhere->waited_s;
  }
  return {seconds, found};
}

double timed_call(const World& world, Execution& execution, const std::vector<Step>& steps) {
  const double start = world.now();
  for (const Step& step : steps) step.run();
  return ended(world, execution, start);
}

PhaseSeconds timed_steps(const World& world, int id, const char* kind, int block, Execution& execution,
                         const std::vector<Step>& steps) {
  PhaseSeconds seconds;
  for (const Step& step : steps) {
    world.report(event::begin(id, step.phase));
    const double start = world.now();
    step.run();
    seconds[name_of(step.phase)] += ended(world, execution, start);
  }
  world.report(event::sample(id, kind, block, seconds));
  return seconds;
}

bool verify_call(const World& world, const Subject& subject, const Oracle& oracle,
                 const std::function<void(const TimedCall&)>& called) {
  Execution& execution = *subject.execution;
  execution.poison();
  world.report(event::begin(subject.id, Phase::call));
  const TimedCall call = watched_call(world, subject, execution.call(), true);
  if (called) called(call);
  if (!oracle) return true;
  world.report(event::begin(subject.id, Phase::verify));
  const Check check = check_of(subject, oracle);
  world.report(event::verified(subject.id, check));
  return check.ok;
}

}  // namespace crossover
