// The same tables for programs in other languages.
#include <nlohmann/json.hpp>

#include "bench/predict/policy.hpp"

namespace crossover {
namespace {

using Json = nlohmann::ordered_json;

constexpr int policy_version = 1;

Json doubts_of(const PolicyCost& cost, std::size_t axes) {
  Json doubts = Json::array();
  for (std::size_t axis = 0; axis < axes; ++axis) doubts.push_back(cost.doubt[axis]);
  return doubts;
}

Json json_of(const PolicyCandidate& candidate, std::size_t axes) {
  Json costs = Json::array();
  for (const std::optional<PolicyCost>& cost : candidate.costs)
    costs.push_back(cost ? Json{cost->setup_s, cost->stationary_s, cost->again_s, cost->low, cost->high,
                                doubts_of(*cost, axes)}
                         : Json());
  return {{"backend", candidate.backend},
          {"solver", candidate.solver},
          {"threads", candidate.threads},
          {"transfer", candidate.transfer},
          {"costs", costs}};
}

Json json_of(const PolicyTable& table) {
  Json axes = Json::array(), candidates = Json::array();
  for (std::size_t axis = 0; axis < table.sizes.size(); ++axis)
    axes.push_back({{"name", table.problem->axes[axis].name}, {"sizes", table.sizes[axis]}});
  for (const PolicyCandidate& candidate : table.candidates)
    candidates.push_back(json_of(candidate, table.sizes.size()));
  return {{"problem", table.problem->name},
          {"type", name_of(table.type)},
          {"axes", axes},
          {"candidates", candidates}};
}

}  // namespace

std::string policy_json(const Profile& profile, const std::vector<PolicyTable>& tables) {
  Json json = {{"kind", "crossover-policy"}, {"version", policy_version}, {"source", "modelled"}};
  json["machine"] = {{"label", profile.label},   {"cpu", profile.cpu},
                     {"cores", profile.cores},   {"device", profile.device ? profile.device->name : ""},
                     {"source", profile.source}, {"date_utc", profile.date_utc},
                     {"commit", profile.commit}};
  json["warnings"] = profile.warnings;
  json["cost"] = {"setup_s", "stationary_s", "again_s", "low", "high", "doubt"};
  json["how"] =
      "Seconds of a call: stationary_s + again_s with its buffers ready; (setup_s + stationary_s) / K + "
      "again_s as one of K with the same stationary inputs. low and high: the interval, as factors. costs "
      "are "
      "by shape, the last axis fastest; null: not calibrated. Between shapes: weighted means of logarithms "
      "over the logarithms of the sizes, and low and high divided and multiplied by exp(the sum of 4 u (1 - "
      "u) doubt over the axes), u the part of the way to the next size, doubt by axis, of the corners below; "
      "unknown where a corner of weight is null, or a size outside. Of "
      "candidates whose transfer is none, or the caller's, the least; two whose intervals overlap are "
      "contested.";
  json["tables"] = Json::array();
  for (const PolicyTable& table : tables) json["tables"].push_back(json_of(table));
  return json.dump() + "\n";
}

}  // namespace crossover
