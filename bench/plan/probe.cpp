#include "bench/plan/probe.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <system_error>
#include <vector>

#include "bench/base/interrupt.hpp"
#include "bench/base/log.hpp"
#include "bench/base/statistics.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/measure/process.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/plan/plan.hpp"
#include "bench/rows/row.hpp"
#include "cpu/libraries.hpp"

namespace crossover {
namespace {

constexpr double to_end_s = 5;           // once it has answered
constexpr double probe_deadline_s = 60;  // a driver that starts cold takes seconds
constexpr double calibration_deadline_s = 120;
constexpr double stale_days = 30, disturbed_days = 1.0 / 24;  // a better one is worth a try an hour later
constexpr double calibration_s = 4, least_calibration_s = 0.3;
constexpr double launch_deadline_s = 10;

Event event_of(const Device& device) {
  Event facts = Event::array();
  for (const auto& [name, value] : device.facts) facts.push_back({name, value});
  Event event = {
      {"name", device.name}, {"total", device.total_bytes}, {"free", device.free_bytes}, {"facts", facts}};
  if (device.limits)
    event["limits"] = {device.limits->cache_bytes, device.limits->last_level_bytes,
                       device.limits->multiprocessors};
  return event;
}

Device device_of(const Event& event) {
  Device device;
  device.name = event.at("name");
  device.total_bytes = event.at("total");
  device.free_bytes = event.at("free");
  for (const Event& fact : event.at("facts")) device.facts.emplace_back(fact.at(0), fact.at(1));
  if (event.contains("limits"))
    device.limits = {.threads = 1,
                     .cache_bytes = event["limits"].at(0),
                     .last_level_bytes = event["limits"].at(1),
                     .multiprocessors = event["limits"].at(2)};
  return device;
}

std::optional<Calibration> calibrate_in_child(const Machine& machine, const CalibrationMeans& means,
                                              double end_s) {
  std::optional<Calibration> made;
  Watch watch;
  watch.first_deadline_s = probe_limit_s(calibration_deadline_s, end_s);
  watch.interrupted = interrupted;
  watch.on_event = [&](const Event& event) {
    made = calibration_of(event, "the calibration");
    return calibration_deadline_s;
  };
  const ChildEnd end = run_child(
      [&](const Report& say) {
        if (const std::string why = why_no_threads(machine.usable - 1); !why.empty())
          throw std::runtime_error(why);
        say(to_json(calibrate(machine, means)));
      },
      watch);
  if (!made && !end.interrupted)
    log_warning("the calibration " + describe(end) + ": rows will have no floor" +
                (end.timed_out && watch.first_deadline_s < calibration_deadline_s
                     ? " (a longer --within has time for it)"
                     : ""));
  return made;
}

/// What `probe` says in a child of its own: a `reason`, or none and what it found. Where it says nothing,
/// why, in `reason`; `hung` where it did not answer.
std::optional<Event> probed(const std::function<Event()>& probe, double end_s, const std::string& hung,
                            std::string& reason) {
  std::optional<Event> said;
  Watch watch;
  watch.first_deadline_s = probe_limit_s(probe_deadline_s, end_s);
  watch.on_event = [&](const Event& event) {
    said = event;
    return to_end_s;
  };
  const ChildEnd end = run_child([&](const Report& say) { say(probe()); }, watch);
  if (end.clean() || (said && !said->at("reason").get<std::string>().empty())) return said;
  reason = "its probe " + describe(end);
  if (end.timed_out)
    reason = watch.first_deadline_s < probe_deadline_s ? no_time_for(reason) : hung + " (" + reason + ")";
  return std::nullopt;
}

}  // namespace

std::string DeviceReport::fact(std::string_view name) const {
  for (const auto& [key, value] : device.facts)
    if (key == name) return value;
  return {};
}

DeviceReport probe_device(const Backend& backend, int device, double end_s) {
  DeviceReport report;
  const auto ask = [&]() -> Event {
    std::string reason = backend.unavailable(device);
    Device found;
    try {
      found = backend.describe(device);
    } catch (const std::exception&) {  // the reason says what is wrong
      if (reason.empty()) throw;
    }
    if (reason.empty() && found.total_bytes == 0)
      reason = "its device answered once, and not again: try again";
    return {{"reason", reason}, {"device", event_of(found)}};
  };
  if (const auto said =
          probed(ask, end_s, "its driver did not answer: see whether nvidia-smi does", report.reason)) {
    report.reason = said->at("reason");
    report.device = device_of(said->at("device"));
  }
  return report;
}

std::vector<LibraryReport> probe_libraries(double end_s) {
  std::vector<LibraryReport> reports;
  for (const cpu::Library& library : cpu::libraries()) {
    LibraryReport& report = reports.emplace_back(LibraryReport{library.name, {}, {}});
    const auto ask = [&]() -> Event {
      try {
        return {{"is", library.description()}, {"reason", ""}};
      } catch (const Unavailable& absent) {
        return {{"is", ""}, {"reason", absent.what()}};
      }
    };
    if (const auto said = probed(
            ask, end_s, "it did not load: name the file of another one in " + std::string(library.variable),
            report.reason)) {
      report.description = said->at("is");
      report.reason = said->at("reason");
    }
  }
  return reports;
}

nlohmann::ordered_json to_json(const DeviceReport& report) {
  if (!report.reason.empty()) return {{"not_usable", report.reason}};
  nlohmann::ordered_json facts = nlohmann::ordered_json::object();
  for (const auto& [name, value] : report.device.facts) facts[name] = value;
  return {{"name", report.device.name},
          {"total_bytes", report.device.total_bytes},
          {"free_bytes", report.device.free_bytes},
          {"facts", facts}};
}

std::vector<ProbedDevice> probe_devices(int device, double end_s) {
  std::vector<ProbedDevice> found;
  for (const Backend* backend : backends())
    if (backend != &cpu_backend()) found.push_back({backend, probe_device(*backend, device, end_s)});
  return found;
}

std::vector<ProbedDevice> probe_devices(std::span<const Group> groups, int device, double end_s) {
  std::vector<ProbedDevice> found;
  for (const Backend* backend : backends()) {
    const auto is_its = [backend](const Case& subject) {
      return subject.backend == backend && !subject.simulated;
    };
    const bool is_used = std::ranges::any_of(
        groups, [&](const Group& group) { return std::ranges::any_of(group.cases, is_its); });
    if (backend != &cpu_backend() && is_used)
      found.push_back({backend, probe_device(*backend, device, end_s)});
  }
  return found;
}

const DeviceReport* report_of(std::span<const ProbedDevice> devices, const Backend* backend) {
  for (const ProbedDevice& probed : devices)
    if (probed.backend == backend) return &probed.report;
  return nullptr;
}

std::optional<Calibration> obtain_calibration(const Machine& machine, const CalibrationWish& wish,
                                              const std::function<void(const std::string&)>& progress) {
  const std::filesystem::path path = calibration_cache_path(machine, wish.cpus);
  std::optional<Calibration> kept;
  if (!path.empty() && !wish.afresh) kept = load_calibration(path).calibration;
  const double age = kept ? age_days(*kept).value_or(stale_days) : stale_days;
  if (age >= stale_days) kept.reset();
  if (kept && (kept->is_quiet() || age < disturbed_days)) return kept;
  const double seconds = std::min(calibration_s, probe_limit_s(calibration_deadline_s, wish.end_s) / 2);
  if (interrupted()) return kept;
  if (seconds < least_calibration_s) {
    if (!kept)
      log_warning(
          "there is no time to measure this machine's limits: rows will have no floor (a longer "
          "--within has it)");
    return kept;
  }
  progress(kept ? "measuring this machine's limits again: other work disturbed the kept ones"
                : "measuring this machine's limits, once (1 to 4 s)");
  auto made = calibrate_in_child(
      machine, {.cpus = wish.cpus, .seconds = seconds, .user_limit_bytes = wish.user_limit_bytes},
      wish.end_s);
  if (!made) return kept;
  if (kept) made = better_of(*kept, *made);
  if (!made->is_quiet())
    log_warning("other work or a CPU quota took " + std::to_string(std::lround(100 * made->disturbed_share)) +
                " % of the time in which this machine's limits were measured: they may be too low; a run an "
                "hour from now measures them again, and keeps what is better");
  if (wish.user_limit_bytes != 0 && made->levels.back().name != "DRAM") return made;  // of this limit alone
  if (!path.empty())
    if (const std::string problem = save_calibration(path, *made); !problem.empty())
      log_warning("the calibration could not be kept: " + problem);
  return made;
}

void obtain_teams(Calibration& calibration, const Machine& machine, std::span<const int> threads,
                  const CalibrationWish& wish, const std::function<void(const std::string&)>& progress) {
  const std::span<const int> order = wish.cpus;
  for (const int count : threads) {
    const bool known = order.empty() && (count == 1 || count >= calibration.threads);
    if (known || count > machine.usable || interrupted()) continue;
    Machine part = machine;
    part.usable = count;
    const auto say = [&](const std::string& line) {
      progress(line + ", with " + std::to_string(count) + (count == 1 ? " thread" : " threads"));
    };
    CalibrationWish of_team = wish;
    of_team.cpus = order.first(std::min(order.size(), static_cast<std::size_t>(count)));
    const auto found = obtain_calibration(part, of_team, say);
    if (!found) continue;
    Calibration::Team team{.threads = count,
                           .best_gbytes_per_s = {},
                           .fma_gflops_f32 = found->fma_gflops_f32_all,
                           .fma_gflops_f64 = found->fma_gflops_f64_all,
                           .team_s = found->team_s,
                           .disturbed_share = found->disturbed_share};
    for (const Calibration::Level& level : found->levels)
      team.best_gbytes_per_s.push_back(level.best_gbytes_per_s_all);
    calibration.teams.push_back(std::move(team));
  }
}

double measure_launch_s() {
  try {
    return median(launches_s(3));
  } catch (const std::system_error&) {
    return 0;
  }
}

std::vector<double> launches_s(int count) {
  const World world = real_world({}, 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  char name[] = "crossover", flag[] = "--version";
  std::array<char*, 3> argv{name, flag, nullptr};
  std::vector<double> seconds;
  int error = 0;
  for (int i = 0; i < count; ++i) {
    const double start = world.now();
    pid_t pid = 0;
    error = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    if (error != 0) break;
    if (ChildEnd end; !wait_for_end(pid, launch_deadline_s, end)) {
      kill_and_wait(pid, end);
      error = ETIMEDOUT;
      break;
    }
    seconds.push_back(world.now() - start);
  }
  posix_spawn_file_actions_destroy(&actions);
  if (seconds.empty()) throw std::system_error(error, std::generic_category(), "no process can be started");
  return seconds;
}

}  // namespace crossover
