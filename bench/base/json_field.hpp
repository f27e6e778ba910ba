// Strict reading of JSON files that people and other programs may have written: every value knows where it
// stands, so that a sentence about it names the file and the field.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossover {

/// A value and its place, as in "p.json: device.links[0].upload". All throw UsageError. The JSON outlives it.
class JsonField {
 public:
  /// `name`: of the file, for sentences.
  JsonField(const nlohmann::json& value, std::string name) : value_(&value), file_(std::move(name)) {}

  JsonField at(const std::string& field);                    ///< throws where it is missing
  std::optional<JsonField> find(const std::string& field);   ///< empty where it is missing or null
  std::vector<JsonField> items() const;                      ///< of an array
  std::vector<std::pair<std::string, JsonField>> members();  ///< of an object

  std::string text() const;
  double number() const;                           ///< finite
  std::size_t whole(std::size_t least = 0) const;  ///< also written as 1e9

  const nlohmann::json& json() const { return *value_; }  ///< as it is

  int count() const;  ///< whole, 1 to a million

  bool is_array() const { return value_->is_array(); }
  std::size_t size() const { return value_->size(); }

  [[noreturn]] void reject(const std::string& why) const;

  /// Tells `warn` of each field of this object that was not asked for: "p.json: solvres is not known ...".
  void tell_unknown(const std::function<void(const std::string&)>& warn) const;

 private:
  JsonField(const nlohmann::json& value, std::string file, std::string path)
      : value_(&value), file_(std::move(file)), path_(std::move(path)) {}
  std::string path_of(const std::string& field) const { return path_.empty() ? field : path_ + "." + field; }
  void expect_object() const;
  void refuse_many() const;

  const nlohmann::json* value_;
  std::string file_, path_;
  std::set<std::string> asked_{};
};

/// The only way from text to JSON for what comes from outside. Throws UsageError: it is empty, is cut, is no
/// JSON, or is nested too deeply. `name`: of the file, for sentences.
nlohmann::json parse_json(std::string_view text, const std::string& name);

/// The file as JSON, of at most 16 MiB. Throws UsageError, as above, and where it cannot be read.
nlohmann::json read_json(const std::filesystem::path& path);

/// JSON with a line for whatever fits into `width` columns, and indented by one for the rest.
std::string json_text(const nlohmann::ordered_json&, std::size_t width = 110);

}  // namespace crossover
