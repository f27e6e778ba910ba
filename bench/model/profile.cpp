#include "bench/model/profile.hpp"

#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "bench/base/json_field.hpp"
#include "bench/base/log.hpp"
#include "bench/machine/calibration.hpp"
#include "bench/model/possible.hpp"

namespace crossover {
namespace {

constexpr const char* kind_name = "crossover-profile";

enum class Bound { positive, not_negative };

Figure figure_of(const JsonField& field, Bound bound = Bound::positive) {
  const std::vector<JsonField> three = field.items();
  if (three.size() != 3) field.reject("should be [value, low, high]");
  const Figure figure{three[0].number(), three[1].number(), three[2].number()};
  if (!(figure.low <= figure.value && figure.value <= figure.high))
    field.reject("should be [value, low, high] with the value between the two");
  if (bound == Bound::positive && !(figure.low > 0)) field.reject("should be above 0");
  if (figure.low < 0) field.reject("should not be below 0");
  return figure;
}

std::optional<Figure> optional_figure(JsonField& from, const char* name) {
  const std::optional<JsonField> field = from.find(name);
  return field ? std::optional(figure_of(*field)) : std::nullopt;
}

Cost cost_of(JsonField from) {
  return {.fixed_s = figure_of(from.at("fixed_s"), Bound::not_negative),
          .bytes_per_s = figure_of(from.at("bytes_per_s"), Bound::not_negative)};
}

/// A link whose bytes cost nothing would win everything.
Cost link_cost_of(JsonField from) {
  Cost cost = cost_of(from);
  if (!(cost.bytes_per_s.low > 0))
    from.at("bytes_per_s").reject("should be above 0: bytes over a link take time");
  return cost;
}

Type type_of_field(const JsonField& field) {
  for (const Type type : {Type::i64, Type::f32, Type::f64})
    if (field.text() == name_of(type)) return type;
  field.reject("should be i64, f32 or f64, and is '" + field.text() + "'");
}

int threads_of(JsonField& from) { return from.at("threads").count(); }

std::string name_in(JsonField& from, const char* name) {
  const JsonField field = from.at(name);
  if (field.text().empty()) field.reject("is empty");
  return field.text();
}

LevelFigures level_of(JsonField from) {
  LevelFigures level{.name = name_in(from, "name"),
                     .bytes = from.at("bytes").whole(1),
                     .threads = threads_of(from),
                     .read_bytes_per_s = figure_of(from.at("read_bytes_per_s")),
                     .copy_bytes_per_s = optional_figure(from, "copy_bytes_per_s")};
  from.tell_unknown(log_warning);
  return level;
}

RateFigures rate_of(JsonField from) {
  RateFigures rate{.type = type_of_field(from.at("type")),
                   .threads = threads_of(from),
                   .flops_per_s = figure_of(from.at("flops_per_s"))};
  from.tell_unknown(log_warning);
  return rate;
}

LinkFigures link_of(JsonField from) {
  LinkFigures link{.transfer = name_in(from, "transfer"),
                   .upload = link_cost_of(from.at("upload")),
                   .download = link_cost_of(from.at("download"))};
  from.tell_unknown(log_warning);
  return link;
}

DeviceFigures device_of(JsonField from) {
  DeviceFigures device{.name = name_in(from, "name"),
                       .total_bytes = from.at("total_bytes").whole(1),
                       .free_bytes = from.at("free_bytes").whole(1),
                       .l2_bytes = from.at("l2_bytes").whole(),
                       .launch_s = figure_of(from.at("launch_s")),
                       .synchronize_s = figure_of(from.at("synchronize_s"), Bound::not_negative),
                       .allocate = cost_of(from.at("allocate")),
                       .release = cost_of(from.at("release")),
                       .pin = cost_of(from.at("pin")),
                       .read_bytes_per_s = figure_of(from.at("read_bytes_per_s")),
                       .l2_read_bytes_per_s = figure_of(from.at("l2_read_bytes_per_s")),
                       .copy_bytes_per_s = figure_of(from.at("copy_bytes_per_s")),
                       .f32_flops_per_s = figure_of(from.at("f32_flops_per_s")),
                       .f64_flops_per_s = figure_of(from.at("f64_flops_per_s")),
                       .product_flops_per_s = optional_figure(from, "product_flops_per_s")};
  if (device.free_bytes > device.total_bytes) from.reject("has more free_bytes than total_bytes");
  for (const auto& [name, fact] : from.at("facts").members()) device.facts[name] = fact.text();
  for (const JsonField& link : from.at("links").items()) device.links.push_back(link_of(link));
  for (const auto& [part, figure] : from.at("startup_s").members())
    device.startup_s[part] = figure_of(figure, Bound::not_negative);
  from.tell_unknown(log_warning);
  return device;
}

Shape shape_of(JsonField from, const Problem& problem, Type type) {
  Shape shape;
  int axis = 0;
  for (const Axis& each : problem.axes) shape[axis++] = static_cast<Index>(from.at(each.name).whole(1));
  if (const std::string why = why_impossible(problem, shape, type); !why.empty())
    from.reject("is impossible: " + why);
  from.tell_unknown(log_warning);
  return shape;
}

SolverPoint point_of(JsonField from, const Problem& problem, Type type) {
  SolverPoint point{.shape = shape_of(from.at("shape"), problem, type),
                    .compute_s = figure_of(from.at("compute_s")),
                    .call_s = figure_of(from.at("call_s")),
                    .allocate_s = figure_of(from.at("allocate_s"), Bound::not_negative),
                    .release_s = figure_of(from.at("release_s"), Bound::not_negative)};
  from.tell_unknown(log_warning);
  return point;
}

std::string backend_of(const JsonField& field) {
  if (field.text() != "cpu" && field.text() != "cuda")
    field.reject("should be cpu or cuda, and is '" + field.text() + "'");
  return field.text();
}

/// Empty where this program does not have the problem.
std::optional<SolverFigures> solver_of(JsonField from) {
  const JsonField problem_field = from.at("problem");
  const Problem* problem = find_problem(problem_field.text());
  if (!problem) {
    log_warning("a profile has figures of the problem '" + problem_field.text() +
                "', which this program does not have: they are left out");
    return {};
  }
  SolverFigures solver{.problem = problem->name,
                       .type = type_of_field(from.at("type")),
                       .backend = backend_of(from.at("backend")),
                       .solver = name_in(from, "solver"),
                       .threads = threads_of(from)};
  const JsonField points = from.at("points");
  for (const JsonField& point : points.items())
    solver.points.push_back(point_of(point, *problem, solver.type));
  if (solver.points.empty()) points.reject("is empty");
  std::map<std::array<Index, max_axes>, std::size_t> seen;
  for (std::size_t i = 0; i < solver.points.size(); ++i)
    if (const auto [before, is_new] = seen.try_emplace(solver.points[i].shape.size, i); !is_new)
      points.reject("has one shape twice, at [" + std::to_string(before->second) + "] and [" +
                    std::to_string(i) + "]");
  if (const auto beyond = from.find("host_bytes_beyond")) solver.host_bytes_beyond = beyond->whole();
  from.tell_unknown(log_warning);
  return solver;
}

std::vector<SolverFigures> solvers_of(const JsonField& field) {
  std::vector<SolverFigures> solvers;
  std::set<std::tuple<std::string, Type, std::string, std::string, int>> seen;
  for (const JsonField& each : field.items()) {
    std::optional<SolverFigures> solver = solver_of(each);
    if (!solver) continue;
    if (!seen.emplace(solver->problem, solver->type, solver->backend, solver->solver, solver->threads).second)
      each.reject("is of the same solver as one before it");
    solvers.push_back(std::move(*solver));
  }
  return solvers;
}

std::map<int, Figure> teams_of(JsonField from) {
  std::map<int, Figure> teams;
  for (const auto& [name, figure] : from.members()) {
    int threads = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), threads);
    if (error != std::errc() || end != name.data() + name.size() || threads < 1)
      figure.reject("should be named by a number of threads");
    teams[threads] = figure_of(figure, Bound::not_negative);
  }
  return teams;
}

