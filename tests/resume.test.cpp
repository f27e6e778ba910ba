// Asserts what --resume keeps, drops and refuses: rows of a file that was cut anywhere, and the sidecar.
// A new fact that may not change within a file: it belongs in Sidecar::same.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "bench/base/input_file.hpp"
#include "bench/plan/options.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/sample.hpp"
#include "bench/rows/sidecar.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

class Resume : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "crossover_resume_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    csv_ = (folder_ / "rows.csv").string();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const std::string& text) const { std::ofstream(csv_, std::ios::binary) << text; }

  /// The sentence of the UsageError that `body` throws; empty where it throws none.
  template <class Body>
  static std::string refusal(Body&& body) {
    try {
      body();
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  }

  fs::path folder_;
  std::string csv_;
};

/// Two rows of row_means with `rows` rows.
std::vector<Row> group(std::int64_t rows) {
  std::vector<Row> made = {cpu_row("serial", 1, 0.1), cpu_row("openmp", 2, 0.05)};
  for (Row& row : made) {
    row.sizes["rows"] = rows;
    row.warnings = "a, \"b\"\r\nc";
  }
  return made;
}

std::string text_of(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) text += csv_row(row);
  return text;
}

TEST_F(Resume, GroupsDifferByProblemTypeSizesAndSeed) {
  const Row row = group(10).at(0);
  EXPECT_EQ(group_key(row), group_key(group(10).at(1)));
  EXPECT_NE(group_key(row), group_key(group(11).at(0)));
  Row other = row;
  other.seed = 2;
  EXPECT_NE(group_key(row), group_key(other));
  other = row;
  other.type = "f32";
  EXPECT_NE(group_key(row), group_key(other));
  other = row;
  other.problem = "sum";
  EXPECT_NE(group_key(row), group_key(other));
}

TEST_F(Resume, StartsAFileThatIsNotThere) {
  CsvFile file = CsvFile::resume(csv_, {});
  EXPECT_TRUE(file.found().empty());
  EXPECT_EQ(read_whole(csv_), csv_header());
}

TEST_F(Resume, CutAnywhereItEndsAsIfNeverInterrupted) {
  const std::vector<Row> first = group(10), second = group(20);
  const std::string header = csv_header(), whole = header + text_of(first) + text_of(second);
  const std::map<std::string, std::size_t> planned = {{group_key(first[0]), 2}, {group_key(second[0]), 2}};
  std::vector<std::size_t> lengths = {header.size() - 1, whole.size() - 2, whole.size() - 1, whole.size()};
  for (std::size_t length = 0; length < whole.size(); length += 19) lengths.push_back(length);
  for (std::size_t rows = 0; rows < 2; ++rows)  // at the end of a row, within a group and behind it
    lengths.push_back(header.size() +
                      text_of({first.begin(), first.begin() + 1 + static_cast<long>(rows)}).size());
  for (const std::size_t length : lengths) {
    put(whole.substr(0, length));
    CsvFile file = CsvFile::resume(csv_, planned);
    const std::size_t found = file.found().size();
    ASSERT_TRUE(found == 0 || found == 2 || found == 4) << length;
    if (length >= header.size() + text_of(first).size()) {
      EXPECT_GE(found, 2U) << length;
    }
    if (found < 2) file.write(first);
    if (found < 4) file.write(second);
    ASSERT_EQ(read_whole(csv_), whole) << length;
  }
}

TEST_F(Resume, KeepsGroupsThatAreNotPlannedNow) {
  const std::vector<Row> rows = {group(10).at(0)};
  put(csv_header() + text_of(rows));
  EXPECT_EQ(CsvFile::resume(csv_, {{group_key(group(20).at(0)), 2}}).found().size(), 1U);
  EXPECT_EQ(CsvFile::resume(csv_, {{group_key(rows[0]), 2}}).found().size(), 0U);
  EXPECT_EQ(read_whole(csv_), csv_header());
}

TEST_F(Resume, AGroupThatLacksARowIsMeasuredAgainWhereverItStands) {
  const std::vector<Row> first = group(10), second = group(20), third = group(30);
  const std::map<std::string, std::size_t> planned = {
      {group_key(first[0]), 2}, {group_key(second[0]), 2}, {group_key(third[0]), 2}};
  put(csv_header() + text_of(first) + text_of({second[0]}) + text_of(third));
  EXPECT_EQ(CsvFile::resume(csv_, planned).found().size(), 4U);
  EXPECT_EQ(read_whole(csv_), csv_header() + text_of(first) + text_of(third));
}

