// The rooms of bench/ build on each other in the order in which CMakeLists.txt names them: no file includes a
// header of a room behind its own, and none includes what lies above the rooms.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Path = std::filesystem::path;

Path checkout() { return Path(CROSSOVER_TEST_DATA).parent_path().parent_path(); }

std::string content_of(const Path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> rooms() {
  const std::string text = content_of(checkout() / "CMakeLists.txt");
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(R"(set\(rooms ([a-z ]+)\))"))) return {};
  std::istringstream words(found[1]);
  return {std::istream_iterator<std::string>(words), {}};
}

struct Include {
  Path file;
  std::string header;
};

/// Of bench's own headers, in the files of a folder.
std::vector<Include> includes_in(const Path& folder) {
  static const std::regex line("#include \"bench/([^\"]+)\"");
  std::vector<Include> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    const std::string text = content_of(entry.path());
    for (std::sregex_iterator found(text.begin(), text.end(), line), end; found != end; ++found)
      all.push_back({entry.path(), (*found)[1]});
  }
  return all;
}

bool holds_sources(const Path& folder) {
  return std::ranges::any_of(std::filesystem::directory_iterator(folder), [](const auto& entry) {
    return entry.path().extension() == ".cpp" || entry.path().extension() == ".hpp";
  });
}

TEST(Rooms, BuildOnThoseBeforeThem) {
  const std::vector<std::string> order = rooms();
  ASSERT_GE(order.size(), 10U);
  std::size_t seen = 0;
  for (auto room = order.begin(); room != order.end(); ++room)
    for (const Include& include : includes_in(checkout() / "bench" / *room)) {
      ++seen;
      const std::string other = include.header.substr(0, include.header.find('/'));
      EXPECT_NE(std::find(order.begin(), room + 1, other), room + 1)
          << include.file << " includes bench/" << include.header << ", which builds on " << *room;
    }
  EXPECT_GT(seen, 100U);
}

TEST(Rooms, HoldEverySourceBesideTheCommands) {
  const std::vector<std::string> order = rooms();
  const std::vector<std::string> programs = {"device", "goals", "study"};
  for (const auto& entry : std::filesystem::directory_iterator(checkout() / "bench"))
    if (entry.is_directory() && holds_sources(entry.path())) {
      const std::string name = entry.path().filename();
      EXPECT_TRUE(std::ranges::count(order, name) + std::ranges::count(programs, name) == 1)
          << name << " is in no list: its sources would not be compiled";
    }
}

}  // namespace
