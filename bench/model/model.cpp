#include "bench/model/model.hpp"

#include <algorithm>

#include "bench/machine/memory_limits.hpp"
#include "bench/model/figures.hpp"
#include "bench/model/model_memory.hpp"
#include "bench/model/roofline.hpp"
#include "bench/model/surface.hpp"
#include "common/backend.hpp"

namespace crossover {
namespace {

const SolverFigures* figures_of(const Profile& profile, const ModelCase& subject) {
  for (const SolverFigures& figures : profile.solvers)
    if (figures.problem == subject.problem->name && figures.type == subject.type &&
        figures.backend == subject.backend && figures.solver == subject.solver &&
        figures.threads == subject.threads)
      return &figures;
  return nullptr;
}

std::string text_of(const ModelCase& subject) {
  return subject.solver + " with " + std::to_string(subject.threads) +
         (subject.threads == 1 ? " thread for " : " threads for ") + subject.problem->name + " " +
         name_of(subject.type);
}

bool is_host(const ModelCase& subject) { return subject.backend == "cpu"; }

/// Bytes over the link, and copies, of which each pays the latency.
struct Traffic {
  double bytes = 0;
  int copies = 0;
};

Traffic traffic_of(std::span<const Operand> operands, const ModelCase& subject, bool fresh_only = false) {
  Traffic traffic;
  for (const Operand& operand : operands) {
    if (fresh_only && operand.stationary) continue;
    const Extents extents = extents_of(operand, subject.shape);
    traffic.bytes += static_cast<double>(extents.size[0]) * static_cast<double>(extents.size[1]) *
                     static_cast<double>(size_of(operand.type(subject.type)));
    ++traffic.copies;
  }
  return traffic;
}

void set_needs(const Profile& profile, const ModelCase& subject, Prediction& prediction) {
  const MemoryNeed need = memory_need(profile, subject);
  if (!(need.host_bytes + need.device_bytes < 9e18)) return;
  prediction.needed_host_bytes = static_cast<std::size_t>(need.host_bytes);
  if (!is_host(subject)) prediction.needed_device_bytes = static_cast<std::size_t>(need.device_bytes);
}

/// By the rule that `run` refuses by.
std::string memory_warning(const Profile& profile, const Prediction& prediction) {
  const auto over = [](const char* where, std::size_t needed, std::size_t there) {
    return "needs " + bytes_text(needed) + std::string(where) + ", which has " + bytes_text(there);
  };
  if (profile.device && prediction.needed_device_bytes) {
    const std::size_t there = usable_device_bytes(profile.device->free_bytes);
    if (*prediction.needed_device_bytes > there)
      return over(" on the device", *prediction.needed_device_bytes, there) + " free for it";
  }
  if (prediction.needed_host_bytes && profile.memory_bytes > 0 &&
      *prediction.needed_host_bytes + process_slack_bytes > profile.memory_bytes)
    return over(" of the host's memory", *prediction.needed_host_bytes, profile.memory_bytes);
  return {};
}

Surface::Quantity work_quantity(Figure SolverPoint::*seconds, const Profile& profile,
                                const ModelCase& subject) {
  const auto least_s = [&profile, &subject](const Shape& shape) {
    const Work work = subject.problem->work(shape, subject.type);
    const double bytes = work.bytes_in + work.bytes_out;
    return is_host(subject)
               ? host_roofline(profile, subject.type, subject.threads, bytes, work.flops).seconds.value
               : std::max(device_roofline(*profile.device, subject.type, bytes, work.flops).seconds.value,
                          profile.device->launch_s.value);
  };
  // A device's least time is a launch's at small sizes: it does not grow with the work.
  if (!is_host(subject)) return {seconds, {Measure::flops, Measure::bytes_in}, least_s};
  return {seconds, {Measure::flops, Measure::bytes_in, Measure::least_s}, least_s};
}

Figure or_none(const std::optional<Figure>& figure) { return figure.value_or(Figure{}); }

void predict_host(const Surface& surface, const Profile& profile, const ModelCase& subject,
                  Prediction& prediction) {
  const Surface::Value compute =
      surface.at(subject.shape, work_quantity(&SolverPoint::compute_s, profile, subject));
  const Surface::Value call =
      surface.at(subject.shape, work_quantity(&SolverPoint::call_s, profile, subject));
  prediction.compute_s = compute.seconds;
  prediction.call_s = call.known ? call.seconds : compute.seconds;
  prediction.reuse_call_s = prediction.resident_s = prediction.call_s;
  prediction.within = compute.is_within();
  prediction.far = compute.is_far();
  prediction.basis = surface.basis(compute);
}

const LinkFigures* link_of(const DeviceFigures& device, const std::string& transfer) {
  const auto found = std::ranges::find(device.links, transfer, &LinkFigures::transfer);
  return found == device.links.end() ? nullptr : &*found;
}

/// Phases are timed with a synchronisation behind each, a call with one in all.
Figure call_of(const DeviceFigures& device, const Figure& phases, int count, const Figure& longest) {
  const double saved_s = (count - 1) * device.synchronize_s.value;
  const auto less = [&](double seconds, double least) { return std::max(seconds - saved_s, least); };
  return {less(phases.value, longest.value), less(phases.low, longest.low), less(phases.high, longest.high)};
}

void predict_device(const Surface& surface, const Profile& profile, const LinkFigures& link,
                    const ModelCase& subject, Prediction& prediction) {
  const DeviceFigures& device = *profile.device;
  const Traffic up = traffic_of(subject.problem->in, subject),
                fresh = traffic_of(subject.problem->in, subject, true),
                down = traffic_of(subject.problem->out, subject);
  prediction.bytes_up = up.bytes;
  prediction.bytes_up_fresh = fresh.bytes;
  prediction.bytes_down = down.bytes;
  const Figure upload = seconds_of(link.upload, up.bytes, up.copies),
               again = seconds_of(link.upload, fresh.bytes, fresh.copies),
               download = seconds_of(link.download, down.bytes, down.copies);
  const Surface::Value value =
      surface.at(subject.shape, work_quantity(&SolverPoint::compute_s, profile, subject));
  const Figure& compute = value.seconds;
  prediction.upload_s = upload;
  prediction.upload_fresh_s = again;
  prediction.compute_s = compute;
  prediction.download_s = download;
  prediction.call_s = call_of(device, upload + compute + download, 3, compute);
  prediction.reuse_call_s = call_of(device, again + compute + download, fresh.copies > 0 ? 3 : 2, compute);
  prediction.resident_s = compute;
  if (link.transfer != "pageable") prediction.pin_s = seconds_of(device.pin, up.bytes + down.bytes);
  Figure startup;
  for (const auto& [part, seconds] : device.startup_s) startup = startup + seconds;
  if (startup.value > 0) prediction.startup_s = startup;
  prediction.within = value.is_within();
  prediction.far = value.is_far();
  prediction.basis = surface.basis(value);
}

}  // namespace

Predicted predict(const Profile& profile, const ModelCase& subject) {
  const SolverFigures* figures = figures_of(profile, subject);
  if (!figures || figures->points.empty())
    return {.prediction = {}, .reason = "the profile has no " + text_of(subject)};
  const LinkFigures* link = nullptr;
  if (!is_host(subject)) {
    if (!profile.device) return {.prediction = {}, .reason = "the profile has no device"};
    link = link_of(*profile.device, subject.transfer);
    if (!link)
      return {.prediction = {}, .reason = "the profile has no transfer mode '" + subject.transfer + "'"};
  }
  const Surface surface(*subject.problem, subject.type, figures->points);
  Prediction prediction;
  set_needs(profile, subject, prediction);
  if (link)
    predict_device(surface, profile, *link, subject, prediction);
  else
    predict_host(surface, profile, subject, prediction);
  if (!prediction.compute_s || !(prediction.compute_s->value > 0))
    return {.prediction = {}, .reason = "the profile has no time of " + text_of(subject)};
  prediction.allocate_s = memory_seconds(profile, subject, *figures, &SolverPoint::allocate_s);
  prediction.release_s = memory_seconds(profile, subject, *figures, &SolverPoint::release_s);
  if (link) {
    const auto needed = static_cast<double>(prediction.needed_device_bytes.value_or(0));
    if (!prediction.allocate_s) prediction.allocate_s = seconds_of(profile.device->allocate, needed);
    if (!prediction.release_s) prediction.release_s = seconds_of(profile.device->release, needed);
  }
  prediction.end_to_end_s = or_none(prediction.allocate_s) + or_none(prediction.pin_s) + prediction.call_s +
                            or_none(prediction.release_s);
  prediction.warning = memory_warning(profile, prediction);
  prediction.fits = prediction.warning.empty();
  return {.prediction = prediction, .reason = {}};
}

std::vector<ModelCase> predictable(const Profile& profile, const Problem& problem, const Shape& shape,
                                   Type type) {
  std::vector<ModelCase> cases;
  for (const SolverFigures& figures : profile.solvers) {
    if (figures.problem != problem.name || figures.type != type || figures.points.empty()) continue;
    const Backend* backend = find_backend(figures.backend);
    const SolverInfo* solver = backend ? backend->find_solver(problem.name, figures.solver) : nullptr;
    if (solver && solver->cannot && !solver->cannot(shape, type).empty()) continue;
    ModelCase subject{&problem, shape, type, figures.backend, figures.solver, figures.threads, "none"};
    if (is_host(subject)) cases.push_back(subject);
    if (is_host(subject) || !profile.device) continue;
    for (const LinkFigures& link : profile.device->links) {
      subject.transfer = link.transfer;
      cases.push_back(subject);
    }
  }
  return cases;
}

}  // namespace crossover
