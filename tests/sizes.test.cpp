// Asserts: numbers are read exactly, in every spelling that --help names, and each text that cannot be
// meant is refused with a sentence that quotes it and says why. To add a case, add a line to a table.
#include "bench/base/sizes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <clocale>
#include <limits>

#include "bench/base/suggest.hpp"

namespace crossover {
namespace {

/// The sentence that `parse` throws for `text`; empty where it accepts it.
template <class Parse>
std::string complaint(Parse&& parse, const std::string& text) {
  try {
    parse(text);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

void expect_complaint(const std::string& text, const std::string& sentence, const std::string& why) {
  EXPECT_NE(sentence.find("'" + text + "'"), std::string::npos) << text << " -> " << sentence;
  EXPECT_NE(sentence.find(why), std::string::npos) << text << " -> " << sentence;
}

TEST(Sizes, AreExact) {
  const std::array<std::pair<const char*, Index>, 23> cases = {{
      {"1", 1},
      {"1000", 1000},
      {"0001000", 1000},
      {"+7", 7},
      {"1e6", 1'000'000},
      {"1E6", 1'000'000},
      {"1e+6", 1'000'000},
      {"1.5e3", 1500},
      {".5k", 500},
      {"5.k", 5000},
      {"5000e-3", 5},
      {"50M", 50'000'000},
      {"50k", 50'000},
      {"50K", 50'000},
      {"2G", 2'000'000'000},
      {"1.25T", 1'250'000'000'000},
      {"2e3k", 2'000'000},
      {"2^20", 1'048'576},
      {"10^18", 1'000'000'000'000'000'000},
      {"2^0", 1},
      {"1e18", 1'000'000'000'000'000'000},
      {"9007199254740993", 9'007'199'254'740'993},  // 2^53 + 1: no double holds it
      {"9223372036854775807", std::numeric_limits<Index>::max()},
  }};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_size(text), value) << text;
  EXPECT_EQ(parse_size("9.007199254740993e15"), 9'007'199'254'740'993);
  EXPECT_EQ(parse_size("2^62"), Index{1} << 62);
}

TEST(Sizes, RefuseWhatCannotBeMeant) {
  const std::array<std::pair<const char*, const char*>, 30> cases = {{
      {"0", "zero"},
      {"0e5", "zero"},
      {"0.0M", "zero"},
      {"0^3", "zero"},
      {"-1", "negative"},
      {"-1e6", "negative"},
      {"1.5", "not whole"},
      {"1e-1", "not whole"},
      {"1.0001k", "not whole"},
      {"1e-99999999999", "not whole"},
      {"1.00000000000000000000000000001", "not whole"},
      {"9223372036854775808", "too large"},
      {"1e19", "too large"},
      {"1e99999999999", "too large"},
      {"99999999999999999999999999999999999999999999", "too large"},
      {"10000000T", "too large"},
      {"2^63", "too large"},
      {"2^99999999999", "too large"},
      {"99999999999999999999^2", "too large"},
      {"2^", "no power"},
      {"^2", "no power"},
      {"2^-1", "no power"},
      {"2^2k", "no power"},
      {"abc", "no number"},
      {"nan", "no number"},
      {".", "no number"},
      {"12x", "no unit"},
      {"1e", "no unit"},
      {"1 000", "no unit"},
      {"4GiB", "bytes"},
  }};
  for (const auto& [text, why] : cases) expect_complaint(text, complaint(parse_size, text), why);
  EXPECT_EQ(complaint(parse_size, ""), "a number is missing");
}

TEST(Sizes, ListsKeepTheirOrderAndDropRepeats) {
  EXPECT_EQ(parse_sizes("1e3, 10,1k,2^4"), (std::vector<Index>{1000, 10, 16}));
  EXPECT_EQ(parse_list("a,b,a"), (std::vector<std::string>{"a", "b"}));
  for (const char* text : {",", "1,", ",1", "1,,2", "1, ,2"})
    expect_complaint(text, complaint(parse_sizes, text), "empty item");
  EXPECT_EQ(complaint(parse_sizes, ""), "a value is missing");
  expect_complaint("2x", complaint(parse_sizes, "1,2x,3"), "no unit");
}

TEST(Sizes, BytesHaveBothKindsOfUnits) {
  const std::array<std::pair<const char*, std::size_t>, 10> cases = {{
      {"512", 512},
      {"512B", 512},
      {"4kB", 4000},
      {"4KB", 4000},
      {"4KiB", 4096},
      {"1.5MiB", 1'572'864},
      {"4GiB", 4'294'967'296},
      {"4G", 4'000'000'000},
      {"0.1e1TB", 1'000'000'000'000},
      {"2TiB", 2'199'023'255'552},
  }};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_bytes(text), value) << text;
  const std::array<std::pair<const char*, const char*>, 6> bad = {{
      {"0", "zero"},
      {"-4GiB", "negative"},
      {"0.1KiB", "no whole number of bytes"},
      {"9000000TiB", "too large"},
      {"4Gib", "no unit"},
      {"4 GiB", "no unit"},
  }};
  for (const auto& [text, why] : bad) expect_complaint(text, complaint(parse_bytes, text), why);
}

TEST(Sizes, SharesAndSeconds) {
  EXPECT_DOUBLE_EQ(parse_percent("3%"), 0.03);
  EXPECT_DOUBLE_EQ(parse_percent("0.03"), 0.03);
  EXPECT_DOUBLE_EQ(parse_percent("0.5%"), 0.005);
  for (const char* text : {"0", "0%", "1", "3", "100%", "-3%"})
    expect_complaint(text, complaint(parse_percent, text), "not between");
  expect_complaint("3 %", complaint(parse_percent, "3 %"), "ends in");
  expect_complaint("x%", complaint(parse_percent, "x%"), "no number");

  EXPECT_DOUBLE_EQ(parse_seconds("5"), 5);
  EXPECT_DOUBLE_EQ(parse_seconds("0.5s"), 0.5);
  EXPECT_DOUBLE_EQ(parse_seconds("250ms"), 0.25);
  EXPECT_DOUBLE_EQ(parse_seconds("2min"), 120);
  EXPECT_DOUBLE_EQ(parse_seconds("1h"), 3600);
  for (const char* text : {"0", "-1", "0ms"})
    expect_complaint(text, complaint(parse_seconds, text), "no time above zero");
  expect_complaint("5m", complaint(parse_seconds, "5m"), "no unit");
  expect_complaint("1e30", complaint(parse_seconds, "1e30"), "above 1e7");
  expect_complaint("1e999", complaint(parse_seconds, "1e999"), "out of range");
  for (const char* text : {"inf", "nan", "soon"})
    expect_complaint(text, complaint(parse_seconds, text), "no number");
}

TEST(Sizes, DoNotDependOnTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  bool changed = false;
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"})
    changed |= std::setlocale(LC_ALL, name) != nullptr;
  if (!changed) GTEST_SKIP() << "no locale with a decimal comma is installed";
  EXPECT_DOUBLE_EQ(parse_seconds("0.25"), 0.25);
  EXPECT_EQ(parse_size("1.5e3"), 1500);
  std::setlocale(LC_ALL, before.c_str());
}

TEST(Suggest, CountsEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("smu", "sum"), 1U);  // neighbours swapped
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("corpus", "corps"), 1U);
}

TEST(Suggest, NamesTheNearest) {
  const std::vector<std::string> names = {"serial", "eigen", "eigen-tiled", "openmp", "openmp-tiled", "k"};
  EXPECT_EQ(nearest("egien", names), (std::vector<std::string>{"eigen"}));
  EXPECT_EQ(nearest("openmp-tield", names), (std::vector<std::string>{"openmp-tiled"}));
  EXPECT_EQ(nearest("tiled", names), (std::vector<std::string>{"eigen-tiled", "openmp-tiled"}));
  EXPECT_EQ(nearest("eigen", names), (std::vector<std::string>{"eigen"}));
  EXPECT_TRUE(nearest("cublas", names).empty());
  EXPECT_TRUE(nearest("n", names).empty());  // one letter is no nearer to another than to anything
  EXPECT_EQ(unknown("solver", "egien", names), "unknown solver 'egien': did you mean eigen?");
  const std::vector<std::string> two = {"warm", "cold"};
  EXPECT_EQ(unknown("state", "zzz", two), "unknown state 'zzz': there are warm, cold");
}

}  // namespace
}  // namespace crossover
