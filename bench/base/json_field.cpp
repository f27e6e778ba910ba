#include "bench/base/json_field.hpp"

#include <cmath>

#include "bench/base/output_file.hpp"
#include "bench/base/suggest.hpp"
#include "bench/base/usage_error.hpp"

namespace crossover {
namespace {

std::string kind_of(const nlohmann::json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return "text";
  return value.is_null() ? "null" : value.is_boolean() ? "true or false" : "a number";
}

void append_text(std::string& text, const nlohmann::ordered_json& value, std::size_t width,
                 std::size_t indent) {
  using Handler = nlohmann::ordered_json::error_handler_t;
  const std::string line = value.dump(-1, ' ', false, Handler::replace);
  if (!value.is_structured() || indent + line.size() <= width) {
    text += line;
    return;
  }
  const std::string margin(indent + 1, ' ');
  text += value.is_object() ? "{\n" : "[\n";
  std::size_t left = value.size();
  for (const auto& [name, each] : value.items()) {
    text += margin;
    if (value.is_object()) text += nlohmann::ordered_json(name).dump(-1, ' ', false, Handler::replace) + ": ";
    append_text(text, each, width, indent + 1);
    text += --left > 0 ? ",\n" : "\n";
  }
  text += std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

}  // namespace

void JsonField::reject(const std::string& why) const {
  throw UsageError(file_ + ": " + (path_.empty() ? "it" : path_) + " " + why);
}

void JsonField::expect_object() const {
  if (!value_->is_object()) reject("should be an object {...}, and is " + kind_of(*value_));
}

JsonField JsonField::at(const std::string& field) {
  expect_object();
  asked_.insert(field);
  const auto found = value_->find(field);
  if (found == value_->end()) throw UsageError(file_ + ": the field " + path_of(field) + " is missing");
  return {*found, file_, path_of(field)};
}

std::optional<JsonField> JsonField::find(const std::string& field) {
  expect_object();
  asked_.insert(field);
  const auto found = value_->find(field);
  if (found == value_->end() || found->is_null()) return {};
  return JsonField(*found, file_, path_of(field));
}

std::vector<JsonField> JsonField::items() const {
  if (!value_->is_array()) reject("should be an array [...], and is " + kind_of(*value_));
  std::vector<JsonField> all;
  for (const nlohmann::json& item : *value_)
    all.push_back(JsonField(item, file_, path_ + "[" + std::to_string(all.size()) + "]"));
  return all;
}

std::vector<std::pair<std::string, JsonField>> JsonField::members() {
  expect_object();
  std::vector<std::pair<std::string, JsonField>> all;
  for (const auto& [name, value] : value_->items()) all.emplace_back(name, at(name));
  return all;
}

std::string JsonField::text() const {
  if (!value_->is_string()) reject("should be text, and is " + kind_of(*value_));
  return value_->get<std::string>();
}

double JsonField::number() const {
  if (!value_->is_number()) reject("should be a number, and is " + kind_of(*value_));
  const auto number = value_->get<double>();
  if (!std::isfinite(number)) reject("is not finite");
  return number;
}

std::size_t JsonField::whole(std::size_t least) const {
  constexpr double exact = 9007199254740992.0;  // 2^53: up to here a double has every whole number
  const double value = number();
  if (value < 0 || value > exact || value != std::floor(value))
    reject("should be a whole number of at least " + std::to_string(least) + ", and is " + value_->dump());
  const auto count =
      value_->is_number_unsigned() ? value_->get<std::size_t>() : static_cast<std::size_t>(value);
  if (count < least) reject("should be at least " + std::to_string(least) + ", and is " + value_->dump());
  return count;
}

void JsonField::tell_unknown(const std::function<void(const std::string&)>& warn) const {
  if (!value_->is_object()) return;
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& [name, value] : value_->items()) {
    if (asked_.contains(name)) continue;
    const std::vector<std::string> near = nearest(name, known);
    warn(file_ + ": the field " + path_of(name) + " is not known, and is left out" +
         (near.empty() ? "" : " (did you mean " + joined(near) + "?)"));
  }
}

nlohmann::json read_json(const std::string& path) {
  std::string text;
  try {
    text = read_whole(path);
  } catch (const OutputError& error) {
    throw UsageError(error.what());
  }
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) throw UsageError(path + " is empty");
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    if (error.byte > text.size())
      throw UsageError(path + " is cut: it ends after " + std::to_string(text.size()) +
                       " bytes in the middle of its JSON");
    throw UsageError(path + " is no JSON: byte " + std::to_string(error.byte) + " cannot be understood");
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(path + " cannot be understood: " + error.what());
  }
}

std::string json_text(const nlohmann::ordered_json& json, std::size_t width) {
  std::string text;
  append_text(text, json, width, 0);
  return text + "\n";
}

}  // namespace crossover
