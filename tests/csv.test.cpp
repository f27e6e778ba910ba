// Asserts RFC 4180 in both directions, files that are never overwritten unasked, and sentences for files
// that cannot be read. A new way to be broken: a case in `Csv.RefusesWithASentence`.
#include "bench/rows/csv.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "bench/base/input_file.hpp"
#include "bench/plan/options.hpp"
#include "bench/rows/columns.hpp"
#include "bench/rows/sample.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

class Csv : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "crossover_csv_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// The sentence of the exception that reading `text` throws; empty where none is.
std::string refusal(const std::string& text) {
  try {
    rows_of_csv(text, "rows.csv");
  } catch (const CsvError& error) {
    return error.what();
  }
  return {};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST_F(Csv, QuotesWhereItMust) {
  EXPECT_EQ(csv_record(std::vector<std::string>{"a", "", "b c"}), "a,,b c\r\n");
  EXPECT_EQ(csv_record(std::vector<std::string>{"a,b", "c\"d", "e\nf", "g\rh"}),
            "\"a,b\",\"c\"\"d\",\"e\nf\",\"g\rh\"\r\n");
  EXPECT_EQ(csv_record(std::vector<std::string>{""}), "\r\n");
}

TEST_F(Csv, ReadsWhatRfc4180Allows) {
  const CsvRecords parsed = parse_csv("a,\"b\"\"c\",\r\n\"x\r\ny\",,z\n,,\r\n");
  ASSERT_EQ(parsed.records.size(), 3U);
  EXPECT_EQ(parsed.records.at(0), (std::vector<std::string>{"a", "b\"c", ""}));
  EXPECT_EQ(parsed.records.at(1), (std::vector<std::string>{"x\r\ny", "", "z"}));
  EXPECT_EQ(parsed.records.at(2), (std::vector<std::string>{"", "", ""}));
  EXPECT_FALSE(parsed.cut);
  EXPECT_TRUE(parse_csv("").records.empty());
  EXPECT_THROW(parse_csv("a\"b\r\n"), CsvError);
  EXPECT_THROW(parse_csv("\"a\"b\r\n"), CsvError);
  EXPECT_THROW(parse_csv("a\rb\r\n"), CsvError);
}

TEST_F(Csv, EveryCutIsSeen) {
  const std::string text = "a,b\r\n\"c,\r\nd\",e\r\n";
  for (std::size_t length = 1; length < text.size(); ++length) {
    const CsvRecords parsed = parse_csv(text.substr(0, length));
    const std::size_t whole = length >= 5 ? 1 : 0;
    EXPECT_EQ(parsed.records.size(), whole) << length;
    EXPECT_EQ(parsed.cut, length != 5) << length;
  }
}

TEST_F(Csv, RoundTripOfEveryColumn) {
  const std::vector<Row> rows = {full_row(), cpu_row("serial", 1, 0.1), full_row()};
  {
    CsvFile file(path("rows.csv"), Existing::refuse);
    file.write(std::span(rows).first(2));
    file.write(std::span(rows).last(1));
  }
  const std::vector<Row> read = read_csv(path("rows.csv"));
  ASSERT_EQ(read.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(csv_row(read[i]), csv_row(rows[i]));
  EXPECT_EQ(read[0].reason, rows[0].reason);
  EXPECT_EQ(read[0].sizes, rows[0].sizes);
  EXPECT_EQ(read[1].sizes, rows[1].sizes);
  EXPECT_EQ(read[0].seed, rows[0].seed);
  EXPECT_EQ(*read[0].call_s, *rows[0].call_s);
  EXPECT_FALSE(read[1].pin_s.has_value());
}

TEST_F(Csv, ReadsLineFeedsAndOtherOrders) {
  std::string text = csv_header() + csv_row(cpu_row("serial", 1, 0.125));
  std::erase(text, '\r');
  EXPECT_EQ(*rows_of_csv(text, "rows.csv").at(0).call_s, 0.125);

  std::vector<std::string> names, cells;
  const Row row = full_row();
  for (const Column& column : columns())
    if (column.in_every_file) {
      names.insert(names.begin(), column.name);
      cells.insert(cells.begin(), column.print(row));
    }
  const Row read = rows_of_csv(csv_record(names) + csv_record(cells), "rows.csv").at(0);
  EXPECT_EQ(read.reason, row.reason);
  EXPECT_FALSE(read.steal_s.has_value());
}

TEST_F(Csv, ReadsWhatSpreadsheetsAndDataFramesWrite) {
  Row row = cpu_row("serial", 1, 0.125);
  row.interleaved = true;
  row.samples = 8;
  const std::string text = csv_header() + csv_row(row), line = csv_row(row);
  const auto expect_read = [&](const std::string& other) {
    const std::vector<Row> read = rows_of_csv(other, "rows.csv");
    ASSERT_EQ(read.size(), 1U) << other;
    EXPECT_EQ(csv_row(read[0]), line);
  };
  expect_read("\xEF\xBB\xBF" + text);
  expect_read(replaced(text, ",true,", ",TRUE,"));
  expect_read(replaced(text, ",true,", ",True,"));
  expect_read(replaced(text, ",8,", ",8.0,"));
  expect_read(csv_header() + "\r\n" + line + "\n\n");
  EXPECT_NE(refusal(replaced(text, ",true,", ",1,")), "");
  EXPECT_NE(refusal(replaced(text, ",8,", ",8.5,")), "");
}

/// `row` as `version` wrote it.
std::string written_by(int version, Row row) {
  row.schema = version;
  return csv_row(row);
}

TEST_F(Csv, RowsOfVersionTwoAreReadAsThoseOfThree) {
  Row late = cpu_row("openmp", 2, 1), slow = cpu_row("serial", 1, 1);
  late.outcome = slow.outcome = Outcome::too_slow;
  late.reason = "not run: the time of --within was over (a longer one runs it)";
  slow.reason = "forecast from a smaller piece: 90 s, more than the timeout of 60 s (--timeout allows more)";
  const std::string text = csv_header() + written_by(2, late) + written_by(2, slow) + written_by(3, late);
  const std::vector<Row> read = rows_of_csv(text, "rows.csv");
  ASSERT_EQ(read.size(), 3U);
  for (const Row& row : read)
    EXPECT_EQ(row.schema, schema_version) << "what is written again is of one version";
  EXPECT_EQ(read[0].outcome, Outcome::not_run);
  EXPECT_EQ(read[1].outcome, Outcome::too_slow);
  EXPECT_EQ(read[2].outcome, Outcome::too_slow) << "version 3 means what it says";
  for (const int version : {1, schema_version + 1})
    EXPECT_NE(refusal(csv_header() + written_by(version, slow)).find("this program reads versions 2, 3"),
              std::string::npos);
}

/// Verdicts of serial, eigen and openmp, which was the baseline, as read from a file of version 2.
std::vector<std::string> upgraded(const std::vector<const char*>& verdicts) {
  std::vector<Row> rows = {cpu_row("serial", 1, 3), cpu_row("eigen", 1, 2), cpu_row("openmp", 2, 1)};
  std::string text = csv_header();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    compare(rows[i], rows[2], "");
    rows[i].verdict.fastest = {verdicts[i]};
    text += written_by(2, rows[i]);
  }
  std::vector<std::string> found;
  for (const Row& row : rows_of_csv(text, "rows.csv")) found.push_back(text_of(row.verdict));
  return found;
}

TEST_F(Csv, VerdictsOfVersionTwoAreReadAsTheGroups) {
  const auto all = [](const char* verdict) { return std::vector<std::string>(3, verdict); };
  EXPECT_EQ(upgraded({"openmp", "openmp", "openmp"}), all("openmp"));
  EXPECT_EQ(upgraded({"openmp", "tie", "tie"}), all("openmp|eigen"));
  EXPECT_EQ(upgraded({"unclear", "openmp", "openmp"}), all("openmp|serial"))
      << "named, while another was open";
  EXPECT_EQ(upgraded({"unclear", "tie", "tie"}), all("unclear"));
  EXPECT_EQ(upgraded({"openmp", "eigen", "eigen"}), all("eigen")) << "it beat the baseline";
  EXPECT_EQ(upgraded({"openmp", "unclear (provisional)", "openmp"}), all("openmp|eigen (provisional)"));
}

TEST_F(Csv, RefusesWithASentence) {
  const std::string row = csv_row(cpu_row("serial", 1, 0.125)), header = csv_header();
  const auto says = [](const std::string& text, const std::string& words) {
    const std::string said = refusal(text);
    EXPECT_NE(said.find(words), std::string::npos) << "said: " << said << "\nexpected: " << words;
    EXPECT_TRUE(said.starts_with("rows.csv")) << said;
  };
  EXPECT_EQ(refusal(header + row), "");
  says("", "is empty");
  says(header + row.substr(0, row.size() / 2), "in the middle of row 1");
  says(header + row + row.substr(0, row.size() - 1), "in the middle of row 2");
  says(header.substr(0, 20), "in the middle of row 0");
  says(replaced(header, "call_s", "cal_s") + row, "did you mean");
  says(replaced(header, ",call_s", ",compute_s") + row, "twice");
  says(replaced(header, "schema_version", "version") + row, "not written by crossover");
  says("a,b\r\n1,2\r\n", "not written by crossover");
  says(header + "99" + row.substr(1), "schema version '99'");
  says(header + replaced(row, "0.125", "0.1.25"), "compute_s: '0.1.25' is not a number");
  says(header + std::to_string(schema_version) + ",2,3\r\n", "row 1: 3 cells instead of");
  says(header + replaced(row, "serial", "se\"rial"), "a quote inside a bare cell");
  says(header + replaced(row, "0.125", "-0.125"), "compute_s: '-0.125' is below 0");
  for (const auto& [separator, name] : {std::pair{';', "semicolons"}, {'\t', "tabs"}}) {
    std::string other = header + row;
    std::ranges::replace(other, ',', separator);
    says(other, std::string("has ") + name + " between its cells");
  }
  std::string fewer = replaced(header, "verdict,", "");
  says(fewer + row, "the column verdict is missing");
  EXPECT_THROW(read_csv(path("missing.csv")), CsvError);
  EXPECT_THROW(read_csv(folder_.string()), CsvError);
}

TEST_F(Csv, NeverOverwritesUnasked) {
  put(path("rows.csv"), "precious");
  EXPECT_THROW(CsvFile(path("rows.csv"), Existing::refuse), UsageError);
  EXPECT_EQ(read_whole(path("rows.csv")), "precious");
  EXPECT_THROW(SamplesFile(path("rows.csv"), Existing::refuse), UsageError);
  EXPECT_EQ(read_whole(path("rows.csv")), "precious");
  CsvFile(path("rows.csv"), Existing::replace);
  EXPECT_EQ(read_whole(path("rows.csv")), csv_header());
}

TEST_F(Csv, UnwritablePlacesAreReported) {
  EXPECT_THROW(CsvFile(path("no/such/folder.csv"), Existing::refuse), OutputError);
  EXPECT_THROW(CsvFile(folder_.string(), Existing::replace), OutputError);
  if (fs::exists("/dev/full")) {
    EXPECT_THROW(CsvFile("/dev/full", Existing::refuse), OutputError);
  }
}

TEST_F(Csv, AClosedPipeIsReportedAndKillsNothing) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  CsvFile file(path("pipe"), Existing::refuse);
  close(reader);
  const std::vector<Row> rows = {full_row()};
  EXPECT_THROW(file.write(rows), OutputError);
}

