// Asserts units, rounding, wrapping and tables of the screen, and the lists of `crossover list`. A new
// list: its name in `List.NamesEverythingThereIs`.
#include "bench/base/format.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "bench/list.hpp"
#include "bench/plan/options.hpp"
#include "bench/rows/suites.hpp"
#include "tests/texts.hpp"

namespace crossover {
namespace {

TEST(Format, ThreeDigits) {
  EXPECT_EQ(format_significant(0), "0");
  EXPECT_EQ(format_significant(9.996), "10.0");
  EXPECT_EQ(format_significant(4.2), "4.20");
  EXPECT_EQ(format_significant(123456), "123456");
  EXPECT_EQ(format_significant(0.00123456), "0.00123");
  EXPECT_EQ(format_significant(1e-9), "1.00e-09");
  EXPECT_EQ(format_significant(-12.34), "-12.3");
  EXPECT_EQ(format_significant(std::numeric_limits<double>::infinity()), "-");
}

TEST(Format, Seconds) {
  EXPECT_EQ(format_seconds(0), "0 ns");
  EXPECT_EQ(format_seconds(5e-10), "0.500 ns");
  EXPECT_EQ(format_seconds(12.34e-9), "12.3 ns");
  EXPECT_EQ(format_seconds(999.4e-6), "999 us");
  EXPECT_EQ(format_seconds(999.6e-6), "1.00 ms");
  EXPECT_EQ(format_seconds(1.024e-3), "1.02 ms");
  EXPECT_EQ(format_seconds(30.882), "30.9 s");
  EXPECT_EQ(format_seconds(36000), "10.0 h");
}

TEST(Format, SharesAndRatios) {
  EXPECT_EQ(format_percent(0.031), "3.1%");
  EXPECT_EQ(format_percent(0.0996), "10%");
  EXPECT_EQ(format_percent(0.873), "87%");
  EXPECT_EQ(format_percent(2), "200%");
  EXPECT_EQ(format_ratio(3.4), "3.40x");
}

TEST(Format, WrapsAndShortens) {
  EXPECT_EQ(wrapped("one two three", 9, 2), "one two\n  three\n");
  EXPECT_EQ(wrapped("abcdefghij kl", 4, 1), "abcd\n efg\n hij\n kl\n");
  EXPECT_EQ(wrapped("  list item", 8, 4), "  list\n    item\n");
  EXPECT_EQ(wrapped("", 10), "");
  EXPECT_EQ(wrapped("  a    b  cc", 9, 1), "  a    b\n cc\n") << "runs of spaces stay within a line";
  EXPECT_EQ(shortened("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 3), "\xC3\xA9..");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(display_width("\xE2\x80\x94x"), 2);
}

TEST(Format, TablesSplitWhereTheyDoNotFit) {
  TextTable table;
  table.add("name", {"a long label it is", "b"});
  table.add("empty", {"", ""});
  table.add("first", {"1", "22"});
  table.add("second\nline", {"333", ""}, true);
  const std::string wide = table.text(80);
  EXPECT_EQ(wide,
            "                           second\n"
            "name                first    line\n"
            "a long label it is      1     333\n"
            "b                      22\n");
  EXPECT_EQ(table.text(32),
            "                         second\n"
            "name               first   line\n"
            "a long label it is     1    333\n"
            "b                     22\n")
      << "narrower gaps come first";
  table.add("third", {"4", "a rather long cell"});
  const std::string narrow = table.text(32);
  EXPECT_LE(widest(narrow), 32);
  EXPECT_EQ(
      flat(narrow),
      "name first a long lab.. 1 b 22 second name line a long lab.. 333 b name third a long lab.. 4 b a "
      "rather long cell");
}

TEST(List, NamesEverythingThereIs) {
  const std::string problems_list = flat(list_text("problems")), solvers_list = flat(list_text("solvers"));
  for (const Problem* problem : problems()) {
    EXPECT_TRUE(has(problems_list, flat(problem->formula))) << problem->name;
    EXPECT_TRUE(has(problems_list, flat(problem->accuracy))) << problem->name;
    for (const Axis& axis : problem->axes)
      EXPECT_TRUE(has(problems_list, std::string("--") + axis.name + ' ' + std::to_string(axis.fallback)));
  }
  for (const Backend* backend : backends())
    for (const SolverInfo* solver : backend->solvers)
      EXPECT_TRUE(has(solvers_list,
                      flat(std::string(solver->problem) + ' ' + solver->name + ": " + solver->strategy)))
          << solver->name;
  for (const Suite& suite : suites()) EXPECT_TRUE(has(list_text("suites"), std::string(suite.name) + ": "));
  for (const char* name : {"problems", "solvers", "columns", "suites"}) {
    EXPECT_LE(widest(list_text(name)), 80) << name;
    EXPECT_TRUE(has(list_text(""), list_text(name))) << name;
  }
}

TEST(List, AnUnknownNameIsAnswered) {
  try {
    list_text("solver");
    FAIL() << "there is no such list";
  } catch (const UsageError& error) {
    EXPECT_TRUE(has(error.what(), "solvers")) << error.what();
  }
}

}  // namespace
}  // namespace crossover
