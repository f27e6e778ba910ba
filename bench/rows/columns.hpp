// The table of columns: header, cells, JSON and reading back come from it and cannot drift apart.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "bench/rows/row.hpp"

namespace crossover {

struct Column {
  enum class Kind : std::uint8_t { text, number, boolean };

  const char* name;
  const char* unit;     ///< empty: none
  const char* meaning;  ///< what it says, and when it is empty
  Kind kind;
  bool in_every_file;    ///< false: a file of this schema may lack it
  bool is_size = false;  ///< of one axis; empty for problems without it
  bool may_be_negative = false;

  std::function<std::string(const Row&)> print;  ///< empty where there is no value
  /// Throws std::invalid_argument where the cell cannot be read.
  std::function<void(Row&, std::string_view cell)> parse;
};

/// In the order of the file: the columns that every row has, sizes of further axes of problems(), more.
std::span<const Column> columns();

/// Null where there is none.
const Column* find_column(std::string_view name);

/// Shortest text that reads back exactly, whatever the locale. Empty for NaN and infinities.
std::string print_number(double value);
/// Throws std::invalid_argument unless the whole text is one finite number.
double parse_number(std::string_view text);

}  // namespace crossover
