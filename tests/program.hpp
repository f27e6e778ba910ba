// The program itself, run in a temporary folder with a calibration made by hand, so that none is measured.
// The folder's name has what a path may have.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/machine/calibration.hpp"
#include "bench/rows/csv.hpp"
#include "tests/arguments.hpp"

namespace crossover {

struct Ended {
  int status = -1;  ///< exit status; -1: killed
  std::string out, err;
};

class ProgramTest : public testing::Test {
 protected:
  /// `place`: where the folder is made.
  explicit ProgramTest(std::string program,
                       const std::filesystem::path& place = std::filesystem::temp_directory_path())
      : program_(std::move(program)) {
    std::string pattern = (place / "crossover's é (&) XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no folder can be made in " + place.string());
    folder_ = pattern;
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    Calibration calibration;
    const std::time_t now = std::time(nullptr);
    std::ostringstream date;
    date << std::put_time(std::gmtime(&now), "%Y-%m-%dT%H:%M:%SZ");
    calibration.date_utc = date.str();
    calibration.levels = {{"DRAM", std::size_t{1} << 40, 1, 1e3, 1e3, 1e3, 1e3}};
    calibration.fma_gflops_f32_1 = calibration.fma_gflops_f32_all = 1e5;
    calibration.fma_gflops_f64_1 = calibration.fma_gflops_f64_all = 1e5;
    calibration.timer_s = 1e-8;
    calibration.took_s = 1;
    EXPECT_EQ(save_calibration(calibration_cache_path(machine_facts()), calibration), "");
  }

  /// Where tests make programs that they start: the temporary folder may be mounted noexec, what was built
  /// may be another user's.
  static std::filesystem::path place_of_programs() {
    const std::filesystem::path built = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return access(built.c_str(), W_OK) == 0 ? built : std::filesystem::temp_directory_path();
  }

  ~ProgramTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string text(const std::string& name) const { return bytes_of(folder_ / name); }

  std::vector<Row> rows(const std::string& name = "rows.csv") const { return read_csv(path(name)); }

  /// Starts it in the folder.
  pid_t start(const Arguments& arguments) const { return start_program(program_, arguments, folder_); }

  Ended finish(pid_t child) const {
    const int status = status_of(child);
    return {status, text("stdout"), text("stderr")};
  }

  Ended run(const Arguments& arguments) const { return finish(start(arguments)); }

  /// Processes of the program's group that still live.
  static std::set<pid_t> members(pid_t group) {
    std::set<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "stat");
      std::string line;
      if (!std::getline(file, line)) continue;
      std::istringstream rest(line.substr(line.rfind(')') + 1));
      std::string state;
      pid_t parent = 0, member_of = 0;
      rest >> state >> parent >> member_of;
      if (member_of == group && state != "Z") found.insert(std::stoi(entry.path().filename().string()));
    }
    return found;
  }

  /// Waits for `done`, at most 20 s.
  template <class Done>
  static bool eventually(Done&& done) {
    for (int i = 0; i < 1000; ++i) {
      if (done()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  std::string program_;
  std::filesystem::path folder_;
};

}  // namespace crossover
