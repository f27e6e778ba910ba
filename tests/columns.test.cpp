// Asserts the table of columns: its order, that every cell prints and reads back, and that the dictionary
// in results/README.md is the table. A new column: add its name to `order` (behind the others), and a value
// to full_row() in tests/rows.hpp.
#include "bench/rows/columns.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <locale>
#include <set>
#include <sstream>

#include "bench/list.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/json_output.hpp"
#include "common/problem.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

const char* const order =
    "schema_version run_id source problem type rows cols corpus queries dim k n seed "
    "backend device solver threads transfer cache interleaved chunks batch "
    "outcome reason phase_reached verified max_error warnings "
    "startup_s first_call_s one_shot_s allocate_s pin_s upload_s upload_fresh_s compute_s download_s "
    "release_s unaccounted_s call_s call_low_s call_high_s end_to_end_s samples outliers "
    "bytes_in bytes_out flops gbytes_per_s gflops_per_s floor_s floor_name "
    "baseline_solver baseline_threads baseline_compute_s baseline_call_s baseline_end_to_end_s "
    "speedup_compute speedup_call speedup_end_to_end breakeven_reuse verdict "
    "needed_host_bytes needed_pinned_bytes needed_device_bytes available_host_bytes "
    "available_device_bytes peak_host_bytes peak_device_bytes "
    "label cpu cores gpu driver cuda compiler commit started_utc";

TEST(Columns, StandInTheOrderOfTheirDefinition) {
  std::istringstream words(order);
  std::size_t at = 0;
  for (std::string name; words >> name; ++at) {
    ASSERT_LT(at, columns().size());
    EXPECT_EQ(columns()[at].name, name);
    EXPECT_TRUE(columns()[at].in_every_file) << name;
  }
  const char* const further[] = {"forecast_s",
                                 "lag1_correlation",
                                 "steal_s",
                                 "spin_before_s",
                                 "spin_after_s",
                                 "disturbed_samples",
                                 "version",
                                 "setting",
                                 "startup_driver_s",
                                 "startup_context_s",
                                 "startup_kernel_s",
                                 "startup_library_s",
                                 "startup_product_s",
                                 "bind",
                                 "predicted_call_s",
                                 "residual",
                                 "concurrent",
                                 "calls_per_s",
                                 "concurrent_call_s",
                                 "call_p99_s",
                                 "cost_per_million_calls",
                                 "energy_j",
                                 "energy_device_j"};
  const std::size_t tail = columns().size() - std::size(further);
  for (std::size_t i = at; i < tail; ++i) EXPECT_TRUE(columns()[i].is_size) << columns()[i].name;
  for (std::size_t i = 0; i < std::size(further); ++i) EXPECT_STREQ(columns()[tail + i].name, further[i]);
}

TEST(Columns, HaveUniqueNamesAndAMeaning) {
  std::set<std::string> names;
  for (const Column& column : columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    EXPECT_GT(std::string_view(column.meaning).size(), 10U) << column.name;
    if (std::string_view(column.name).ends_with("_s") && std::string_view(column.unit) != "GB/s" &&
        std::string_view(column.unit) != "GFLOP/s" && std::string_view(column.unit) != "1/s") {
      EXPECT_STREQ(column.unit, "s") << column.name;
    }
    EXPECT_EQ(find_column(column.name), &column);
  }
  EXPECT_EQ(find_column("no_such_column"), nullptr);
}

TEST(Columns, EveryAxisHasOne) {
  for (const Problem* problem : problems())
    for (const Axis& axis : problem->axes) {
      const Column* column = find_column(axis.name);
      ASSERT_NE(column, nullptr) << axis.name;
      EXPECT_TRUE(column->is_size) << axis.name;
    }
}

TEST(Columns, EveryCellReadsBack) {
  const Row row = full_row();
  for (const Column& column : columns()) {
    const std::string cell = column.print(row);
    EXPECT_FALSE(cell.empty()) << column.name << " has no value in full_row()";
    Row other;
    column.parse(other, cell);
    EXPECT_EQ(column.print(other), cell) << column.name;
  }
}

TEST(Columns, WithoutAValueACellIsEmptyAndStaysSo) {
  const Row empty;
  int empty_cells = 0;
  for (const Column& column : columns()) {
    const std::string cell = column.print(empty);
    if (!cell.empty()) continue;
    ++empty_cells;
    if (column.is_size) continue;
    Row other = full_row();
    column.parse(other, "");
    EXPECT_EQ(column.print(other), "") << column.name;
  }
  EXPECT_GT(empty_cells, 60);
  Row row;
  row.call_s = std::nan("");
  row.max_error = std::numeric_limits<double>::infinity();
  EXPECT_EQ(find_column("call_s")->print(row), "");
  EXPECT_EQ(find_column("max_error")->print(row), "");
}

TEST(Columns, NumbersAreShortAndExact) {
  EXPECT_EQ(print_number(0.1), "0.1");
  EXPECT_EQ(print_number(4e8), "4e+08");
  EXPECT_EQ(print_number(-0.25), "-0.25");
  for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -1e-7, 123456789.123456789})
    EXPECT_EQ(parse_number(print_number(value)), value);
}

