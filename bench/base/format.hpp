// Numbers and text for a screen: scaled units, three significant digits, tables that fit, wrapped lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Three significant digits, without an exponent from 0.0001 to 999999: 0.00123, 1.20, 123, 12346.
std::string format_significant(double value);
std::string format_seconds(double seconds);  ///< 12.3 ns, 1.02 ms, 4.20 s, 2.10 h
std::string format_ratio(double ratio);      ///< 3.40x
std::string format_percent(double share);    ///< 0.031: 3.1%, 0.87: 87%

/// Columns that a UTF-8 text takes on a terminal: one per code point.
int display_width(std::string_view text);
/// At most `width` columns; a text that is cut ends in "..". Line ends become spaces.
std::string shortened(std::string_view text, int width);
/// Lines of at most `width` columns, each with a line end; broken at spaces, within a word only where it is
/// longer than a line. Lines after the first start with `indent` spaces; runs of spaces stay within a line.
std::string wrapped(std::string_view text, int width, int indent = 0);

/// Columns side by side; where they do not fit, several tables below each other, each with the first
/// column, which is shortened where it must be.
class TextTable {
 public:
  /// Header: may have several lines. Columns without any cell are left out; the first is flush left, the
  /// others flush right. `breaks`: a good place to start a new table.
  void add(std::string header, std::vector<std::string> cells, bool breaks = false);
  /// No line is wider than `width` (at least 32).
  std::string text(int width) const;

 private:
  struct Column {
    std::string header;
    std::vector<std::string> cells;
    bool breaks;
    int width;  ///< of its widest line
  };
  std::string part(std::size_t begin, std::size_t end, int label_width, int gap) const;

  std::vector<Column> columns_;
};

}  // namespace crossover
