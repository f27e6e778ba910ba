// Asserts, of the program itself: --force and --resume replace what they were asked to and nothing else, a
// run that cannot write one of its files leaves all others as they were, and what stdout loses is an error.
// To add a refused run, add a line and the words of its sentence.
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "tests/program.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

class Outputs : public ProgramTest {
 protected:
  Outputs() : ProgramTest(CROSSOVER_PROGRAM) {}

  const Arguments one_row =
      "run sum --n 1000 --solver serial --backend cpu --threads 1 --budget 0.05 --quiet";
  static constexpr const char* array = "out/sum_n1000_f32/cpu_serial_none_t1.value.npy";

  void put(const std::string& name, const std::string& bytes) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

  /// Every file and folder, with its bytes, but for what run() itself writes.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      const std::string name = entry.path().lexically_relative(folder_).string();
      if (name != "stdout" && name != "stderr") found[name] = entry.is_directory() ? "a folder" : text(name);
    }
    return found;
  }

  void expect_done(const Arguments& flags) const {
    const Ended ended = run({one_row, flags});
    EXPECT_EQ(ended.status, 0) << flags << "\n" << ended.err;
  }

  void expect_refused(const Arguments& flags, const std::vector<std::string>& words) const {
    const auto before = everything();
    const Ended ended = run({one_row, flags});
    EXPECT_EQ(ended.status, 2) << flags << "\n" << ended.err;
    EXPECT_EQ(ended.out, "") << flags;
    for (const std::string& word : words)
      EXPECT_NE(ended.err.find(word), std::string::npos) << flags << "\nlacks " << word << ": " << ended.err;
    EXPECT_EQ(everything(), before) << flags;
  }
};

TEST_F(Outputs, ResumeReplacesOnlyWhatItsOwnRunsWrote) {
  put("precious.json", "somebody's\n");
  expect_done("--csv rows.csv --json rows.json --samples samples.csv --result out");
  expect_done("--csv rows.csv --resume --json ./rows.json --samples samples.csv --result out/");
  expect_refused("--csv rows.csv --resume --json precious.json", {"precious.json exists", "rows.csv"});
  expect_refused("--csv rows.csv --resume --samples precious.json", {"precious.json exists", "rows.csv"});
  expect_refused("--csv rows.csv --resume --json samples.csv", {"samples.csv exists", "rows.csv"});
  expect_refused("--csv new.csv --resume --json rows.json", {"rows.json exists", "new.csv"});
  expect_refused("--csv new.csv --resume --result out", {array, "new.csv"});
  expect_done("--csv new.csv --resume --json new.json");  // nothing was there
  expect_done("--csv new.csv --resume --json new.json");  // now it is its own
}

TEST_F(Outputs, ResumeGoesOnInTheFolderOfResults) {
  expect_done("--csv rows.csv --result out");
  put("rows.csv", csv_header());  // as if interrupted before the first group ended
  put(array, "of the interrupted run");
  expect_done("--csv rows.csv --resume --result out");
  EXPECT_TRUE(text(array).starts_with("\x93NUMPY"));
  EXPECT_EQ(rows().size(), 1U);
}

TEST_F(Outputs, ForceReplacesResultsAndNothingElseDoes) {
  put(array, "somebody's");
  put("out/notes.txt", "somebody's too");
  expect_refused("--result out", {array, "exists", "--force"});
  expect_done("--force --result out");
  EXPECT_TRUE(text(array).starts_with("\x93NUMPY"));
  EXPECT_EQ(text("out/notes.txt"), "somebody's too");
}

TEST_F(Outputs, ARunThatCannotWriteOneFileReplacesNone) {
  for (const char* name : {"rows.csv", "rows.json", "samples.csv"}) put(name, "from before\n");
  const Arguments all = "--force --csv rows.csv";
  expect_refused({all, "--samples /dev/full"}, {"/dev/full", "No space left"});
  expect_refused({all, "--json /dev/full"}, {"/dev/full", "No space left"});
  expect_refused("--force --csv /dev/full --json rows.json --samples samples.csv", {"/dev/full"});
  expect_refused({all, "--json /proc/absent.json"}, {"/proc"});  // whoever runs it
  expect_refused({all, "--json rows.json --result /proc/absent"}, {"--result", "/proc"});
  fs::create_directory(folder_ / "rows.csv.meta.json");
  expect_refused(all, {"rows.csv.meta.json"});
  expect_refused("--csv new.csv --samples /dev/full", {"/dev/full"});  // makes no new.csv either
}

TEST_F(Outputs, WhatStdoutLosesIsAnError) {
  for (const Arguments& command : std::vector<Arguments>{"--help", "list", "devices", "plan sum --n 1000",
                                                         "run sum --n 1000 --backend cpu --budget 0.01"}) {
    const Ended ended = finish(start_program(program_, command, folder_, "/dev/full"));
    EXPECT_EQ(ended.status, 1) << command;
    EXPECT_NE(ended.err.find("cannot write everything to stdout"), std::string::npos) << command;
  }
}

TEST_F(Outputs, NoLineOfTheDevicesEndsInABlank) {
  const Ended ended = run("devices");
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.out.find(" \n"), std::string::npos) << ended.out;
}

TEST_F(Outputs, OnlyACsvThatIsAFileHasFactsBesideIt) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  expect_done("--csv pipe");
  EXPECT_FALSE(fs::exists(path("pipe.meta.json")));
  std::string csv(1 << 16, '\0');
  csv.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(reader, csv.data(), csv.size()))));
  close(reader);
  EXPECT_EQ(rows_of_csv(csv, "pipe").size(), 1U);
}

}  // namespace
}  // namespace crossover