/// Throws where it is another kind of file, or of another version.
void check_kind(JsonField& from, const nlohmann::json& json) {
  const std::string advice = ": crossover calibrate writes profiles";
  if (!json.is_object() || !json.contains("kind"))
    from.reject("is no profile of a machine, it has no field kind" + advice);
  const JsonField kind = from.at("kind"), version = from.at("version");
  if (kind.text() != kind_name) kind.reject("is '" + kind.text() + "', not '" + kind_name + "'" + advice);
  if (version.whole() != static_cast<std::size_t>(profile_version))
    version.reject("is " + std::to_string(version.whole()) + ", and this program reads version " +
                   std::to_string(profile_version) + ": calibrate again");
}

}  // namespace

Profile profile_of(const nlohmann::json& json, const std::string& name) {
  JsonField from(json, name);
  check_kind(from, json);
  Profile profile{.source = from.at("source").text(),
                  .label = name_in(from, "label"),
                  .date_utc = name_in(from, "date_utc"),
                  .commit = from.at("commit").text(),
                  .compiler = from.at("compiler").text(),
                  .cpu = name_in(from, "cpu"),
                  .cores = from.at("cores").count(),
                  .threads = threads_of(from),
                  .memory_bytes = from.at("memory_bytes").whole(1),
                  .timer_s = figure_of(from.at("timer_s")),
                  .launch_s = figure_of(from.at("launch_s"))};
  if (profile.source != "measured" && profile.source != "modelled")
    from.at("source").reject("should be measured or modelled, and is '" + profile.source + "'");
  profile.team_s = teams_of(from.at("team_s"));
  for (const JsonField& level : from.at("levels").items()) profile.levels.push_back(level_of(level));
  if (profile.levels.empty()) from.at("levels").reject("is empty");
  for (const JsonField& rate : from.at("rates").items()) profile.rates.push_back(rate_of(rate));
  if (profile.rates.empty()) from.at("rates").reject("is empty");
  if (const auto device = from.find("device"))
    profile.device = device_of(*device);
  else
    profile.no_device = name_in(from, "no_device");
  from.find("no_device");
  profile.solvers = solvers_of(from.at("solvers"));
  for (const JsonField& warning : from.at("warnings").items()) profile.warnings.push_back(warning.text());
  from.tell_unknown(log_warning);
  return profile;
}

std::optional<SolverFigures> solver_figures_of(const nlohmann::json& json, const std::string& name) {
  return solver_of(JsonField(json, name));
}

Profile load_profile(const std::filesystem::path& path) {
  const nlohmann::json json = read_json(path.string());
  return profile_of(json, path.string());
}

std::filesystem::path profile_cache_path(const Machine& machine) {
  return machine_cache_path(machine, "profile", profile_version);
}

std::string differences(const Profile& profile, const std::string& cpu, int cores,
                        const std::string& device) {
  std::string text;
  const auto add = [&](const std::string& theirs, const std::string& ours) {
    if (theirs != ours) text += (text.empty() ? "it is of " : ", and ") + theirs + ", here is " + ours;
  };
  const auto gpu = [](const std::string& name) { return name.empty() ? "no GPU" : name; };
  const auto counted = [](int count) { return std::to_string(count) + (count == 1 ? " core" : " cores"); };
  add(profile.cpu, cpu);
  add(counted(profile.cores), counted(cores));
  add(gpu(profile.device ? profile.device->name : std::string()), gpu(device));
  return text;
}

}  // namespace crossover
