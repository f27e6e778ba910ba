// Workloads of the user's own: bytes and operations are all that is known, so rooflines are all that is said.
#include <algorithm>
#include <iterator>

#include "bench/model/figures.hpp"
#include "bench/model/model.hpp"
#include "bench/model/roofline.hpp"

namespace crossover {
namespace {

/// What starting and joining a team of all threads costs; that of the next smaller team where it is not
/// known.
Figure team_s(const Profile& profile) {
  const auto after = profile.team_s.upper_bound(profile.threads);
  return after == profile.team_s.begin() ? Figure{} : std::prev(after)->second;
}

/// One team of all threads.
OwnPrediction on_host(const Profile& profile, const OwnWorkload& work) {
  const Roofline roofline =
      host_roofline(profile, work.type, profile.threads, work.bytes_in + work.bytes_out, work.flops);
  const Figure team = team_s(profile);
  OwnPrediction prediction;
  prediction.place = {nullptr, {}, work.type, "cpu", "", profile.threads, "none"};
  prediction.compute_s = prediction.call_s = team + roofline.seconds;
  prediction.total_s = work.reuse * prediction.call_s;
  prediction.bound = team.value > roofline.seconds.value ? "starting threads" : roofline.bound;
  return prediction;
}

/// One kernel; inputs and outputs in one copy each, stationary and fresh ones apart.
OwnPrediction on_device(const DeviceFigures& device, const LinkFigures& link, const OwnWorkload& work) {
  const Roofline roofline = device_roofline(device, work.type, work.bytes_in + work.bytes_out, work.flops);
  const double fresh_bytes = work.bytes_in - work.bytes_stationary;
  const auto moved = [](const Cost& cost, double bytes) {
    return bytes > 0 ? seconds_of(cost, bytes) : Figure{};
  };
  const Figure stationary = moved(link.upload, work.bytes_stationary);
  OwnPrediction prediction;
  prediction.place = {nullptr, {}, work.type, "cuda", "", 1, link.transfer};
  prediction.upload_fresh_s = moved(link.upload, fresh_bytes);
  prediction.upload_s = stationary + prediction.upload_fresh_s;
  prediction.compute_s = device.launch_s + roofline.seconds;
  prediction.download_s = moved(link.download, work.bytes_out);
  const Figure again = prediction.upload_fresh_s + prediction.compute_s + prediction.download_s;
  prediction.call_s = stationary + again;
  prediction.total_s = stationary + work.reuse * again;
  prediction.bound = roofline.bound;
  if (device.launch_s.value > roofline.seconds.value) prediction.bound = "kernel launch";
  return prediction;
}

}  // namespace

std::vector<OwnPrediction> predict_own(const Profile& profile, const OwnWorkload& work) {
  std::vector<OwnPrediction> all = {on_host(profile, work)};
  if (profile.device)
    for (const LinkFigures& link : profile.device->links)
      all.push_back(on_device(*profile.device, link, work));
  return all;
}

}  // namespace crossover