TEST_F(Resume, ACaseThatStandsTwiceIsRefused) {
  const std::string text = csv_header() + text_of(group(10)) + text_of(group(20)) + text_of(group(10));
  put(text);
  const std::string said = refusal([&] { CsvFile::resume(csv_, {}); });
  EXPECT_NE(said.find("rows 1 and 5 are the same case"), std::string::npos) << said;
  EXPECT_EQ(read_whole(csv_), text);
}

TEST_F(Resume, GoesOnWithWhatOtherProgramsMadeOfTheFile) {
  const std::string whole = csv_header() + text_of(group(10));
  std::string plain = csv_header() + csv_row(cpu_row("serial", 1, 0.1));
  const std::string before = plain;
  std::erase(plain, '\r');
  for (const auto& [text, wanted] : {std::pair{"\xEF\xBB\xBF" + whole, whole}, {plain, before}}) {
    put(text);
    CsvFile file = CsvFile::resume(csv_, {});
    file.write(group(20));
    EXPECT_EQ(read_whole(csv_), wanted + text_of(group(20)));
  }
}

TEST_F(Resume, WhatTheRunHadNoTimeForIsMeasuredAgain) {
  std::vector<Row> late = group(10), early = group(20), unsampled = group(30), old = group(40);
  late[1].outcome = Outcome::not_run;
  old[0].schema = old[1].schema = 2;
  old[1].outcome = Outcome::too_slow;
  old[1].reason = "not run: the time of --within was over (a longer one runs it)";
  unsampled[0].warnings = "--within left 10.0 ms for its samples";
  put(csv_header() + text_of(late) + text_of(early) + text_of(unsampled) + text_of(old));
  EXPECT_EQ(CsvFile::resume(csv_, {}).found().size(), early.size());
  EXPECT_EQ(read_whole(csv_), csv_header() + text_of(early)) << "the others are whole";
}

TEST_F(Resume, RefusesFilesItCannotContinue) {
  for (const char* text : {"a,b\r\n1,2\r\n", "precious notes\n"}) {
    put(text);
    EXPECT_NE(refusal([&] { CsvFile::resume(csv_, {}); }).find("not written by crossover"),
              std::string::npos);
    EXPECT_EQ(read_whole(csv_), text);
  }
  const std::string broken = csv_header() + std::to_string(schema_version) + ",2\r\n";
  put(broken);
  EXPECT_NE(refusal([&] { CsvFile::resume(csv_, {}); }).find("2 cells"), std::string::npos);
  EXPECT_EQ(read_whole(csv_), broken);
  EXPECT_NE(refusal([&] { CsvFile::resume("-", {}); }), "");
  EXPECT_NE(refusal([&] { CsvFile::resume("/dev/null", {}); }), "");
}

TEST_F(Resume, SamplesGoOnBehindTheLastWholeLine) {
  const Row of = cpu_row("serial", 1, 0.5);
  const Sample sample{.kind = "call", .seconds = {{"call", 0.1}}};
  SamplesFile(csv_, Existing::refuse).write(of, sample);
  const std::string one = read_whole(csv_);
  put(one + "row_me");
  SamplesFile(csv_, Existing::append).write(of, sample);
  const CsvRecords parsed = parse_csv(read_whole(csv_));
  ASSERT_EQ(parsed.records.size(), 3U);
  EXPECT_EQ(parsed.records.at(1), parsed.records.at(2));
  std::string plain = one;
  std::erase(plain, '\r');
  put("\xEF\xBB\xBF" + plain);
  SamplesFile(csv_, Existing::append).write(of, sample);
  EXPECT_EQ(parse_csv(read_whole(csv_)).records, parsed.records) << "as an editor saved it";
  put(one.substr(0, 9));
  SamplesFile(csv_, Existing::append).write(of, sample);
  EXPECT_EQ(read_whole(csv_), one) << "killed as it began";
  put("other\r\n");
  EXPECT_THROW(SamplesFile(csv_, Existing::append), UsageError);
}

Sidecar sidecar() {
  return {.flags_hash = "12ab",
          .same = {{"cpu", "A CPU"}, {"commit", "abc"}},
          .machine = {{"cores", 2}, {"cpu", "A CPU"}},
          .software = {{"commit", "abc"}},
          .limits = {{"host_bytes", 123}},
          .runs = {{"run-1", {"crossover", "run", "sum", "--n", "50M"}, "2026-01-02T03:04:05Z", ""}}};
}

