// Asserts: a rival's Python takes no module from the folder that the program is started in, nor by an empty
// or relative folder of PYTHONPATH, which is that one; the user's own folders of PYTHONPATH stay.
#include <array>

#include "bench/rivals/rivals.hpp"
#include "common/npy.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

class RivalImports : public ProgramTest {
 protected:
  RivalImports() : ProgramTest(CROSSOVER_PROGRAM) {
    std::array<std::int64_t, 4> values = {1, 2, 3, 36};
    write_npy(folder_ / "values.npy", {values.data(), Type::i64, {1, {4, 1}}});
  }
  ~RivalImports() override { unsetenv("PYTHONPATH"); }

  void plant(const std::string& module, const std::string& marker) const {
    std::filesystem::create_directories(std::filesystem::path(path(module)).parent_path());
    std::ofstream(path(module + ".py"))
        << "open(" << std::quoted(path(marker)) << ", 'a').write('" << module << " ')\n";
  }

  std::string error_of(const char* python_path) const {
    setenv("PYTHONPATH", python_path, 1);
    return run("run sum --input values=values.npy --solver serial --backend cpu --budget 0.02 --rivals numpy "
               "--csv rows.csv --force")
        .err;
  }
};

TEST_F(RivalImports, NothingOfTheWorkingFolder) {
  if (rival_pythons().empty()) GTEST_SKIP() << "there is no python3: apt-get install python3";
  for (const char* module : {"numpy", "ctypes", "json", "socket", "sitecustomize"}) plant(module, "imported");
  for (const char* python_path : {"", ":", ".", ":/usr", "/usr:"}) {
    const std::string error = error_of(python_path);
    EXPECT_EQ(text("imported"), "") << "PYTHONPATH='" << python_path << "' " << error;
  }
}

TEST_F(RivalImports, TheUsersOwnFolders) {
  if (rival_pythons().empty()) GTEST_SKIP() << "there is no python3: apt-get install python3";
  plant("own/numpy", "imported");
  error_of(path("own").c_str());
  EXPECT_NE(text("imported"), "");
}

}  // namespace
}  // namespace crossover
