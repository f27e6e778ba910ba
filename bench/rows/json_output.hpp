// Rows as JSON: the names of the CSV, numbers as numbers, null where a cell is empty.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "bench/base/output_file.hpp"
#include "bench/rows/row.hpp"

namespace crossover {

nlohmann::ordered_json json_of(const Row&);

/// Opened before anything is measured, written once at the end.
class JsonFile {
 public:
  /// path "-": stdout. Throws as OutputFile does.
  JsonFile(const std::string& path, Existing existing) : file_(path, existing) {}

  /// {"schema_version": ..., "metadata": ..., "rows": [...]}. Throws OutputError.
  void write(std::span<const Row>, const nlohmann::ordered_json& metadata);

 private:
  OutputFile file_;
};

}  // namespace crossover
