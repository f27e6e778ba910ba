// The program itself, run in a temporary folder with a calibration made by hand, so that none is measured.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/machine/calibration.hpp"
#include "bench/rows/csv.hpp"

namespace crossover {

struct Ended {
  int status = -1;  ///< exit status; -1: killed
  std::string out, err;
};

class ProgramTest : public testing::Test {
 protected:
  explicit ProgramTest(std::string program) : program_(std::move(program)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "crossover-program-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
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
  ~ProgramTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::vector<Row> rows(const std::string& name = "rows.csv") const { return read_csv(path(name)); }

  /// Starts it in the folder; words are separated by blanks.
  pid_t start(const std::string& line) const {
    std::istringstream stream("crossover " + line);
    std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    dup2(open(path("stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open(path("stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    setpgid(0, 0);
    if (chdir(folder_.c_str()) == 0) execv(program_.c_str(), argv.data());
    _exit(127);
  }

  Ended finish(pid_t child) const {
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text("stdout"), text("stderr")};
  }

  Ended run(const std::string& line) const { return finish(start(line)); }

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
