// Asserts, of the program itself: bad input ends with exit status 2, a sentence on stderr that names the
// culprit, nothing on stdout, and every file as it was. To add a case, add a command line and the words that
// its sentence must have; files of `folder_` are written by the fixture.
#include <map>

#include "tests/program.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

class BadInput : public ProgramTest {
 protected:
  BadInput() : ProgramTest(CROSSOVER_PROGRAM) {
    fs::create_directories(folder_ / "kept");
    write("kept/rows.csv", "somebody's rows\n");
    write("kept/notes.txt", "no array\n");
    write("kept/fortran.npy", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 24));
    write("kept/swapped.npy", npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", 24));
    write("kept/objects.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", 24));
    write("kept/cube.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", 24));
    write("kept/negative.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }", 24));
    write("kept/empty.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", 0));
    write("kept/truncated.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 20));
    write("kept/matrix.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24));
  }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

  static std::string npy(std::string header, std::size_t data_bytes) {
    header += '\n';
    return "\x93NUMPY\1\0"s + static_cast<char>(header.size()) + '\0' + header +
           std::string(data_bytes, '\0');
  }

  /// Every file there is, with its bytes, but for what run() itself writes.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.is_regular_file() && entry.path().filename() != "stdout" &&
          entry.path().filename() != "stderr")
        found[entry.path().string()] = bytes_of(entry.path());
    return found;
  }

  void expect_refused(const Arguments& line, const std::vector<std::string>& words) const {
    const auto before = files();
    const Ended ended = run(line);
    EXPECT_EQ(ended.status, 2) << line << "\n" << ended.err;
    EXPECT_EQ(ended.out, "") << line;
    EXPECT_TRUE(ended.err.starts_with("crossover: ")) << line << "\n" << ended.err;
    EXPECT_TRUE(ended.err.ends_with("\n")) << line;
    for (const std::string& word : words)
      EXPECT_NE(ended.err.find(word), std::string::npos) << line << "\nlacks " << word << ": " << ended.err;
    EXPECT_EQ(files(), before) << line;
  }
};

TEST_F(BadInput, UnknownNames) {
  expect_refused("rnu sum", {"rnu", "run"});
  expect_refused("run smu", {"smu", "sum"});
  expect_refused("run sum --solver egien", {"egien", "eigen"});
  expect_refused("run sum --solvr eigen", {"--solvr", "--solver"});
  expect_refused("run sum --type f16", {"f16", "f"});
  expect_refused("run sum --backend cuad", {"cuad", "cuda"});
  expect_refused("run --suite lectur", {"lectur", "lecture"});
  expect_refused("list colunms", {"colunms", "columns"});
}

TEST_F(BadInput, Sizes) {
  expect_refused("run sum --n 0", {"--n", "zero"});
  expect_refused("run sum --n -1", {"--n", "negative"});
  expect_refused("run sum --n 1.5", {"--n", "whole"});
  expect_refused("run sum --n 1e19", {"--n", "too large"});
  expect_refused("run sum --n 1e999999999", {"--n", "too large"});
  expect_refused("run sum --n many", {"--n", "many"});
  expect_refused("run similarity --corpus 10 --k 11", {"k", "11", "10"});
  expect_refused("run row_means --rows 1e12 --cols 1e12", {"rows=1000000000000", "overflow"});
  expect_refused("plan row_means --rows 1e12 --cols 1e12", {"rows=1000000000000", "overflow"});
  expect_refused("run row_means --type i64", {"row_means", "i64", "f32"});
}

