// A profile as JSON: the counterpart of profile.cpp, field by field; results/profile.md says what each means.
#include <nlohmann/json.hpp>

#include "bench/base/json_field.hpp"
#include "bench/model/profile.hpp"

namespace crossover {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Figure& figure) { return Json::array({figure.value, figure.low, figure.high}); }

Json json_of(const std::optional<Figure>& figure) { return figure ? json_of(*figure) : Json(); }

Json json_of(const Cost& cost) {
  return {{"fixed_s", json_of(cost.fixed_s)}, {"bytes_per_s", json_of(cost.bytes_per_s)}};
}

Json json_of(const LevelFigures& level) {
  return {{"name", level.name},
          {"bytes", level.bytes},
          {"threads", level.threads},
          {"read_bytes_per_s", json_of(level.read_bytes_per_s)},
          {"copy_bytes_per_s", json_of(level.copy_bytes_per_s)}};
}

Json json_of(const RateFigures& rate) {
  return {
      {"type", name_of(rate.type)}, {"threads", rate.threads}, {"flops_per_s", json_of(rate.flops_per_s)}};
}

Json json_of(const LinkFigures& link) {
  return {
      {"transfer", link.transfer}, {"upload", json_of(link.upload)}, {"download", json_of(link.download)}};
}

Json json_of(const DeviceFigures& device) {
  Json links = Json::array(), startup = Json::object();
  for (const LinkFigures& link : device.links) links.push_back(json_of(link));
  for (const auto& [part, figure] : device.startup_s) startup[part] = json_of(figure);
  return {{"name", device.name},
          {"facts", device.facts},
          {"total_bytes", device.total_bytes},
          {"free_bytes", device.free_bytes},
          {"l2_bytes", device.l2_bytes},
          {"launch_s", json_of(device.launch_s)},
          {"synchronize_s", json_of(device.synchronize_s)},
          {"links", links},
          {"allocate", json_of(device.allocate)},
          {"release", json_of(device.release)},
          {"pin", json_of(device.pin)},
          {"read_bytes_per_s", json_of(device.read_bytes_per_s)},
          {"l2_read_bytes_per_s", json_of(device.l2_read_bytes_per_s)},
          {"copy_bytes_per_s", json_of(device.copy_bytes_per_s)},
          {"f32_flops_per_s", json_of(device.f32_flops_per_s)},
          {"f64_flops_per_s", json_of(device.f64_flops_per_s)},
          {"product_flops_per_s", json_of(device.product_flops_per_s)},
          {"startup_s", startup}};
}

Json json_of(const SolverPoint& point, const Problem& problem) {
  Json shape = Json::object();
  int axis = 0;
  for (const Axis& each : problem.axes) shape[each.name] = point.shape[axis++];
  return {{"shape", shape},
          {"compute_s", json_of(point.compute_s)},
          {"call_s", json_of(point.call_s)},
          {"allocate_s", json_of(point.allocate_s)},
          {"release_s", json_of(point.release_s)}};
}

template <class Items>
Json array_of(const Items& items) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(json_of(item));
  return array;
}

}  // namespace

Json to_json(const SolverFigures& solver) {
  const Problem* problem = find_problem(solver.problem);
  if (!problem) throw std::invalid_argument("no problem is called " + solver.problem);
  Json points = Json::array();
  for (const SolverPoint& point : solver.points) points.push_back(json_of(point, *problem));
  return {{"problem", solver.problem},
          {"type", name_of(solver.type)},
          {"backend", solver.backend},
          {"solver", solver.solver},
          {"threads", solver.threads},
          {"host_bytes_beyond", solver.host_bytes_beyond ? Json(*solver.host_bytes_beyond) : Json()},
          {"points", points}};
}

Json to_json(const Profile& profile) {
  Json teams = Json::object();
  for (const auto& [threads, figure] : profile.team_s) teams[std::to_string(threads)] = json_of(figure);
  Json solvers = Json::array();
  for (const SolverFigures& solver : profile.solvers) solvers.push_back(to_json(solver));
  return {{"kind", "crossover-profile"},
          {"version", profile_version},
          {"source", profile.source},
          {"label", profile.label},
          {"date_utc", profile.date_utc},
          {"commit", profile.commit},
          {"compiler", profile.compiler},
          {"cpu", profile.cpu},
          {"cores", profile.cores},
          {"threads", profile.threads},
          {"memory_bytes", profile.memory_bytes},
          {"timer_s", json_of(profile.timer_s)},
          {"launch_s", json_of(profile.launch_s)},
          {"team_s", teams},
          {"levels", array_of(profile.levels)},
          {"rates", array_of(profile.rates)},
          {"device", profile.device ? json_of(*profile.device) : Json()},
          {"no_device", profile.no_device},
          {"solvers", solvers},
          {"warnings", profile.warnings}};
}

std::string profile_text(const Profile& profile) { return json_text(to_json(profile)); }

}  // namespace crossover
