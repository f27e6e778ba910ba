// Asserts: nothing that a terminal obeys comes out of printable(), and everything that bench/ prints goes
// through it. To add what is replaced, add a line to `replaced`.
#include "bench/base/printable.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "program.hpp"
#include "rows.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

TEST(Printable, ReplacesWhatATerminalObeys) {
  const std::pair<std::string, const char*> replaced[] = {
      {"a\x1b[2Jb", "a?[2Jb"},                      // escape
      {"\0\a\b\r\x1f\x7f"s, "??????"},              // C0, DEL
      {"\xc2\x80\xc2\x9b\xc2\x9f", "???"},          // C1 as UTF-8
      {"\x9b"s + "31m", "?31m"},                    // C1 as a byte
      {"\u061c\u200e\u200f\u202a\u202e", "?????"},  // direction of text
      {"\u2066\u2067\u2068\u2069", "????"},
      {"\u2028\u2029", "??"},        // ends of lines and paragraphs
      {"\xc0\xaf", "??"},            // longer than it needs to be
      {"\xed\xa0\x80", "???"},       // a surrogate
      {"\xf4\x90\x80\x80", "????"},  // beyond U+10FFFF
      {"\xe2\x82", "??"},            // cut
      {"a\rb\r\r\n", "a?b?\r\n"},    // a carriage return that ends no line
  };
  for (const auto& [text, shown] : replaced)
    EXPECT_EQ(printable(text), shown) << testing::PrintToString(text);
}

TEST(Printable, LeavesTextAsItIs) {
  for (const std::string text :
       {"", "two\nlines\tand a tab", "rows,in,a,CSV\r\n", "\u00e4\u00df\u20ac \u65e5\u672c \U0001f600 ?"})
    EXPECT_EQ(printable(text), text);
}

class PrintedText : public ProgramTest {
 protected:
  PrintedText() : ProgramTest(CROSSOVER_PROGRAM) {}

  void expect_tame(const Ended& ended) const {
    for (const std::string& text : {ended.out, ended.err}) EXPECT_EQ(printable(text), text);
    EXPECT_NE((ended.out + ended.err).find("?]0;pwned?"), std::string::npos)
        << "it is shown: " << ended.out << ended.err;
  }
};

const std::string wild = "\x1b]0;pwned\a\x1b[2J\u202e\xc2\x9b";

TEST_F(PrintedText, OfCellsNamesAndFacts) {
  Row row = cpu_row("serial", 1, 0.5);
  row.warnings = wild;
  row.cpu = wild;
  std::ofstream(folder_ / "rows.csv") << csv_header() + csv_row(row);
  row.cpu = "other";
  std::ofstream(folder_ / "other.csv") << csv_header() + csv_row(row);
  expect_tame(run("explain rows.csv"));
  expect_tame(run("compare rows.csv other.csv"));
  std::ofstream(folder_ / "header.csv") << "schema_version," + wild + "\r\n";
  expect_tame(run("explain header.csv"));
  row.outcome = Outcome::failed;
  row.reason = wild;
  std::ofstream(folder_ / "failed.csv") << csv_header() + csv_row(row);
  expect_tame(run("explain failed.csv"));
}

TEST_F(PrintedText, OfAProfile) {
  std::ifstream file(CROSSOVER_TEST_DATA + "/invented-8c-gpu.json");
  std::string profile{std::istreambuf_iterator<char>(file), {}};
  profile = std::regex_replace(profile, std::regex("invented-8c-gpu|Invented CPU"),
                               "\\u001b]0;pwned\\u0007\\u202e");
  profile.insert(profile.find('{') + 1, "\"unknown\\u001b]0;pwned\\u0007\": 1, ");
  std::ofstream(folder_ / "profile.json") << profile;
  expect_tame(run("predict sum --profile profile.json"));
}

TEST(Printable, IsWhatATerminalGetsOfAFile) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
    GTEST_SKIP() << "no pseudo-terminal here";
  OutputFile(ptsname(terminal), Existing::refuse).write("a," + wild + "\r\n");
  std::string shown(100, '\0');
  const ssize_t bytes = read(terminal, shown.data(), shown.size());
  close(terminal);
  ASSERT_GT(bytes, 0);
  shown.resize(static_cast<std::size_t>(bytes));
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_NE(shown.find("a,?]0;pwned"), std::string::npos) << shown;
}

/// Whether a call of that name stands in the text, as a word of its own.
bool calls(const std::string& text, const std::string& function) {
  for (std::size_t at = text.find(function); at != std::string::npos; at = text.find(function, at + 1))
    if (at == 0 || (std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0 && text[at - 1] != '_'))
      return true;
  return false;
}

TEST(Printable, IsTheWayOfAllThatBenchPrints) {
  const fs::path bench = fs::path(CROSSOVER_TEST_DATA).parent_path().parent_path() / "bench";
  std::size_t seen = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(bench)) {
    const std::string room = entry.path().parent_path().filename(), name = entry.path().filename();
    const bool other_program = room == "goals" || room == "study" || room == "device";
    if (entry.path().extension() != ".cpp" || other_program) continue;
    if (name == "printable.cpp" || name == "progress.cpp") continue;  // the way itself; erases a line
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const char* printer :
         {"printf(", "fprintf(", "puts(", "fputs(", "fputc(", "putchar(", "fwrite(", "cout ", "cerr "})
      EXPECT_FALSE(calls(text, printer)) << entry.path() << " prints by itself: see printable.hpp";
    ++seen;
  }
  EXPECT_GT(seen, 100U);
}

}  // namespace
}  // namespace crossover
