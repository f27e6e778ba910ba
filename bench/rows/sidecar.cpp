#include "bench/rows/sidecar.hpp"

#include <filesystem>

#include "bench/base/output_file.hpp"
#include "bench/base/usage_error.hpp"

namespace crossover {
namespace {

using Json = nlohmann::ordered_json;

const char* const advice = ": give another file, or --force to start it anew";

Json to_json(const Sidecar& sidecar) {
  Json runs = Json::array();
  for (const RunRecord& run : sidecar.runs)
    runs.push_back({{"run_id", run.run_id},
                    {"command_line", run.command_line},
                    {"started_utc", run.started_utc},
                    {"ended_utc", run.ended_utc.empty() ? Json() : Json(run.ended_utc)},
                    {"outputs", run.outputs}});
  return {{"schema_version", sidecar.schema},
          {"flags_hash", sidecar.flags_hash},
          {"same", sidecar.same},
          {"runs", runs},
          {"machine", sidecar.machine},
          {"software", sidecar.software},
          {"limits", sidecar.limits}};
}

Sidecar from_json(const Json& json) {
  Sidecar sidecar{.schema = json.at("schema_version").get<int>(),
                  .flags_hash = json.at("flags_hash").get<std::string>(),
                  .same = json.at("same").get<std::map<std::string, std::string>>(),
                  .machine = json.at("machine"),
                  .software = json.at("software"),
                  .limits = json.at("limits"),
                  .runs = {}};
  for (const Json& run : json.at("runs")) {
    const Json& ended = run.at("ended_utc");
    sidecar.runs.push_back(
        {run.at("run_id").get<std::string>(), run.at("command_line").get<std::vector<std::string>>(),
         run.at("started_utc").get<std::string>(), ended.is_null() ? std::string() : ended.get<std::string>(),
         run.value("outputs", std::map<std::string, std::string>())});
  }
  return sidecar;
}

std::string value_of(const std::map<std::string, std::string>& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() || found->second.empty() ? "nothing" : found->second;
}

/// Of the last run, without those that say how to treat what is there.
std::string flags_text(const Sidecar& sidecar) {
  std::string text;
  if (!sidecar.runs.empty())
    for (const std::string& word : sidecar.runs.back().command_line)
      if (word != "--resume" && word != "--force") text += ' ' + word;
  return text;
}

void check_same(const Sidecar& before, const Sidecar& now, const std::string& csv_path) {
  for (const auto* side : {&before.same, &now.same})
    for (const auto& [name, value] : *side)
      if (value_of(before.same, name) != value_of(now.same, name))
        throw UsageError("cannot resume " + csv_path + ": it was measured with " + name + " '" +
                         value_of(before.same, name) + "', this is '" + value_of(now.same, name) + "'" +
                         advice);
}

}  // namespace

std::string sidecar_path(const std::string& csv_path) { return csv_path + ".meta.json"; }

void write_sidecar(const std::string& csv_path, const Sidecar& sidecar) {
  const std::string text = to_json(sidecar).dump(2, ' ', false, Json::error_handler_t::replace);
  write_whole(sidecar_path(csv_path), text + "\n");
}

Sidecar read_sidecar(const std::string& csv_path) {
  const std::string path = sidecar_path(csv_path);
  try {
    return from_json(Json::parse(read_whole(path)));
  } catch (const OutputError& error) {
    throw UsageError(error.what());
  } catch (const Json::exception& error) {
    throw UsageError(path + " cannot be understood: " + error.what());
  }
}

Sidecar resumed_sidecar(const std::string& csv_path, const Sidecar& now) {
  if (!std::filesystem::exists(csv_path)) return now;
  if (!std::filesystem::exists(sidecar_path(csv_path)))
    throw UsageError("cannot resume " + csv_path + ": " + sidecar_path(csv_path) +
                     " is missing, so nothing says how it was measured" + advice);
  Sidecar sidecar = read_sidecar(csv_path);
  if (sidecar.schema != now.schema)
    throw UsageError("cannot resume " + csv_path + ": it has schema version " +
                     std::to_string(sidecar.schema) + ", this program writes " + std::to_string(now.schema) +
                     advice);
  if (sidecar.flags_hash != now.flags_hash) {
    const std::string earlier = flags_text(sidecar);
    if (earlier == flags_text(now))
      throw UsageError("cannot resume " + csv_path +
                       ": its flags are these, but a file that they name has changed since" + advice);
    throw UsageError("cannot resume " + csv_path + ": it was made by other flags:" + earlier +
                     "\nRepeat those, or give another file, or --force to start it anew");
  }
  check_same(sidecar, now, csv_path);
  sidecar.machine = now.machine;
  sidecar.software = now.software;
  sidecar.limits = now.limits;
  sidecar.runs.insert(sidecar.runs.end(), now.runs.begin(), now.runs.end());
  return sidecar;
}

}  // namespace crossover