TEST_F(Csv, AFullDiskKeepsWhatWasWritten) {
  const std::vector<Row> rows = {full_row()};
  const std::string whole = csv_header() + csv_row(rows[0]);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  CsvFile file(path("rows.csv"), Existing::refuse);
  file.write(rows);
  const rlimit tight{whole.size() + 100, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  EXPECT_THROW(file.write(rows), OutputError);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(read_whole(path("rows.csv")), whole);
}

TEST_F(Csv, StdoutGetsRowsAndNothingElse) {
  ::testing::internal::CaptureStdout();
  {
    CsvFile file("-", Existing::refuse);
    file.write(std::vector<Row>{cpu_row("serial", 1, 0.5)});
  }
  const std::string text = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(text, csv_header() + csv_row(cpu_row("serial", 1, 0.5)));
}

TEST_F(Csv, SamplesHaveTheirCaseAndPhases) {
  const Row of = cpu_row("serial", 1, 0.5);
  {
    SamplesFile file(path("samples.csv"), Existing::refuse);
    file.write(of, {.kind = "call", .block = 3, .seconds = {{"call", 0.1}}, .elapsed_s = 1.5});
    const std::string first = read_whole(path("samples.csv"));
    EXPECT_EQ(parse_csv(first).records.size(), 2U) << "a sample is on disk once it is written";
  }
  SamplesFile(path("samples.csv"), Existing::append)
      .write(of, {.kind = "phases",
                  .block = 4,
                  .seconds = {{"upload", 0.25}, {"compute", 1.0 / 3}},
                  .process = 2,
                  .contention = {.preemptions = 5, .waited_s = 0.125, .throttled = true},
                  .elapsed_s = 2});
  const CsvRecords parsed = parse_csv(read_whole(path("samples.csv")));
  ASSERT_EQ(parsed.records.size(), 3U);
  const auto cell = [&](std::size_t line, const char* name) {
    const auto& header = parsed.records.at(0);
    const auto at = std::find(header.begin(), header.end(), name) - header.begin();
    return parsed.records[line].at(static_cast<std::size_t>(at));
  };
  EXPECT_EQ(cell(1, "solver"), "serial");
  EXPECT_EQ(cell(1, "rows"), "100000");
  EXPECT_EQ(cell(1, "corpus"), "");
  EXPECT_EQ(cell(1, "kind"), "call");
  EXPECT_EQ(cell(1, "block"), "3");
  EXPECT_EQ(cell(1, "call_s"), "0.1");
  EXPECT_EQ(cell(1, "compute_s"), "");
  EXPECT_EQ(cell(1, "throttled"), "") << "not known";
  EXPECT_EQ(cell(1, "elapsed_s"), "1.5");
  EXPECT_EQ(cell(2, "upload_s"), "0.25");
  EXPECT_EQ(parse_number(cell(2, "compute_s")), 1.0 / 3);
  EXPECT_EQ(cell(2, "throttled"), "true");
  EXPECT_EQ(cell(2, "process"), "2");
  EXPECT_EQ(cell(2, "preemptions"), "5");
  EXPECT_EQ(cell(1, "waited_s"), "") << "not looked at";
  EXPECT_EQ(cell(1, "preemptions"), "");
  EXPECT_EQ(cell(2, "waited_s"), "0.125");
}

}  // namespace
}  // namespace crossover
