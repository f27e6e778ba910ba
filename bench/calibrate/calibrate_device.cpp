// A device's part of a profile: what its backend timed, as latencies and rates.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "bench/base/interrupt.hpp"
#include "bench/calibrate/calibrate.hpp"
#include "bench/measure/process.hpp"
#include "bench/measure/timed_call.hpp"

namespace crossover {
namespace {

constexpr double event_deadline_s = 60;  // a driver that starts cold takes seconds
constexpr int startups = 3;
constexpr std::array link_modes = {"pageable", "pinned"};

/// Those of a quantity, by rising bytes; `mode`: a part of it.
std::vector<const LimitSamples*> those(std::span<const LimitSamples> limits, std::string_view quantity,
                                       std::string_view mode) {
  std::vector<const LimitSamples*> found;
  for (const LimitSamples& limit : limits)
    if (limit.quantity == quantity && limit.mode.find(mode) != std::string::npos && !limit.seconds.empty())
      found.push_back(&limit);
  std::ranges::stable_sort(found, {}, &LimitSamples::bytes);
  if (found.empty())
    throw std::runtime_error("of the device, " + std::string(quantity) + " (" + std::string(mode) +
                             ") was not measured");
  return found;
}

Figure seconds_of(std::span<const LimitSamples> limits, std::string_view quantity, std::string_view mode) {
  return figure_of(those(limits, quantity, mode).front()->seconds);
}

/// Of the largest.
Figure bandwidth_of(std::span<const LimitSamples> limits, std::string_view quantity, std::string_view mode) {
  const LimitSamples& largest = *those(limits, quantity, mode).back();
  return rate_of(static_cast<double>(largest.bytes), largest.seconds);
}

Figure flops_of(const LimitSamples& limit) { return rate_of(limit.flops, limit.seconds); }

/// The smallest is what each costs, the largest what its bytes cost on top; none where it is no slower.
Cost cost_of(std::span<const LimitSamples> limits, std::string_view quantity, std::string_view mode) {
  const std::vector<const LimitSamples*> all = those(limits, quantity, mode);
  const Figure least = figure_of(all.front()->seconds), most = figure_of(all.back()->seconds);
  const auto bytes = static_cast<double>(all.back()->bytes - all.front()->bytes);
  Cost cost{.fixed_s = least, .bytes_per_s = {}};
  if (bytes > 0 && most.low > least.high)
    cost.bytes_per_s = {.value = bytes / (most.value - least.value),
                        .low = bytes / (most.high - least.low),
                        .high = bytes / (most.low - least.high)};
  return cost;
}

std::optional<Figure> fastest_product(std::span<const LimitSamples> limits) {
  const LimitSamples* largest = nullptr;
  for (const LimitSamples& limit : limits)
    if (limit.quantity == "product f32" && (!largest || limit.flops > largest->flops)) largest = &limit;
  return largest ? std::optional(flops_of(*largest)) : std::nullopt;
}

nlohmann::json json_of(const LimitSamples& limit) {
  return {{"quantity", limit.quantity},
          {"mode", limit.mode},
          {"bytes", limit.bytes},
          {"flops", limit.flops},
          {"seconds", limit.seconds}};
}

LimitSamples limit_of(const nlohmann::json& json) {
  return {.quantity = json.at("quantity"),
          .mode = json.at("mode"),
          .bytes = json.at("bytes"),
          .flops = json.at("flops"),
          .seconds = json.at("seconds").get<std::vector<double>>()};
}

/// A process of its own; its events go to `on_event`. Why it ended early; empty where it did not.
std::string attend(const Calibrating& calibrating, const std::function<void(const Report&)>& body,
                   const std::function<void(const Event&)>& on_event) {
  std::string reason;
  Watch watch;
  watch.first_deadline_s = event_deadline_s;
  watch.interrupted = interrupted;
  watch.on_event = [&](const Event& event) {
    if (event.contains("reason"))
      reason = event.at("reason").get<std::string>();
    else
      on_event(event);
    return event_deadline_s;
  };
  calibrating.say("device");
  const ChildEnd end = run_child(
      [&](const Report& report) {
        try {
          body(report);
        } catch (const std::exception& error) {
          report({{"reason", error.what()}});
        }
      },
      watch);
  if (end.interrupted) throw CalibrationInterrupted();
  if (reason.empty() && !end.clean()) reason = "the process that measured it " + describe(end);
  return reason;
}

/// The task whose startup has the most parts: that of a solver with a library.
Task starting_task(const Backend& backend, int device) {
  const SolverInfo* chosen = backend.solvers.front();
  for (const SolverInfo* solver : backend.solvers)
    if (solver->library) chosen = solver;
  return {.problem = find_problem(chosen->problem),
          .solver = chosen->name,
          .shape = {},
          .type = Type::f32,
          .transfer = backend.transfers.front(),
          .device = device,
          .in = {}};
}

std::string measure_startup(const Calibrating& calibrating, const Backend& backend,
                            std::map<std::string, std::vector<double>>& parts_s) {
  const int device = calibrating.options.device;
  for (int i = 0; i < startups; ++i) {
    const std::string reason = attend(
        calibrating,
        [&](const Report& report) {
          const World world = real_world({}, 0);
          for (const StartupPart& part : backend.startup(starting_task(backend, device))) {
            const double start = world.now();
            try {
              part.run();
            } catch (const Unavailable&) {  // a library that is not installed: the rest is up
              return;
            }
            report({{"part", part.name}, {"seconds", world.now() - start}});
          }
        },
        [&](const Event& event) {
          parts_s[event.at("part").get<std::string>()].push_back(event.at("seconds").get<double>());
        });
    if (!reason.empty()) return reason;
  }
  return {};
}

/// A link that was too noisy to tell what its bytes cost is left out.
void warn_of_links(Profile& profile) {
  for (const char* transfer : link_modes)
    if (std::ranges::find(profile.device->links, transfer, &LinkFigures::transfer) ==
        profile.device->links.end())
      profile.warnings.push_back(std::string("copies of ") + transfer +
                                 " memory did not grow with their bytes: that link is left out");
}

}  // namespace

DeviceFigures device_figures(const DeviceReport& report, std::span<const LimitSamples> limits,
                             const std::map<std::string, std::vector<double>>& startup_s) {
  DeviceFigures figures{.name = report.device.name,
                        .facts = {report.device.facts.begin(), report.device.facts.end()},
                        .total_bytes = report.device.total_bytes,
                        .free_bytes = report.device.free_bytes,
                        .l2_bytes = report.device.limits ? report.device.limits->cache_bytes : 0,
                        .launch_s = seconds_of(limits, "launch", "and synchronize"),
                        .synchronize_s = seconds_of(limits, "synchronize", ""),
                        .allocate = cost_of(limits, "allocate", "device"),
                        .release = cost_of(limits, "release", "device"),
                        .pin = cost_of(limits, "pin", "cudaMallocHost"),
                        .read_bytes_per_s = bandwidth_of(limits, "read", "(device memory)"),
                        .l2_read_bytes_per_s = bandwidth_of(limits, "read", "(L2)"),
                        .copy_bytes_per_s = bandwidth_of(limits, "copy", ""),
                        .f32_flops_per_s = flops_of(*those(limits, "multiply-add", "f32").front()),
                        .f64_flops_per_s = flops_of(*those(limits, "multiply-add", "f64").front()),
                        .product_flops_per_s = fastest_product(limits)};
  for (const char* transfer : link_modes) {
    const LinkFigures link{.transfer = transfer,
                           .upload = cost_of(limits, "upload", transfer),
                           .download = cost_of(limits, "download", transfer)};
    if (link.upload.bytes_per_s.low > 0 && link.download.bytes_per_s.low > 0) figures.links.push_back(link);
  }
  for (const auto& [part, seconds] : startup_s) figures.startup_s[part] = figure_of(seconds);
  return figures;
}

void measure_device(const Calibrating& calibrating, std::span<const ProbedDevice> devices, Profile& profile) {
  for (const ProbedDevice& probed : devices) {
    const Backend* const backend = probed.backend;
    const DeviceReport& report = probed.report;
    profile.no_device = report.reason;
    if (!report.reason.empty() || !backend->limits) continue;
    std::vector<LimitSamples> limits;
    std::map<std::string, std::vector<double>> startup_s;
    std::string reason = measure_startup(calibrating, *backend, startup_s);
    if (reason.empty())
      reason = attend(
          calibrating,
          [&](const Report& tell) {
            backend->limits(calibrating.options.device, [&](const LimitSamples& limit) {
              tell({{"limit", json_of(limit)}});
            });
          },
          [&](const Event& event) {
            limits.push_back(limit_of(event.at("limit")));
            calibrating.say("device: " + limits.back().quantity + ", " + limits.back().mode);
          });
    try {
      if (reason.empty()) profile.device = device_figures(report, limits, startup_s);
    } catch (const std::runtime_error& missing) {
      reason = missing.what();
    }
    profile.no_device = reason;
    if (reason.empty()) return warn_of_links(profile);
    profile.warnings.push_back(report.device.name + " could not be measured: " + reason);
    return;
  }
  if (profile.no_device.empty()) profile.no_device = "this program has no backend for a GPU";
}

}  // namespace crossover
