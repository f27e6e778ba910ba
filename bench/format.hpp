// Numbers and text for a screen: scaled units, three significant digits, aligned tables, wrapped lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossover {

/// Three significant digits without an exponent where that is readable: 0.00123, 1.23, 123, 1230000.
std::string format_significant(double value);
std::string format_seconds(double seconds);    ///< 12.3 ns, 1.02 ms, 4.20 s, 2.10 h
std::string format_bytes(double bytes);        ///< 512 B, 37.25 GiB
std::string format_gbytes_per_s(double rate);  ///< rate in 1e9 bytes/s: 12.3 GB/s
std::string format_ratio(double ratio);        ///< 3.40x
std::string format_percent(double share);      ///< 0.031: 3.1%

/// Columns that a UTF-8 text takes on a terminal, one per code point.
int display_width(std::string_view text);
/// At most `width` columns; a text that is cut ends in an ellipsis.
std::string shortened(std::string_view text, int width);
/// Lines of at most `width` columns, broken at spaces, within a word only where it is longer than a line;
/// lines after the first start with `indent` spaces.
std::string wrapped(std::string_view text, int width, int indent = 0);

/// A table that fits: the first column gives way (is shortened) where the rest leaves it no room.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// First column flush left, the others flush right; columns without any cell are left out.
  std::string text(int width, int indent = 0) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace crossover