TEST_F(BadInput, Arrays) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"absent.npy", "No such file"},
      {"kept/notes.txt", "not a .npy file"},
      {"kept/fortran.npy", "ascontiguousarray"},
      {"kept/swapped.npy", "byte-swapped"},
      {"kept/objects.npy", "objects"},
      {"kept/cube.npy", "3 axes"},
      {"kept/negative.npy", "negative"},
      {"kept/empty.npy", "empty"},
      {"kept/truncated.npy", "truncated"},
      {"kept", "not a regular file"},
  };
  for (const auto& [file, why] : cases)
    expect_refused({"run row_means --input", "values=" + file}, {file, why});
  expect_refused("run sum --input values=kept/matrix.npy", {"matrix.npy", "rank 2"});
  expect_refused("run row_means --input values=kept/matrix.npy --rows 3", {"--rows", "matrix.npy", "2"});
  expect_refused("run row_means --input values=kept/matrix.npy --type f64", {"f64", "matrix.npy", "f32"});
  expect_refused("run row_means --input valeus=kept/matrix.npy", {"valeus", "values"});
}

TEST_F(BadInput, Outputs) {
  const Arguments run_sum = "run sum --n 1000 --solver serial --backend cpu";
  expect_refused({run_sum, "--csv kept/rows.csv"}, {"kept/rows.csv", "exists", "--force"});
  expect_refused({run_sum, "--csv absent/rows.csv"}, {"absent", "does not exist"});
  expect_refused({run_sum, "--csv kept"}, {"kept", "folder"});
  expect_refused({run_sum, "--csv kept/rows.csv/x"}, {"kept/rows.csv", "not a folder"});
  expect_refused({run_sum, "--json kept/rows.csv"}, {"kept/rows.csv", "exists"});
  expect_refused({run_sum, "--samples kept/rows.csv"}, {"kept/rows.csv", "exists"});
  expect_refused({run_sum, "--result kept/rows.csv"}, {"kept/rows.csv", "not a folder"});
  expect_refused({run_sum, "--csv kept/rows.csv --resume"}, {"kept/rows.csv"});  // no sidecar: not ours
  expect_refused({run_sum, "--csv /dev/full"}, {"/dev/full", "No space left"});
  expect_refused({run_sum, "--resume"}, {"--resume", "--csv"});
  for (const std::string flag : {"--csv", "--json", "--samples", "--result"})
    expect_refused({run_sum, flag, std::string()}, {flag, "its value is empty"});
}

TEST_F(BadInput, ResumeRefusesAFileMadeByOtherFlags) {
  const Arguments run_sum = "run sum --n 1000 --solver serial --backend cpu --budget 10ms --csv made.csv";
  const Ended first = run(run_sum);
  ASSERT_EQ(first.status, 0) << first.err;
  expect_refused(run_sum, {"made.csv", "exists"});
  expect_refused({run_sum, "--resume --seed 2"}, {"made.csv"});
}

TEST_F(BadInput, ThreadsAndLimits) {
  expect_refused("run sum --threads 0", {"--threads", "'0'"});
  expect_refused("run sum --threads 1000000", {"--threads", "4096"});
  expect_refused("run sum --host-memory-limit 100KiB", {"--host-memory-limit", "less than the program"});
  expect_refused("run sum --precision 3", {"--precision", "'3'"});
  expect_refused("run sum --budget 0", {"--budget", "'0'"});
}

TEST_F(BadInput, EmptyValuesNameTheirFlag) {
  for (const std::string flag :
       {"--type", "--n", "--backend", "--solver", "--threads", "--transfer", "--device", "--cache",
        "--budget", "--precision", "--seed", "--host-memory-limit", "--input", "--label", "--rehearse"})
    expect_refused({"run sum", flag, std::string()}, {flag});
  expect_refused({"run --suite", std::string()}, {"--suite"});
}

TEST_F(BadInput, HelpIsNoError) {
  for (const Arguments& line : std::vector<Arguments>{"--help", "--version", "run --help", "plan --help",
                                                      "list --help", "devices --help"}) {
    const Ended ended = run(line);
    EXPECT_EQ(ended.status, 0) << line;
    EXPECT_EQ(ended.err, "") << line;
    EXPECT_NE(ended.out, "") << line;
  }
}

}  // namespace
}  // namespace crossover