TEST(Columns, RefuseWhatIsNotANumber) {
  for (const char* cell : {"abc", "1,5", "1.5x", " 1", "nan", "inf", "1e999", "--1"}) {
    Row row;
    EXPECT_THROW(find_column("call_s")->parse(row, cell), std::invalid_argument) << cell;
    EXPECT_THROW(find_column("samples")->parse(row, cell), std::invalid_argument) << cell;
  }
  Row row;
  EXPECT_THROW(find_column("samples")->parse(row, "1.5"), std::invalid_argument);
  EXPECT_THROW(find_column("threads")->parse(row, "99999999999"), std::invalid_argument);
  EXPECT_THROW(find_column("interleaved")->parse(row, "yes"), std::invalid_argument);
  EXPECT_THROW(find_column("outcome")->parse(row, "fine"), std::invalid_argument);
}

struct DecimalComma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Columns, IgnoreTheLocaleOfStreams) {
  const std::string before = csv_row(full_row());
  const std::locale previous = std::locale::global(std::locale(std::locale(), new DecimalComma));
  const std::string with_comma = csv_row(full_row());
  const double read = parse_number("1234.5");
  const std::string json = json_of(full_row()).dump();
  std::locale::global(previous);
  EXPECT_EQ(with_comma, before);
  EXPECT_EQ(read, 1234.5);
  EXPECT_EQ(json, json_of(full_row()).dump());
}

TEST(Columns, IgnoreTheLocaleOfTheSystem) {
  const std::string before = csv_row(full_row());
  const char* found = nullptr;
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE", "fr_FR"})
    if (found == nullptr && std::setlocale(LC_ALL, name) != nullptr) found = name;
  if (found == nullptr) GTEST_SKIP() << "no locale with a decimal comma is installed (locales, de_DE.UTF-8)";
  char printed[8];
  std::snprintf(printed, sizeof printed, "%.1f", 1.5);
  const std::string after = csv_row(full_row());
  const double read = parse_number("1234.5");
  const std::string json = json_of(full_row()).dump();
  std::setlocale(LC_ALL, "C");
  EXPECT_STREQ(printed, "1,5") << "the locale has no decimal comma";
  EXPECT_EQ(after, before);
  EXPECT_EQ(read, 1234.5);
  EXPECT_EQ(json, json_of(full_row()).dump());
}

TEST(Columns, DictionaryIsTheTable) {
  const std::string path = CROSSOVER_TEST_DATA + "/../../results/README.md";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string fresh = ::testing::TempDir() + "crossover_columns_" + std::to_string(getpid()) + ".md";
  const bool same = text.str() == dictionary_markdown();
  if (!same) std::ofstream(fresh, std::ios::binary) << dictionary_markdown();
  EXPECT_TRUE(same) << "results/README.md is not what the table says: copy " << fresh << " over it";
}

TEST(Columns, ListedWithEveryMeaning) {
  std::string listed = list_text("columns");
  for (const Column& column : columns()) EXPECT_NE(listed.find(column.name), std::string::npos);
  // Lines are wrapped; apart from that the words are the dictionary's.
  std::string words, meanings;
  for (std::istringstream in(listed); in >> words;) meanings += words + ' ';
  for (const Column& column : columns()) {
    std::string meaning;
    for (std::istringstream in(column.meaning); in >> words;) meaning += words + ' ';
    EXPECT_NE(meanings.find(meaning), std::string::npos) << column.name;
  }
}

TEST(Json, HasTheSameNamesWithNumbersAndNulls) {
  Row row = full_row();
  row.pin_s.reset();
  row.reason = "a \"quoted\" reason\nof two lines \xC3\xA9";
  const nlohmann::ordered_json json = json_of(row);
  ASSERT_EQ(json.size(), columns().size());
  std::size_t at = 0;
  for (const auto& [name, value] : json.items()) EXPECT_EQ(name, columns()[at++].name);
  EXPECT_EQ(json["call_s"].get<double>(), *row.call_s);
  EXPECT_TRUE(json["samples"].is_number_integer());
  EXPECT_TRUE(json["interleaved"].is_boolean());
  EXPECT_TRUE(json["pin_s"].is_null());
  EXPECT_EQ(json["reason"].get<std::string>(), row.reason);
  EXPECT_EQ(nlohmann::ordered_json::parse(json.dump()), json);
}

TEST(Json, TextThatIsNotUtf8IsReplacedNotFatal) {
  Row row = full_row();
  row.cpu = "broken \xFF name";
  const std::string path = ::testing::TempDir() + "crossover_columns_" + std::to_string(getpid()) + ".json";
  JsonFile(path, Existing::replace).write(std::vector<Row>{row}, {{"flags", "--n 1"}});
  std::ifstream file(path);
  const auto whole = nlohmann::ordered_json::parse(file);
  std::filesystem::remove(path);
  EXPECT_EQ(whole["schema_version"], schema_version);
  EXPECT_EQ(whole["metadata"]["flags"], "--n 1");
  ASSERT_EQ(whole["rows"].size(), 1U);
  EXPECT_EQ(whole["rows"][0]["cpu"], "broken \xEF\xBF\xBD name");
}

}  // namespace
}  // namespace crossover
