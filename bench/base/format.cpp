#include "bench/base/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace crossover {
namespace {

std::string written(double value, std::chars_format format, int precision) {
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, precision).ptr;
  return {text.data(), end};
}

struct ScaledUnit {
  double size;
  const char* name;
};

/// In the largest unit that leaves at least 1 after rounding to three digits.
std::string scaled(double value, std::span<const ScaledUnit> units) {
  const ScaledUnit* unit = &units.front();
  for (const ScaledUnit& larger : units)
    if (value / larger.size >= 0.9995) unit = &larger;
  return format_significant(value / unit->size) + ' ' + unit->name;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.push_back(text);
  return lines;
}

/// Bytes of the first `width` code points.
std::size_t bytes_of_columns(std::string_view text, int width) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if ((text[at] & 0xC0) != 0x80 && width-- == 0) break;
  return at;
}

std::string spaces(int count) { return std::string(static_cast<std::size_t>(std::max(count, 0)), ' '); }

constexpr int widest_gap = 2, narrowest_label = 12;

}  // namespace

std::string format_significant(double value) {
  if (value == 0 || !std::isfinite(value)) return value == 0 ? "0" : "-";
  const std::string scientific = written(value, std::chars_format::scientific, 2);
  const std::size_t mark = scientific.find('e');
  const int sign = scientific[mark + 1] == '-' ? -1 : 1;
  int exponent = 0;
  std::from_chars(scientific.data() + mark + 2, scientific.data() + scientific.size(), exponent);
  exponent *= sign;
  if (exponent < -4 || exponent > 5) return scientific;
  return written(value, std::chars_format::fixed, std::max(0, 2 - exponent));
}

std::string format_seconds(double seconds) {
  static constexpr std::array units = {ScaledUnit{1e-9, "ns"}, ScaledUnit{1e-6, "us"}, ScaledUnit{1e-3, "ms"},
                                       ScaledUnit{1, "s"}};
  static constexpr std::array long_units = {ScaledUnit{1, "s"}, ScaledUnit{3600, "h"}};
  return seconds < 9999.5 ? scaled(seconds, units) : scaled(seconds, long_units);
}

std::string format_ratio(double ratio) { return format_significant(ratio) + "x"; }

std::string format_percent(double share) {
  const double percent = 100 * share;
  if (!std::isfinite(percent)) return "-";
  if (std::fabs(percent) >= 999.5) return format_significant(percent) + "%";
  return written(percent, std::chars_format::fixed, std::fabs(percent) < 9.95 ? 1 : 0) + "%";
}

int display_width(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shortened(std::string_view text, int width) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  if (display_width(line) <= width) return line;
  if (width <= 2) return line.substr(0, bytes_of_columns(line, width));
  return line.substr(0, bytes_of_columns(line, width - 2)) + "..";
}

std::string wrapped(std::string_view text, int width, int indent) {
  std::string all, line;
  bool fresh = true;  // no word stands on the line yet
  const auto end_line = [&] {
    all += line + '\n';
    line = spaces(indent);
    fresh = true;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \n\r\t", at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \n\r\t", begin), text.size());
    std::string_view word = text.substr(begin, end - begin);
    const int space = static_cast<int>(begin - at);  // kept as it is where the line goes on
    at = end;
    const int room = width - display_width(line) - space;
    if (!fresh && (room < 0 || bytes_of_columns(word, room) < word.size())) end_line();
    if (!fresh || all.empty()) line += spaces(std::min(space, width - 1));
    while (fresh) {
      const std::size_t bytes = bytes_of_columns(word, width - display_width(line));
      if (bytes == word.size()) break;  // it fits
      line += word.substr(0, bytes);
      word.remove_prefix(bytes);
      end_line();
    }
    line += word;
    fresh = fresh && word.empty();
  }
  if (!fresh) all += line + '\n';
  return all;
}

void TextTable::add(std::string header, std::vector<std::string> cells, bool breaks) {
  if (!columns_.empty() && std::ranges::all_of(cells, &std::string::empty)) return;
  int width = 0;
  for (const std::string_view line : lines_of(header)) width = std::max(width, display_width(line));
  for (const std::string& cell : cells) width = std::max(width, display_width(cell));
  columns_.push_back({std::move(header), std::move(cells), breaks, width});
}

std::string TextTable::part(std::size_t begin, std::size_t end, int label_width, int gap) const {
  std::vector<const Column*> shown{&columns_.front()};
  for (std::size_t i = begin; i < end; ++i) shown.push_back(&columns_[i]);
  std::size_t header_lines = 1;
  for (const Column* column : shown) header_lines = std::max(header_lines, lines_of(column->header).size());

  std::string all;
  const auto add_line = [&](auto&& cell_of) {
    std::string line = shortened(cell_of(*shown[0]), label_width);
    line += spaces(label_width - display_width(line));
    for (std::size_t i = 1; i < shown.size(); ++i) {
      const std::string cell(cell_of(*shown[i]));
      line += spaces(gap + shown[i]->width - display_width(cell)) + cell;
    }
    all += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  };
  for (std::size_t i = 0; i < header_lines; ++i)
    add_line([&](const Column& column) -> std::string_view {
      const std::vector<std::string_view> lines = lines_of(column.header);
      const std::size_t above = header_lines - lines.size();
      return i < above ? std::string_view() : lines[i - above];
    });
  for (std::size_t i = 0; i < columns_.front().cells.size(); ++i)
    add_line([&](const Column& column) -> std::string_view { return column.cells[i]; });
  return all;
}

std::string TextTable::text(int width) const {
  if (columns_.empty()) return {};
  const int label = columns_.front().width;
  int widest = 0, total = label;
  for (std::size_t i = 1; i < columns_.size(); ++i) {
    widest = std::max(widest, columns_[i].width);
    total += columns_[i].width;
  }
  const int gaps = static_cast<int>(columns_.size()) - 1;
  for (int gap = widest_gap; gap > 0; --gap)
    if (total + gap * gaps <= width) return part(1, columns_.size(), label, gap);

  const int label_width = std::min(label, std::max(narrowest_label, width - widest_gap - widest));
  std::string all;
  for (std::size_t begin = 1; begin < columns_.size();) {
    std::size_t end = begin;
    for (int used = label_width; end < columns_.size(); ++end) {
      used += widest_gap + columns_[end].width;
      if (end > begin && (used > width || columns_[end].breaks)) break;
    }
    all += (all.empty() ? "" : "\n") + part(begin, end, label_width, widest_gap);
    begin = end;
  }
  return columns_.size() == 1 ? part(1, 1, label_width, 1) : all;
}

}  // namespace crossover
