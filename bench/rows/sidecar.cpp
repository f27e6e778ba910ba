#include "bench/rows/sidecar.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "bench/base/json_field.hpp"
#include "bench/base/output_file.hpp"
#include "bench/base/usage_error.hpp"
#include "bench/rows/csv.hpp"

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

std::map<std::string, std::string> texts_of(JsonField field) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : field.members()) texts[name] = value.text();
  return texts;
}

RunRecord run_of(JsonField from) {
  RunRecord run{.run_id = from.at("run_id").text(),
                .command_line = {},
                .started_utc = from.at("started_utc").text(),
                .ended_utc = {}};
  for (const JsonField& word : from.at("command_line").items()) run.command_line.push_back(word.text());
  if (const auto ended = from.find("ended_utc")) run.ended_utc = ended->text();
  if (const auto outputs = from.find("outputs")) run.outputs = texts_of(*outputs);
  return run;
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

/// Whether a file has more than the header, or a beginning of it: all that a run leaves which was killed as
/// it began.
bool holds_rows(const std::string& csv_path) {
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(csv_path, unknown)) return false;
  const std::string header = csv_header();
  std::string text(header.size() + 1, '\0');
  std::ifstream file(csv_path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return !header.starts_with(text);
}

}  // namespace

std::string sidecar_path(const std::string& csv_path) { return csv_path + ".meta.json"; }

Sidecar sidecar_of(const nlohmann::json& json, const std::string& name) {
  JsonField from(json, name);
  Sidecar sidecar{
      .schema = static_cast<int>(std::min<std::size_t>(from.at("schema_version").whole(), 1'000'000)),
      .flags_hash = from.at("flags_hash").text(),
      .same = texts_of(from.at("same")),
      .machine = from.at("machine").json(),
      .software = from.at("software").json(),
      .limits = from.at("limits").json(),
      .runs = {}};
  for (const JsonField& run : from.at("runs").items()) sidecar.runs.push_back(run_of(run));
  return sidecar;
}

std::string sidecar_text(const Sidecar& sidecar) {
  return to_json(sidecar).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_sidecar(const std::string& csv_path, const Sidecar& sidecar) {
  write_whole(sidecar_path(csv_path), sidecar_text(sidecar));
}

Sidecar read_sidecar(const std::string& csv_path) {
  const std::string path = sidecar_path(csv_path);
  return sidecar_of(read_json(path), path);
}

Sidecar resumed_sidecar(const std::string& csv_path, const Sidecar& now) {
  std::error_code unknown;
  if (!std::filesystem::exists(csv_path, unknown)) return now;
  const bool has_facts = std::filesystem::exists(sidecar_path(csv_path), unknown);
  if (!has_facts && !holds_rows(csv_path)) return now;
  if (!has_facts)
    throw UsageError("cannot resume " + csv_path + ": " + sidecar_path(csv_path) +
                     " is missing, so nothing says how it was measured" + advice);
  Sidecar sidecar = read_sidecar(csv_path);
  if (sidecar.schema < oldest_schema_version || sidecar.schema > now.schema)
    throw UsageError("cannot resume " + csv_path + ": it has schema version " +
                     std::to_string(sidecar.schema) + ", this program writes " + std::to_string(now.schema) +
                     advice);
  check_same(sidecar, now, csv_path);
  if (sidecar.flags_hash != now.flags_hash) {
    const std::string earlier = flags_text(sidecar);
    if (earlier == flags_text(now))
      throw UsageError("cannot resume " + csv_path +
                       ": its flags are these, but a file that they name has changed since" + advice);
    throw UsageError("cannot resume " + csv_path + ": it was made by other flags:" + earlier +
                     "\nRepeat those (sizes, types and problems may be added), or give another file, or "
                     "--force to start it anew");
  }
  sidecar.schema = now.schema;
  sidecar.machine = now.machine;
  sidecar.software = now.software;
  sidecar.limits = now.limits;
  sidecar.runs.insert(sidecar.runs.end(), now.runs.begin(), now.runs.end());
  return sidecar;
}

}  // namespace crossover
