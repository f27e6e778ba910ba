#include "bench/rows/json_output.hpp"

#include "bench/rows/columns.hpp"

namespace crossover {
namespace {

using Json = nlohmann::ordered_json;

/// A cell as JSON has it: whole numbers stay whole.
Json value_of(const Column& column, const std::string& cell) {
  if (cell.empty()) return nullptr;
  if (column.kind == Column::Kind::text) return cell;
  return Json::parse(cell);
}

}  // namespace

Json json_of(const Row& row) {
  Json json = Json::object();
  for (const Column& column : columns()) json[column.name] = value_of(column, column.print(row));
  return json;
}

void JsonFile::write(std::span<const Row> rows, const Json& metadata) {
  Json all = Json::array();
  for (const Row& row : rows) all.push_back(json_of(row));
  const Json whole = {{"schema_version", schema_version}, {"metadata", metadata}, {"rows", all}};
  file_.write(whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace crossover
