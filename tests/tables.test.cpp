// results/tables.md explains every column of the tables that are not rows.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/rows/csv.hpp"
#include "bench/search/find.hpp"
#include "bench/search/wall.hpp"

namespace crossover {
namespace {

const std::filesystem::path results = std::filesystem::path(CROSSOVER_TEST_DATA) / ".." / ".." / "results";

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The part of tables.md under the heading that begins so.
std::string section(const std::string& heading) {
  const std::string text = text_of(results / "tables.md");
  const std::size_t begin = text.find("\n## " + heading);
  EXPECT_NE(begin, std::string::npos) << heading;
  return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

void expect_explained(const std::vector<std::string>& header, const std::string& heading) {
  const std::string text = section(heading);
  EXPECT_GT(header.size(), 10U);
  for (const std::string& name : header)
    EXPECT_NE(text.find("`" + name + "`"), std::string::npos) << heading << ": " << name;
}

Options of_sum() {
  Options options;
  options.problem = find_problem("sum");
  options.vary = 0;
  return options;
}

TEST(Tables, OfCrossingsAreExplained) { expect_explained(crossing_header(of_sum()), "Crossings"); }

TEST(Tables, OfWallsAreExplained) { expect_explained(wall_header(of_sum()), "Walls"); }

TEST(Tables, OfTheStudyAreExplained) {
  expect_explained(parse_csv(text_of(results / "simulated_study.csv")).records.front(),
                   "The simulated study");
}

}  // namespace
}  // namespace crossover
