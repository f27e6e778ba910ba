#include "bench/base/json_field.hpp"

#include <cmath>

#include "bench/base/input_file.hpp"
#include "bench/base/suggest.hpp"
#include "bench/base/usage_error.hpp"

namespace crossover {
namespace {

constexpr std::size_t most_json_bytes = std::size_t{16} << 20;
constexpr int most_levels =
    64;  // ours have eight; whoever copies, prints or destroys a value recurses into it

/// Before a value is made of it.
void refuse_deep(std::string_view text, const std::string& name) {
  int level = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (in_string && letter == '\\') ++at;
    if (letter == '"') in_string = !in_string;
    if (in_string) continue;
    if (letter == '[' || letter == '{') ++level;
    if (letter == ']' || letter == '}') --level;
    if (level > most_levels)
      throw UsageError(name + " is nested more than " + std::to_string(most_levels) +
                       " levels deep, at byte " + std::to_string(at + 1) + ": no file of crossover's is");
  }
}

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

/// Each is given a place of its own, which takes ten times the memory of its text.
void JsonField::refuse_many() const {
  constexpr std::size_t most = 100'000;
  if (value_->size() > most) reject("has more than " + std::to_string(most) + " items");
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
  refuse_many();
  std::vector<JsonField> all;
  for (const nlohmann::json& item : *value_)
    all.push_back(JsonField(item, file_, path_ + "[" + std::to_string(all.size()) + "]"));
  return all;
}

std::vector<std::pair<std::string, JsonField>> JsonField::members() {
  expect_object();
  refuse_many();
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

int JsonField::count() const {
  constexpr std::size_t most = 1'000'000;
  const std::size_t number = whole(1);
  if (number > most) reject("is more than " + std::to_string(most));
  return static_cast<int>(number);
}

void JsonField::tell_unknown(const std::function<void(const std::string&)>& warn) const {
  if (!value_->is_object()) return;
  constexpr std::size_t most_told = 5;
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  std::size_t told = 0;
  for (const auto& [name, value] : value_->items()) {
    if (asked_.contains(name)) continue;
    if (++told > most_told) return warn(file_ + ": more such fields follow");
    const std::vector<std::string> near = nearest(name, known);
    warn(file_ + ": the field " + path_of(name) + " is not known, and is left out" +
         (near.empty() ? "" : " (did you mean " + joined(near) + "?)"));
  }
}

nlohmann::json parse_json(std::string_view text, const std::string& name) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) throw UsageError(name + " is empty");
  refuse_deep(text, name);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    if (error.byte > text.size())
      throw UsageError(name + " is cut: it ends after " + std::to_string(text.size()) +
                       " bytes in the middle of its JSON");
    throw UsageError(name + " is no JSON: byte " + std::to_string(error.byte) + " cannot be understood");
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(name + " cannot be understood: " + error.what());
  }
}

nlohmann::json read_json(const std::filesystem::path& path) {
  return parse_json(read_whole(path, most_json_bytes), path.string());
}

std::string json_text(const nlohmann::ordered_json& json, std::size_t width) {
  std::string text;
  append_text(text, json, width, 0);
  return text + "\n";
}

}  // namespace crossover
