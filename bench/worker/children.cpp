#include "bench/worker/children.hpp"

#include <algorithm>
#include <csignal>
#include <limits>
#include <memory>

#include "bench/base/clock.hpp"
#include "bench/base/format.hpp"
#include "bench/machine/memory_guard.hpp"

namespace crossover {
namespace {

/// First calls that a later one of the case may take, and makings of the oracle that a check may.
constexpr double times_the_first = 8;
/// To open, close and start anew.
constexpr double moment_s = 5;
/// Of what the group's process tells of its children, until its own parent gives up on it: it kills them
/// first.
constexpr double until_told_s = last_wait_s + moment_s;

bool in_call(Phase phase) { return phase == Phase::call || phase == Phase::compute; }

}  // namespace

Children::Children(const GroupJob& job, const Report& report)
    : job_(job),
      report_(report),
      alive_(job.run),
      first_call_s_(job.run.size(), 0.0),
      typical_call_s_(job.run.size(), 0.0),
      settings_(job.run.size()) {}

bool Children::called_once(int id) const {
  const Case& subject = job_.group.cases[static_cast<std::size_t>(id)];
  return subject.solver && job_.group.once_solver == subject.solver->name;
}

CallLimit Children::call_limit(int id) const {
  const Case& subject = job_.group.cases[static_cast<std::size_t>(id)];
  const double now_s = first_call_s(id) > 0 ? -std::numeric_limits<double>::infinity() : steady_now_s();
  return crossover::call_limit(job_.group, subject.solver ? subject.solver->name : "", now_s);
}

bool Children::in_time(int id) {
  if (job_.group.left_s(steady_now_s()) > 0) return true;
  fail(id, Outcome::not_run, Phase::startup, out_of_time);
  return false;
}

void Children::fail(int id, Outcome outcome, Phase phase, const std::string& reason) {
  report_(event::failure(id, outcome, phase, reason));
  alive_[static_cast<std::size_t>(id)] = false;
}

Children::Allowance Children::allowance(int id, Phase phase, double calls_at_once) const {
  const Need& need = job_.needs[static_cast<std::size_t>(id)];
  const auto bytes =
      static_cast<double>(need.host_bytes()) + static_cast<double>(need.own.known_device_bytes());
  double usual_s =
      in_call(phase) ? calls_at_once * call_limit(id).timeout_s : step_limit_s(job_.group, bytes);
  if (phase == Phase::verify) usual_s += times_the_first * oracle_s_;
  double left_s = job_.group.left_s(steady_now_s());
  if (!in_call(phase)) left_s /= 2;  // one that hangs leaves time for the others
  left_s = std::max(left_s, late_s(id, phase, calls_at_once));
  return {std::min(usual_s, left_s), left_s < usual_s};
}

double Children::late_s(int id, Phase phase, double calls_at_once) const {
  if (first_call_s(id) <= 0) return 0;
  return times_the_first * (calls_at_once * first_call_s(id) + (phase == Phase::verify ? oracle_s_ : 0)) +
         moment_s;
}

void Children::note_call(std::size_t id, double seconds, bool is_first) {
  if (is_first) first_call_s_[id] = seconds;
  typical_call_s_[id] = is_first ? seconds : std::min(typical_call_s_[id], seconds);
}

int Children::attend(int first_case, const std::function<void(const Report&)>& body, double calls_at_once) {
  int current = first_case;
  Phase phase = Phase::startup;
  Allowance allowed = allowance(first_case, phase, calls_at_once);
  const int process = ++processes_;
  Watch watch;
  watch.first_deadline_s = allowed.seconds;
  watch.on_event = [&](const Event& event) {
    const int id = event.at("case");
    const std::string& kind = event.at("event").get_ref<const std::string&>();
    if (kind == "failure" || (kind == "verified" && !event.at("ok")))
      alive_[static_cast<std::size_t>(id)] = false;
    if (kind == "tuned") settings_[static_cast<std::size_t>(id)] = event.at("setting");
    if (kind == "sample" && (event.at("kind") == "first" || event.at("kind") == "call"))
      note_call(static_cast<std::size_t>(id), event.at("seconds").at("call"), event.at("kind") == "first");
    if (kind == "begin") {
      current = id;
      phase = phase_named(event.at("phase").get<std::string>());
    }
    allowed = allowance(current, kind == "begin" ? phase : Phase::startup, calls_at_once);
    Event told = event;
    if (kind == "sample") told[process_field] = process;
    told[allowed_field] = allowed.seconds + until_told_s;
    report_(told);
    return allowed.seconds;
  };
  report_(event::process(first_case, allowed.seconds + until_told_s));
  std::unique_ptr<ChildCgroup> cgroup;
  if (job_.options.over_the_wall) {
    cgroup = std::make_unique<ChildCgroup>(guard_bytes());
    // The child runs under limits of its own in any case: apply_memory_guard().
    watch.on_start = [&](pid_t pid) { static_cast<void>(cgroup->add(pid)); };
  }
  const auto kills = [&] { return cgroup && cgroup->made() ? cgroup->oom_kills() : oom_kills().value_or(0); };
  const auto kills_before = kills();
  const ChildEnd end = run_child(body, watch);
  if (end.clean()) return -1;
  report_death(current, phase, end, kills() > kills_before, allowed);
  alive_[static_cast<std::size_t>(current)] = false;
  return current;
}

void Children::report_death(int id, Phase phase, const ChildEnd& end, bool out_of_memory,
                            const Allowance& allowed) {
  if (end.timed_out) {
    const std::string limit =
        allowed.ends_with_run ? "that was all that --within left for it (a longer one leaves more)"
        : in_call(phase)      ? "a call has " + call_limit(id).text(std::numeric_limits<double>::infinity())
                              : "a longer --timeout allows more";
    report_(event::failure(id, allowed.ends_with_run ? Outcome::not_run : Outcome::too_slow, phase,
                           describe(end) + " in " + name_of(phase) + "; " + limit));
  } else if (end.signal == SIGKILL && end.error.empty()) {
    report_(event::failure(id, Outcome::killed, phase,
                           out_of_memory ? "killed by the kernel, probably out of memory (oom_kill rose)"
                                         : "its process " + describe(end)));
  } else if (alive(id)) {  // else it has already said why
    report_(event::failure(id, Outcome::failed, phase, "its process " + describe(end)));
  }
}

std::size_t Children::guard_bytes() const {
  if (job_.options.host_memory_limit != 0) return job_.options.host_memory_limit;
  return host_memory_limits().tightest().available_bytes + program_bytes();
}

void Children::guard(const Report& report, int id) const {
  if (!job_.options.over_the_wall && job_.options.host_memory_limit == 0) return;
  if (const std::string problem = apply_memory_guard(guard_bytes()); !problem.empty())
    report(event::warning(id, problem));
}

}  // namespace crossover
