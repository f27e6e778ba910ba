// One cell of a file and one field of a Row: printing, reading back, and the column made of both.
#pragma once

#include <cctype>
#include <charconv>
#include <stdexcept>
#include <type_traits>

#include "bench/base/format.hpp"
#include "bench/rows/columns.hpp"

namespace crossover {

inline std::string print_cell(const std::string& value) { return value; }
inline std::string print_cell(bool value) { return value ? "true" : "false"; }
inline std::string print_cell(double value) { return print_number(value); }
inline std::string print_cell(Outcome value) { return name_of(value); }
inline std::string print_cell(const Verdict& value) { return text_of(value); }
inline std::string print_cell(int value) { return std::to_string(value); }
inline std::string print_cell(std::int64_t value) { return std::to_string(value); }
inline std::string print_cell(std::uint64_t value) { return std::to_string(value); }
template <class T>
std::string print_cell(const std::optional<T>& value) {
  return value ? print_cell(*value) : std::string();
}

[[noreturn]] inline void refuse_cell(std::string_view cell, const char* wanted) {
  throw std::invalid_argument("'" + shortened(cell, 64) + "' is not " + wanted);
}

inline void parse_cell(std::string& value, std::string_view cell) { value = cell; }
inline void parse_cell(double& value, std::string_view cell) { value = parse_number(cell); }
inline void parse_cell(bool& value, std::string_view cell) {
  std::string word(cell);
  for (char& letter : word) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  if (word != "true" && word != "false") refuse_cell(cell, "true or false");
  value = word == "true";
}
inline void parse_cell(Outcome& value, std::string_view cell) {
  const std::optional<Outcome> outcome = outcome_named(cell);
  if (!outcome) refuse_cell(cell, "an outcome");
  value = *outcome;
}
inline void parse_cell(Verdict& value, std::string_view cell) { value = verdict_in(cell); }
template <class T>
requires std::is_integral_v<T>
void parse_cell(T& value, std::string_view cell) {
  // Data frames write 8.0 where another row has no value.
  const std::string_view digits = cell.ends_with(".0") ? cell.substr(0, cell.size() - 2) : cell;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) refuse_cell(cell, "a whole number");
}
template <class T>
void parse_cell(std::optional<T>& value, std::string_view cell) {
  value.reset();
  if (!cell.empty()) parse_cell(value.emplace(), cell);
}

template <class T>
constexpr Column::Kind kind_of() {
  if constexpr (std::is_same_v<T, bool>) return Column::Kind::boolean;
  if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Outcome> || std::is_same_v<T, Verdict>)
    return Column::Kind::text;
  return Column::Kind::number;
}

/// The column of one member of Row.
template <class T>
Column column_of(const char* name, const char* unit, T Row::*member, const char* meaning) {
  return {.name = name,
          .unit = unit,
          .meaning = meaning,
          .kind = kind_of<T>(),
          .in_every_file = true,
          .print = [member](const Row& row) { return print_cell(row.*member); },
          .parse = [member](Row& row, std::string_view cell) { parse_cell(row.*member, cell); }};
}

inline Column or_negative(Column column) {
  column.may_be_negative = true;
  return column;
}

/// The column of one axis; empty for problems without it.
inline Column size_column(const char* name, const char* meaning) {
  return {.name = name,
          .unit = "",
          .meaning = meaning,
          .kind = Column::Kind::number,
          .in_every_file = true,
          .is_size = true,
          .print =
              [name](const Row& row) {
                const auto size = row.sizes.find(std::string_view(name));
                return size == row.sizes.end() ? std::string() : print_cell(size->second);
              },
          .parse =
              [name](Row& row, std::string_view cell) {
                if (!cell.empty()) parse_cell(row.sizes[name], cell);
              }};
}

}  // namespace crossover