TEST_F(Resume, TheSidecarReadsBack) {
  Sidecar written = sidecar();
  written.runs.push_back({"run-2", {"x"}, "2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z"});
  write_sidecar(csv_, written);
  EXPECT_TRUE(fs::exists(csv_ + ".meta.json"));
  const Sidecar read = read_sidecar(csv_);
  EXPECT_EQ(read.schema, schema_version);
  EXPECT_EQ(read.flags_hash, written.flags_hash);
  EXPECT_EQ(read.same, written.same);
  EXPECT_EQ(read.machine, written.machine);
  EXPECT_EQ(read.software, written.software);
  EXPECT_EQ(read.limits, written.limits);
  ASSERT_EQ(read.runs.size(), 2U);
  EXPECT_EQ(read.runs[0].command_line, written.runs[0].command_line);
  EXPECT_EQ(read.runs[0].ended_utc, "");
  EXPECT_EQ(read.runs[1].ended_utc, "2026-01-02T03:05:05Z");
}

TEST_F(Resume, WithoutRowsTheSidecarMayBeMissing) {
  const std::string header = csv_header();
  for (const std::string& begun : {std::string(), header.substr(0, 9), header}) {
    put(begun);
    EXPECT_EQ(refusal([&] { resumed_sidecar(csv_, sidecar()); }), "") << "killed before it was written";
  }
  for (const std::string& other : {header + "2", std::string("precious notes\n")}) {
    put(other);
    EXPECT_NE(refusal([&] { resumed_sidecar(csv_, sidecar()); }).find("is missing"), std::string::npos);
  }
}

TEST_F(Resume, AddsItsRunToTheSidecar) {
  EXPECT_EQ(resumed_sidecar(csv_, sidecar()).runs.size(), 1U) << "nothing there yet";
  put(csv_header());
  write_sidecar(csv_, sidecar());
  Sidecar now = sidecar();
  now.runs[0].run_id = "run-2";
  const Sidecar both = resumed_sidecar(csv_, now);
  ASSERT_EQ(both.runs.size(), 2U);
  EXPECT_EQ(both.runs[0].run_id, "run-1");
  EXPECT_EQ(both.runs[1].run_id, "run-2");
}

TEST_F(Resume, RefusesOtherFlagsMachinesAndSchemas) {
  put(csv_header() + text_of(group(10)));
  const auto says = [&](const Sidecar& now, const std::string& words) {
    const std::string said = refusal([&] { resumed_sidecar(csv_, now); });
    EXPECT_NE(said.find(words), std::string::npos) << said;
    EXPECT_NE(said.find("--force"), std::string::npos) << said;
  };
  says(sidecar(), "is missing");
  write_sidecar(csv_, sidecar());
  EXPECT_EQ(refusal([&] { resumed_sidecar(csv_, sidecar()); }), "");
  Sidecar now = sidecar();
  now.flags_hash = "34cd";
  says(now, "a file that they name has changed");
  now.runs.back().command_line = {"crossover", "run", "sum", "--n", "60M", "--resume"};
  says(now, "other flags: crossover run sum --n 50M");
  now = sidecar();
  now.same["cpu"] = "Another CPU";
  says(now, "cpu 'A CPU', this is 'Another CPU'");
  now = sidecar();
  now.same["gpu"] = "A GPU";
  says(now, "gpu 'nothing', this is 'A GPU'");
  for (const int version : {1, schema_version + 1}) {
    Sidecar other = sidecar();
    other.schema = version;
    write_sidecar(csv_, other);
    says(sidecar(), "schema version");
  }
  Sidecar old = sidecar();
  old.schema = 2;
  write_sidecar(csv_, old);
  EXPECT_EQ(resumed_sidecar(csv_, sidecar()).schema, schema_version);
  for (const char* text : {"", "{", "[1, 2]", "{\"schema_version\": \"x\"}"}) {
    std::ofstream(sidecar_path(csv_), std::ios::binary) << text;
    const std::string said = refusal([&] { resumed_sidecar(csv_, sidecar()); });
    EXPECT_TRUE(said.starts_with(sidecar_path(csv_))) << text << ": " << said;
  }
}

}  // namespace
}  // namespace crossover
