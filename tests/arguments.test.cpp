// Asserts of the tests' own arguments: a literal's words are arguments, a value is one whatever is in it, and
// text that was computed does not become arguments.
#include "tests/arguments.hpp"

#include <gtest/gtest.h>

namespace crossover {
namespace {

using Words = std::vector<std::string>;

static_assert(std::is_convertible_v<const char (&)[4], Arguments>);
static_assert(!std::is_convertible_v<std::string, Arguments>);
static_assert(!std::is_constructible_v<Arguments, std::string>);
static_assert(!std::is_constructible_v<Arguments, const char*>);
static_assert(!std::is_constructible_v<Arguments, std::string, const char (&)[4]>);
static_assert(std::is_same_v<decltype(CROSSOVER_TEST_DATA), std::string>, "a literal would be split");

TEST(Arguments, OfALiteralAreItsWords) {
  EXPECT_EQ(Arguments("run sum  --n 10 ").words(), (Words{"run", "sum", "--n", "10"}));
  EXPECT_TRUE(Arguments("").words().empty());
  EXPECT_TRUE(Arguments().words().empty());
}

TEST(Arguments, OfAValueAreOne) {
  const std::string path = "/a folder's/é (1) & \"x\".csv";
  const char* const name = "two words";
  const Arguments flags{"--csv", path};
  EXPECT_EQ(Arguments(flags, "--force --label", name, "--n", 10, std::filesystem::path(path), std::string())
                .words(),
            (Words{"--csv", path, "--force", "--label", name, "--n", "10", path, ""}));
}

TEST(Arguments, ArriveInAProgramAsTheyAre) {
  const std::string argument = " *; 'a'\n$HOME\\";
  std::string pattern = (std::filesystem::temp_directory_path() / "crossover arguments XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  EXPECT_EQ(status_of(start_program("printf", {"%s", argument}, folder)), 0);
  EXPECT_EQ(bytes_of(folder / "stdout"), argument);
  EXPECT_EQ(status_of(start_program("/no/such/program", {}, folder)), 127);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace crossover
