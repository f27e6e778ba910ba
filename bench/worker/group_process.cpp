#include "bench/worker/group_process.hpp"

#include <csignal>

#include "bench/base/clock.hpp"
#include "bench/base/interrupt.hpp"
#include "bench/measure/process.hpp"

namespace crossover {
namespace {

void end_group(const GroupJob& job, GroupRecord& record, Phase phase, const ChildEnd& end) {
  std::string why = "the group's process " + describe(end);
  if (!end.timed_out)
    return record.end_all(end.signal == SIGKILL && end.error.empty() ? Outcome::killed : Outcome::failed,
                          phase, why);
  why += std::string(" in ") + name_of(phase) + "; ";
  if (job.group.left_s(steady_now_s()) > 0)
    record.end_all(Outcome::failed, phase, why + "a longer --timeout allows more");
  else
    record.end_all(Outcome::not_run, phase, why + out_of_time);
}

}  // namespace

bool run_group_process(const GroupJob& job, GroupRecord& record,
                       const std::function<void(const Event&)>& hear, const std::function<void()>& before) {
  Phase phase = Phase::inputs;
  Watch watch;
  double allowed_s = watch.first_deadline_s;
  watch.interrupted = interrupted;
  watch.on_event = [&](const Event& event) {
    record.apply(event);
    if (event.at("event") == "begin") phase = phase_named(event.at("phase").get<std::string>());
    if (hear) hear(event);
    return allowed_s = event.value(allowed_field, allowed_s);
  };
  const ChildEnd end = run_child(
      [&](const Report& report) {
        if (before) before();
        measure_group(job, report);
      },
      watch);
  if (end.interrupted) return false;
  if (!end.clean()) end_group(job, record, phase, end);
  return true;
}

}  // namespace crossover
