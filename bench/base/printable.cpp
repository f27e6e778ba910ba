#include "bench/base/printable.hpp"

#include <algorithm>
#include <array>

namespace crossover {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  ///< 0: not UTF-8
};

/// The first of a text that is not empty; RFC 3629: no surrogates, nothing that is longer than it needs to
/// be.
CodePoint first_of(std::string_view text) {
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xC2 && lead < 0xE0 ? 2
                            : (lead & 0xF0) == 0xE0     ? 3
                            : (lead & 0xF8) == 0xF0     ? 4
                                                        : 0;
  if (bytes == 0 || bytes > text.size()) return {};
  char32_t value = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {};
    value = value << 6 | (byte & 0x3FU);
  }
  if (value < least[bytes] || (value >= 0xD800 && value < 0xE000) || value > 0x10FFFF) return {};
  return {value, bytes};
}

struct Range {
  char32_t first, last;
};

/// Unicode's categories Cc and Zl, Zp, and its Bidi_Control.
constexpr std::array obeyed = {Range{0, 0x08},        Range{0x0B, 0x1F},     Range{0x7F, 0x9F},
                               Range{0x061C, 0x061C}, Range{0x200E, 0x200F}, Range{0x2028, 0x202E},
                               Range{0x2066, 0x2069}};

bool is_obeyed(char32_t value) {
  return std::ranges::any_of(obeyed,
                             [&](const Range& range) { return range.first <= value && value <= range.last; });
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const bool line_end = text.starts_with("\r\n");
    const CodePoint point = line_end ? CodePoint{'\n', 2} : first_of(text);
    const std::size_t bytes = std::max<std::size_t>(point.bytes, 1);
    if (point.bytes == 0 || (!line_end && is_obeyed(point.value)))
      shown += '?';
    else
      shown += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return shown;
}

void print(std::FILE* stream, std::string_view text) {
  const std::string shown = printable(text);
  std::fwrite(shown.data(), 1, shown.size(), stream);
}

}  // namespace crossover
