// Asserts, of the program itself: when this machine's limits are measured, what is kept of them, and that it
// stays within the memory that the user leaves. No figure of this machine is asserted.
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench/base/input_file.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

class KeptCalibration : public ProgramTest {
 protected:
  KeptCalibration() : ProgramTest(CROSSOVER_PROGRAM), file_(calibration_cache_path(machine_facts())) {}

  /// The one that is kept, `age_s` old.
  void keep(double disturbed_share, double age_s) const {
    Calibration calibration = *load_calibration(file_).calibration;
    const std::time_t then = std::time(nullptr) - static_cast<std::time_t>(age_s);
    std::ostringstream date;
    date << std::put_time(std::gmtime(&then), "%Y-%m-%dT%H:%M:%SZ");
    calibration.date_utc = date.str();
    calibration.disturbed_share = disturbed_share;
    ASSERT_EQ(save_calibration(file_, calibration), "");
  }

  bool measures(const Arguments& flags) const {
    const std::string before = fs::exists(file_) ? read_whole(file_) : "";
    const Ended ended = run(flags);
    EXPECT_NE(ended.status, 2) << ended.err;
    const bool said = ended.err.find("measuring this machine's limits") != std::string::npos;
    EXPECT_EQ(said, before != (fs::exists(file_) ? read_whole(file_) : "")) << ended.err;
    return said;
  }

  const Arguments one_row = "run sum --n 1000 --solver serial --backend cpu --threads 1 --budget 0.02";
  const fs::path file_;
};

TEST_F(KeptCalibration, OneThatWasDisturbedIsUsedForAnHourAndThenImproved) {
  constexpr double hour_s = 3600;
  keep(0.5, 0.5 * hour_s);
  EXPECT_FALSE(measures(one_row));
  keep(0, 1.5 * hour_s);
  EXPECT_FALSE(measures(one_row)) << "a quiet one has nothing to gain";
  keep(0.5, 1.5 * hour_s);
  EXPECT_TRUE(measures(one_row));
  EXPECT_FALSE(measures(one_row)) << "whatever other programs did meanwhile, it is kept";
}

TEST_F(KeptCalibration, NothingIsMeasuredWhereNoRowNeedsIt) {
  ASSERT_EQ(run({one_row, "--csv rows.csv"}).status, 0);
  fs::remove(file_);
  EXPECT_FALSE(measures({one_row, "--csv rows.csv --resume"})) << "there is nothing left to do";
  EXPECT_FALSE(
      measures("run similarity --corpus 1e6 --dim 1000 --queries 1e6 --solver eigen-full --backend "
               "cpu --host-memory-limit 64MiB"))
      << "it does not fit";
  EXPECT_TRUE(measures(one_row));
}

TEST_F(KeptCalibration, StaysWithinTheUsersMemory) {
  const pid_t program = start({one_row, "--host-memory-limit 64MiB --recalibrate --json rows.json"});
  int status = -1;
  rusage used{};  // the largest of the program and its children
  ASSERT_EQ(wait4(program, &status, 0, &used), program);
  EXPECT_EQ(status, 0) << text("stderr");
  EXPECT_NE(text("rows.json").find("\"calibration\""), std::string::npos) << text("stderr");
  EXPECT_LT(used.ru_maxrss, 80 << 10) << "KiB";
  EXPECT_EQ(load_calibration(file_).calibration->levels.size(), 1U)
      << "it says little of the machine: not kept";
}

}  // namespace
}  // namespace crossover
