#include "bench/rows/cell.hpp"

#include <array>
#include <cmath>

namespace crossover {

std::string print_number(double value) {
  if (!std::isfinite(value)) return {};
  std::array<char, 32> text;  // the longest shortest double has 24 characters
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

double parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    refuse_cell(text, "a number");
  return value;
}

}  // namespace crossover
