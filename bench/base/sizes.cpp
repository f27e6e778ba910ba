#include "bench/base/sizes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

namespace crossover {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Wide max_value = std::numeric_limits<Index>::max();
constexpr std::string_view digits = "0123456789";

struct TypedUnit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array count_units = {TypedUnit{"k", 1'000}, TypedUnit{"K", 1'000}, TypedUnit{"M", 1'000'000},
                                    TypedUnit{"G", 1'000'000'000}, TypedUnit{"T", 1'000'000'000'000}};
constexpr std::array byte_units = {TypedUnit{"B", 1},
                                   TypedUnit{"kB", 1'000},
                                   TypedUnit{"KB", 1'000},
                                   TypedUnit{"MB", 1'000'000},
                                   TypedUnit{"GB", 1'000'000'000},
                                   TypedUnit{"TB", 1'000'000'000'000},
                                   TypedUnit{"KiB", std::int64_t{1} << 10},
                                   TypedUnit{"MiB", std::int64_t{1} << 20},
                                   TypedUnit{"GiB", std::int64_t{1} << 30},
                                   TypedUnit{"TiB", std::int64_t{1} << 40}};

[[noreturn]] void reject(std::string_view text, const std::string& why) {
  throw UsageError("'" + std::string(text) + "' " + why);
}

[[noreturn]] void reject_too_large(std::string_view text) {
  reject(text, "is too large: the largest number is 2^63 - 1, about 9.2e18");
}

std::string_view take_digits(std::string_view& rest) {
  const std::size_t end = std::min(rest.find_first_not_of(digits), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end);
  return taken;
}

std::optional<std::int64_t> factor_of(std::string_view name, bool bytes) {
  if (name.empty()) return 1;
  for (const TypedUnit& unit : count_units)
    if (unit.name == name) return unit.factor;
  if (bytes)
    for (const TypedUnit& unit : byte_units)
      if (unit.name == name) return unit.factor;
  return std::nullopt;
}

[[noreturn]] void reject_tail(std::string_view text, std::string_view tail, bool bytes) {
  const std::string shown(tail);
  if (!bytes && std::any_of(byte_units.begin(), byte_units.end(), [&](auto u) { return u.name == tail; }))
    reject(text, "is in bytes; a size counts elements: use k, M, G or T");
  const char* const known = bytes ? "the units are k, M, G, T, kB, MB, GB, TB, KiB, MiB, GiB and TiB"
                                  : "the units are k, M, G and T";
  reject(text, "ends in '" + shown + "', which is no unit: " + known);
}

/// base^exponent, both whole.
Index parse_power(std::string_view text, std::string_view base_text, std::string_view rest) {
  const std::string_view exponent_text = take_digits(rest);
  if (base_text.empty() || exponent_text.empty() || !rest.empty())
    reject(text, "is no power: write it like 2^20");
  Wide base = 0, value = 1;
  int exponent = 0;
  for (const char digit : base_text)
    if ((base = base * 10 + static_cast<Wide>(digit - '0')) > max_value) reject_too_large(text);
  for (const char digit : exponent_text) exponent = std::min(exponent * 10 + (digit - '0'), 1000);
  if (base == 0 && exponent > 0) reject(text, "is zero: the smallest number is 1");
  for (int i = 0; i < exponent && base > 1; ++i)
    if ((value *= base) > max_value) reject_too_large(text);
  return static_cast<Index>(value);
}

/// digits[.digits][e[+-]digits][unit], by integer arithmetic alone: no digit is lost to rounding.
Index parse_count(std::string_view text, bool bytes) {
  if (text.empty()) throw UsageError("a number is missing");
  if (text.front() == '-') reject(text, "is negative");
  std::string_view rest = text;
  if (rest.front() == '+') rest.remove_prefix(1);
  const std::string_view whole = take_digits(rest);
  if (!rest.empty() && rest.front() == '^') return parse_power(text, whole, rest.substr(1));
  std::string_view fraction;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  if (whole.empty() && fraction.empty()) reject(text, "is no number: write it like 1000, 1e6, 50M or 2^20");

  int exponent = 0;
  if (rest.size() > 1 && (rest.front() == 'e' || rest.front() == 'E')) {
    std::string_view tail = rest.substr(1);
    const bool negative = tail.front() == '-';
    if (negative || tail.front() == '+') tail.remove_prefix(1);
    const std::string_view exponent_text = take_digits(tail);
    if (exponent_text.empty()) reject_tail(text, rest, bytes);
    for (const char digit : exponent_text) exponent = std::min(exponent * 10 + (digit - '0'), 100'000);
    if (negative) exponent = -exponent;
    rest = tail;
  }
  const std::optional<std::int64_t> factor = factor_of(rest, bytes);
  if (!factor) reject_tail(text, rest, bytes);

  std::string mantissa = std::string(whole).append(fraction);
  exponent -= static_cast<int>(fraction.size());
  mantissa.erase(0, std::min(mantissa.find_first_not_of('0'), mantissa.size()));
  if (mantissa.empty()) reject(text, "is zero: the smallest number is 1");
  while (mantissa.back() == '0') {
    mantissa.pop_back();
    ++exponent;
  }
  if (mantissa.size() > 24) {
    if (static_cast<int>(mantissa.size()) + exponent > 19) reject_too_large(text);
    reject(text, "is not whole");
  }
  Wide value = 0;  // below 1e24, and the factor below 2^41: no overflow
  for (const char digit : mantissa) value = value * 10 + static_cast<Wide>(digit - '0');
  value *= static_cast<Wide>(*factor);
  for (; exponent > 0; --exponent)
    if ((value *= 10) > max_value) reject_too_large(text);
  for (; exponent < 0; ++exponent) {
    if (value % 10 != 0) reject(text, bytes ? "is no whole number of bytes" : "is not whole");
    value /= 10;
  }
  if (value > max_value) reject_too_large(text);
  return static_cast<Index>(value);
}

/// A decimal number at the start of `rest`, which moves behind it; independent of the locale.
double take_decimal(std::string_view text, std::string_view& rest, const char* example) {
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error == std::errc::result_out_of_range) reject(text, "is out of range");
  if (error != std::errc{} || !std::isfinite(value))
    reject(text, std::string("is no number: write it like ") + example);
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

}  // namespace

Index parse_size(std::string_view text) { return parse_count(text, false); }

std::size_t parse_bytes(std::string_view text) { return static_cast<std::size_t>(parse_count(text, true)); }

std::vector<std::string> parse_list(std::string_view text) {
  if (text.empty()) throw UsageError("a value is missing");
  std::vector<std::string> items;
  std::set<std::string, std::less<>> seen;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view item = text.substr(begin, end - begin);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.empty()) reject(text, "has an empty item: write a list like a,b,c");
    if (seen.emplace(item).second) items.emplace_back(item);
    begin = end + 1;
  }
  return items;
}

std::vector<Index> parse_sizes(std::string_view text) {
  std::vector<Index> sizes;
  std::set<Index> seen;
  for (const std::string& item : parse_list(text))
    if (const Index size = parse_size(item); seen.insert(size).second) sizes.push_back(size);
  return sizes;
}

double parse_rate(std::string_view text) {
  const bool per_second = text.ends_with("/s");
  try {
    return static_cast<double>(parse_bytes(per_second ? text.substr(0, text.size() - 2) : text));
  } catch (const UsageError& error) {
    throw UsageError(std::string(error.what()) + "; a rate is written like 55GB/s");
  }
}

double parse_percent(std::string_view text) {
  std::string_view rest = text;
  const double value = take_decimal(text, rest, "3% or 0.03");
  if (!rest.empty() && rest != "%")
    reject(text, "ends in '" + std::string(rest) + "': write it like 3% or 0.03");
  const double fraction = rest.empty() ? value : value / 100;
  if (!(fraction > 0 && fraction < 1))
    reject(text, "is not between 0 and 100 %, both excluded: write it like 3% or 0.03");
  return fraction;
}

double parse_seconds(std::string_view text) {
  std::string_view rest = text;
  const double value = take_decimal(text, rest, "5, 250ms or 2min");
  double unit = 1;
  if (rest == "us") {
    unit = 1e-6;
  } else if (rest == "ms") {
    unit = 1e-3;
  } else if (rest == "min") {
    unit = 60;
  } else if (rest == "h") {
    unit = 3600;
  } else if (!rest.empty() && rest != "s") {
    reject(text, "ends in '" + std::string(rest) + "', which is no unit: the units are us, ms, s, min and h");
  }
  if (!(value > 0)) reject(text, "is no time above zero");
  if (!(value * unit <= 1e7)) reject(text, "is above 1e7 seconds, which is a third of a year");
  return value * unit;
}

double parse_price(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> units = {
      {{"/h", 3600}, {"/s", 1}, {"/min", 60}, {"/d", 86400}}};
  std::string_view rest = text;
  const double value = take_decimal(text, rest, "0.4/h");
  if (!(value >= 0)) reject(text, "is negative");
  for (const auto& [name, seconds] : units)
    if (rest == name) return value / seconds;
  reject(text, "is no price: write it like 0.4/h, in any currency; also /s, /min or /d");
}

}  // namespace crossover
