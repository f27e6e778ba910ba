// Profiles of machines that are not there: a measured one with other figures.
#include <algorithm>

#include "bench/base/usage_error.hpp"
#include "bench/model/figures.hpp"
#include "bench/model/model.hpp"

namespace crossover {
namespace {

/// Bytes that the solver has to read and write at that point.
double bytes_at(const SolverFigures& figures, const SolverPoint& point) {
  const Problem* problem = find_problem(figures.problem);
  if (!problem) return 0;
  const Work work = problem->work(point.shape, figures.type);
  return work.bytes_in + work.bytes_out;
}

double flops_at(const SolverFigures& figures, const SolverPoint& point) {
  const Problem* problem = find_problem(figures.problem);
  return problem ? problem->work(point.shape, figures.type).flops : 0;
}

template <class Edit>
void edit_device_points(Profile& profile, const Edit& edit) {
  for (SolverFigures& figures : profile.solvers)
    if (figures.backend != "cpu")
      for (SolverPoint& point : figures.points) edit(figures, point);
}

/// Times that device memory bounds, by the roofline, change as its bandwidth does, down to what arithmetic
/// and the launch take.
void set_bandwidth(Profile& profile, double bytes_per_s) {
  DeviceFigures& device = *profile.device;
  const double factor = device.read_bytes_per_s.value / bytes_per_s;  // of seconds
  edit_device_points(profile, [&](const SolverFigures& figures, SolverPoint& point) {
    const double bytes = bytes_at(figures, point), flops = flops_at(figures, point);
    const Figure& rate = figures.type == Type::f32 ? device.f32_flops_per_s : device.f64_flops_per_s;
    const double arithmetic_s = seconds_at(rate, flops).value;
    if (bytes <= static_cast<double>(device.l2_bytes) ||
        seconds_at(device.read_bytes_per_s, bytes).value < arithmetic_s)
      return;
    const double least_s = std::max(arithmetic_s, device.launch_s.value);
    for (Figure SolverPoint::*seconds : {&SolverPoint::compute_s, &SolverPoint::call_s}) {
      const Figure scaled = factor * (point.*seconds);
      point.*seconds = factor < 1 ? at_least(std::min(least_s, (point.*seconds).value), scaled) : scaled;
    }
  });
  if (device.copy_bytes_per_s.value > 0) device.copy_bytes_per_s = 1 / factor * device.copy_bytes_per_s;
  device.read_bytes_per_s = exactly(bytes_per_s);
}

/// Each computation is taken for one launch.
void set_launch(Profile& profile, double launch_s) {
  const double before_s = profile.device->launch_s.value;
  edit_device_points(profile, [&](const SolverFigures&, SolverPoint& point) {
    for (Figure SolverPoint::*seconds : {&SolverPoint::compute_s, &SolverPoint::call_s})
      if ((point.*seconds).value > 0)
        point.*seconds = at_least(launch_s, point.*seconds + exactly(launch_s - before_s));
  });
  profile.device->launch_s = exactly(launch_s);
}

}  // namespace

Profile what_if(Profile profile, const WhatIf& changes) {
  const bool changed = changes.link_bytes_per_s || changes.device_memory_bytes ||
                       changes.device_bandwidth_bytes_per_s || changes.launch_s;
  if (!changed) return profile;
  if (!profile.device)
    throw UsageError("the profile has no device whose link, memory or launches could be others" +
                     (profile.no_device.empty() ? std::string() : ": " + profile.no_device));
  DeviceFigures& device = *profile.device;
  profile.source = "modelled";
  if (changes.link_bytes_per_s)
    for (LinkFigures& link : device.links)
      link.upload.bytes_per_s = link.download.bytes_per_s = exactly(*changes.link_bytes_per_s);
  if (changes.device_memory_bytes) {
    device.total_bytes = *changes.device_memory_bytes;
    device.free_bytes = device.total_bytes;
  }
  if (changes.device_bandwidth_bytes_per_s) set_bandwidth(profile, *changes.device_bandwidth_bytes_per_s);
  if (changes.launch_s) set_launch(profile, *changes.launch_s);
  return profile;
}

}  // namespace crossover
