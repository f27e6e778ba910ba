// Asserts: sizes and types come from .npy files where they are given, contradictions between files, flags and
// problem are refused, and no file is overwritten, or even made, by looking at flags. To add a case, write
// the files with npy() or file() and add a line.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/npy.hpp"
#include "parsed.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

class OptionFiles : public testing::Test {
 protected:
  OptionFiles()
      : folder_(fs::temp_directory_path() / ("crossover's options (&) " + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~OptionFiles() override { fs::remove_all(folder_); }

  /// The flag for an array of zeros; `name` is the operand's.
  Arguments npy(const std::string& name, Type type, const Extents& extents) const {
    std::vector<std::byte> zeros(static_cast<std::size_t>(extents.count()) * size_of(type));
    write_npy(folder_ / (name + ".npy"), {zeros.data(), type, extents});
    return {"--input", name + "=" + (folder_ / (name + ".npy")).string()};
  }
  std::string file(const std::string& name, const std::string& text = "kept\n") const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  fs::path folder_;
};

TEST_F(OptionFiles, SizesAndTypeComeFromTheFiles) {
  const Arguments corpus = npy("corpus", Type::f32, {2, {50, 8}});
  const Arguments queries = npy("queries", Type::f32, {2, {3, 8}});
  EXPECT_EQ(parsed({"run similarity", corpus, queries}).sizes,
            (std::vector<std::vector<Index>>{{50}, {3}, {8}, {3}}));
  // The other input is generated to fit.
  EXPECT_EQ(parsed({"run similarity", corpus, "--queries 5,6"}).sizes,
            (std::vector<std::vector<Index>>{{50}, {5, 6}, {8}, {3}}));
  EXPECT_EQ(refusal({"run similarity", corpus, "--corpus 50 --dim 2^3"}), "");
  const Options options = parsed({"run sum", npy("values", Type::i64, {1, {9, 1}})});
  EXPECT_EQ(options.types, std::vector{Type::i64});
  EXPECT_EQ(options.inputs.at("values"), (folder_ / "values.npy").string());
}

TEST_F(OptionFiles, ContradictionsBetweenFilesFlagsAndProblem) {
  const Arguments corpus = npy("corpus", Type::f32, {2, {50, 8}});
  const Arguments queries = npy("queries", Type::f32, {2, {3, 9}});
  expect_refused({"run similarity", corpus, queries}, {"corpus.npy has dim 8", "queries.npy has dim 9"});
  expect_refused({"run similarity", corpus, corpus}, {"corpus", "twice"});
  expect_refused({"run similarity", corpus, "--corpus 51"}, {"--corpus 51", "corpus.npy", "50"});
  expect_refused({"run similarity", corpus, "--dim 8,9"}, {"--dim 8,9", "corpus.npy", "8"});
  expect_refused({"run similarity", corpus, "--k 51"}, {"k=51", "corpus=50"});
  const Arguments x = npy("x", Type::f32, {1, {4, 1}}), y = npy("y", Type::f64, {1, {4, 1}});
  expect_refused({"run dot", x, y}, {"x.npy holds f32", "y.npy holds f64"});
  expect_refused({"run dot", x, "--type f64"}, {"--type f64", "x.npy", "f32"});
  expect_refused({"run dot", x, "--type all"}, {"--type all", "x.npy", "f32"});
  const Arguments shorter = npy("y", Type::f32, {1, {3, 1}});
  expect_refused({"run dot", x, shorter}, {"x.npy has n 4", "y.npy has n 3"});
  const Arguments whole = npy("values", Type::i64, {2, {2, 2}});
  expect_refused({"run row_means", whole}, {"values.npy holds i64", "f32, f64"});
  expect_refused({"run sum", whole}, {"values.npy", "rank 2", "ravel"});
  expect_refused({"run row_means", npy("values", Type::f32, {1, {4, 1}})},
                 {"values.npy", "rank 1", "reshape"});
  expect_refused({"run similarity", npy("corpus", Type::f64, {2, {50, 8}})},
                 {"corpus.npy holds f64", "has f32: save a.astype('<f4')"});
}

TEST_F(OptionFiles, AChangedFileChangesTheHash) {
  const Arguments line{"run sum", npy("values", Type::f32, {1, {9, 1}})};
  const std::string before = parsed(line).flags_hash;
  EXPECT_EQ(parsed(line).flags_hash, before);
  fs::last_write_time(folder_ / "values.npy",
                      fs::last_write_time(folder_ / "values.npy") + std::chrono::seconds(1));
  EXPECT_NE(parsed(line).flags_hash, before);
}

TEST_F(OptionFiles, ExistingFilesAreNotOverwrittenUnasked) {
  const std::string csv = file("rows.csv");
  for (const char* flag : {"--csv", "--json", "--samples"})
    expect_refused({"run sum", flag, csv}, {csv, "exists", "--force"});
  EXPECT_EQ(refusal({"run sum --force --csv", csv}), "");
  EXPECT_EQ(refusal({"run sum --resume --csv", csv}), "");
  EXPECT_EQ(refusal({"run sum --csv", folder_ / "new.csv"}), "");
  EXPECT_FALSE(fs::exists(folder_ / "new.csv")) << "looking made a file";
  expect_refused({"run sum --csv", csv + "/x.csv"}, {"rows.csv is not a folder"});
  expect_refused({"run sum --result", csv}, {"--result", "rows.csv is not a folder"});
  expect_refused({"run sum --result", csv + "/deep/er"}, {"--result", "rows.csv is not a folder"});
  EXPECT_EQ(refusal({"run sum --result", folder_ / "deep/er"}), "");
  const Arguments input = npy("values", Type::f32, {1, {9, 1}});
  expect_refused({"run sum --force", input, "--csv", folder_ / "values.npy"}, {"same file"});
}

TEST_F(OptionFiles, UnwritableFolders) {
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                               fs::perms::others_exec);
  const pid_t child = ::fork();
  if (child == 0) {  // root may write everywhere: be nobody
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    const std::string sentence = refusal({"run sum --csv", folder_ / "x.csv"});
    ::_exit(sentence.find("cannot be written: Permission denied") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  fs::permissions(folder_, fs::perms::owner_all);
}

}  // namespace
}  // namespace crossover
