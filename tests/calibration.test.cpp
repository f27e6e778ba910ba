// Asserts the floors derived from a calibration, its file, and that the timed kernels do what is counted.
// No figure of this machine is asserted. To add a case for floors: change reference() or the work.
#include "bench/machine/calibration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace crossover {
namespace {

constexpr double MiB = 1 << 20;

Calibration::Level level(const char* name, double bytes, int instances, double one, double all) {
  return {name, static_cast<std::size_t>(bytes), instances, one * 0.9, all * 0.9, one, all};
}

/// Four threads, private L1 and L2, a shared L3; round figures.
Calibration reference() {
  Calibration calibration;
  calibration.date_utc = "2025-01-31T12:00:00Z";
  calibration.threads = 4;
  calibration.levels = {level("L1", MiB / 32, 4, 200, 800), level("L2", MiB, 4, 100, 400),
                        level("L3", 32 * MiB, 1, 40, 120), level("DRAM", 1024 * MiB, 1, 20, 50)};
  calibration.fma_gflops_f32_1 = 100;
  calibration.fma_gflops_f32_all = 360;
  calibration.fma_gflops_f64_1 = 50;
  calibration.fma_gflops_f64_all = 180;
  calibration.timer_s = 2e-8;
  calibration.team_s = 3e-6;
  calibration.took_s = 3;
  return calibration;
}

Work reading(double bytes) { return {.bytes_in = bytes, .bytes_out = 0, .flops = 0}; }

TEST(Floor, OfTheLevelThatHoldsTheWorkingSet) {
  const Calibration machine = reference();
  const auto at = [&](double bytes, int threads) {
    return *floor_of(machine, reading(bytes), Type::f32, threads, bytes);
  };
  EXPECT_EQ(at(1000 * MiB, 4).name, "DRAM read");
  EXPECT_DOUBLE_EQ(at(1000 * MiB, 4).seconds, 1000 * MiB / 50e9);
  EXPECT_DOUBLE_EQ(at(1000 * MiB, 1).seconds, 1000 * MiB / 20e9);
  EXPECT_DOUBLE_EQ(at(1000 * MiB, 2).seconds, 1000 * MiB / 40e9);
  EXPECT_DOUBLE_EQ(at(1000 * MiB, 3).seconds, 1000 * MiB / 50e9);  // never more than all together
  EXPECT_DOUBLE_EQ(at(1000 * MiB, 9).seconds, 1000 * MiB / 50e9);
  EXPECT_EQ(at(20 * MiB, 1).name, "L3 read");
  EXPECT_DOUBLE_EQ(at(20 * MiB, 1).seconds, 20 * MiB / 40e9);
  EXPECT_EQ(at(MiB / 64, 1).name, "L1 read");
}

TEST(Floor, PrivateCachesAddUpOverTheThreads) {
  const Calibration machine = reference();
  EXPECT_EQ(floor_of(machine, reading(1), Type::f32, 1, 3 * MiB)->name, "L3 read");
  EXPECT_EQ(floor_of(machine, reading(1), Type::f32, 4, 3 * MiB)->name, "L2 read");
  EXPECT_EQ(floor_of(machine, reading(1), Type::f32, 16, 5 * MiB)->name, "L3 read");    // four there are
  EXPECT_EQ(floor_of(machine, reading(1), Type::f32, 4, 33 * MiB)->name, "DRAM read");  // L3 is shared
}

TEST(Floor, FallsWhereTheLevelAboveStillHelps) {
  const Calibration machine = reference();
  const auto seconds = [&](double set) {
    return floor_of(machine, reading(1e9), Type::f32, 4, set)->seconds;
  };
  EXPECT_DOUBLE_EQ(seconds(64 * MiB), 0.5 * 1e9 / 50e9 + 0.5 * 1e9 / 120e9);
  EXPECT_DOUBLE_EQ(seconds(128 * MiB), 1e9 / 50e9);
}

TEST(Floor, LargerOfReadingAndArithmetic) {
  const Calibration machine = reference();
  const Work product{.bytes_in = 8e6, .bytes_out = 2e6, .flops = 36e9};
  EXPECT_EQ(floor_of(machine, product, Type::f32, 4, 10 * MiB)->name, "FMA f32");
  EXPECT_DOUBLE_EQ(floor_of(machine, product, Type::f32, 4, 10 * MiB)->seconds, 0.1);
  EXPECT_DOUBLE_EQ(floor_of(machine, product, Type::f64, 2, 10 * MiB)->seconds, 0.36);
  EXPECT_EQ(floor_of(machine, product, Type::i64, 1, 10 * MiB)->name, "FMA f64");
  const Work written{.bytes_in = 0, .bytes_out = 50e9, .flops = 1};
  EXPECT_DOUBLE_EQ(floor_of(machine, written, Type::f32, 4, 50e9)->seconds, 1.0);
}

TEST(Floor, NoneWithoutWorkOrFigures) {
  EXPECT_FALSE(floor_of(reference(), reading(0), Type::f32, 1, 0));
  EXPECT_FALSE(floor_of(Calibration{}, reading(1e9), Type::f32, 1, 1e9));
}

TEST(Floor, ARemarkInTheLevelsNameStaysOut) {
  Calibration machine = reference();
  machine.levels.back().name = "DRAM (on 512 MiB of 1 GiB)";
  EXPECT_EQ(floor_of(machine, reading(1e9), Type::f32, 1, 1e9)->name, "DRAM read");
}

TEST(BetterOf, TakesEachFigureThatOthersDisturbedLess) {
  Calibration earlier = reference(), later = reference();
  earlier.disturbed_share = 0.5;
  later.disturbed_share = 0.3;
  later.date_utc = "2025-01-31T14:00:00Z";
  earlier.levels[0].best_gbytes_per_s_all = 900;
  later.levels[3].best_gbytes_per_s_1 = 25;
  later.fma_gflops_f64_1 = 40;
  earlier.team_s = 0;
  later.timer_s = 3e-8;
  const Calibration both = better_of(earlier, later);
  EXPECT_EQ(both.date_utc, later.date_utc);
  EXPECT_EQ(both.disturbed_share, 0.3);
  EXPECT_EQ(both.levels[0].best_gbytes_per_s_all, 900);
  EXPECT_EQ(both.levels[3].best_gbytes_per_s_1, 25);
  EXPECT_EQ(both.fma_gflops_f64_1, 50);
  EXPECT_EQ(both.team_s, 3e-6);
  EXPECT_EQ(both.timer_s, 2e-8);
}

TEST(BetterOf, IsTheLaterOneWhereTheyAreNotOfTheSameThings) {
  Calibration earlier = reference(), later = reference();
  earlier.levels[0].best_gbytes_per_s_all = 900;
  earlier.levels[3].name = "DRAM (on 512 MiB of 1 GiB)";
  EXPECT_EQ(to_json(better_of(earlier, later)), to_json(later));
  earlier = reference();
  earlier.threads = 2;
  earlier.fma_gflops_f32_1 = 1e6;
  EXPECT_EQ(to_json(better_of(earlier, later)), to_json(later));
}

class CalibrationFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("crossover-calibration-" + std::to_string(getpid()));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file() const { return folder_ / "deeper" / "calibration.json"; }
  void write(const std::string& text) const {
    std::filesystem::create_directories(file().parent_path());
    std::ofstream(file()) << text;
  }
  std::filesystem::path folder_;
};

TEST_F(CalibrationFile, ComesBackAsItWas) {
  ASSERT_EQ(save_calibration(file(), reference()), "");
  const LoadedCalibration loaded = load_calibration(file());
  ASSERT_TRUE(loaded.calibration) << loaded.reason;
  EXPECT_EQ(to_json(*loaded.calibration), to_json(reference()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file().parent_path()), {}), 1);
  EXPECT_GT(*age_days(*loaded.calibration), 300);
}

TEST(CalibrationAge, OfAnyYear) {
  Calibration calibration;
  calibration.date_utc = "9999-01-01T00:00:00Z";
  EXPECT_LT(*age_days(calibration), -1e6);
  calibration.date_utc = "1000-01-01T00:00:00Z";
  EXPECT_GT(*age_days(calibration), 1e5);
}

TEST_F(CalibrationFile, OfAnEarlierProgramHasNoCostOfATeam) {
  nlohmann::json json = to_json(reference());
  json.erase("team_s");
  write(json.dump());
  const LoadedCalibration loaded = load_calibration(file());
  ASSERT_TRUE(loaded.calibration) << loaded.reason;
  EXPECT_EQ(loaded.calibration->team_s, 0);
}

TEST_F(CalibrationFile, DamageIsAReasonAndNoCalibration) {
  EXPECT_EQ(load_calibration(file()).reason, "there is none yet");
  nlohmann::json json = to_json(reference());
  const std::string whole = json.dump();
  json["fma_gflops_f32_1"] = -1;
  const std::string negative = json.dump();
  json = to_json(reference());
  json["date_utc"] = "yesterday";
  const std::string undated = json.dump();
  json = to_json(reference());
  json["team_s"] = -1;
  const std::string no_time = json.dump();
  json = to_json(reference());
  json["levels"] = nlohmann::json::array();
  const std::string empty = json.dump();
  json = to_json(reference());
  json["version"] = 0;
  for (const std::string& text : {std::string(), whole.substr(0, whole.size() / 2), std::string("[]"),
                                  negative, undated, no_time, empty, json.dump()}) {
    write(text);
    const LoadedCalibration loaded = load_calibration(file());
    EXPECT_FALSE(loaded.calibration) << text;
    EXPECT_NE(loaded.reason.find("is not used"), std::string::npos) << text;
  }
}

TEST_F(CalibrationFile, SavingSaysWhatWentWrong) {
  EXPECT_NE(save_calibration({}, reference()), "");
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "deeper") << "a file where a folder should be";
  EXPECT_NE(save_calibration(file(), reference()), "");
}

TEST_F(CalibrationFile, StandsInTheUsersCache) {
  const char* before = std::getenv("XDG_CACHE_HOME");
  const std::string kept = before ? before : "";
  Machine machine;
  machine.cpu = "one";
  setenv("XDG_CACHE_HOME", "/cache", 1);
  const std::filesystem::path one = calibration_cache_path(machine);
  machine.cpu = "another";
  EXPECT_EQ(one.parent_path(), "/cache/crossover");
  EXPECT_NE(calibration_cache_path(machine), one);
  const std::vector<int> cpus = {0, 12}, others = {0, 1, 2};
  EXPECT_NE(calibration_cache_path(machine, cpus), calibration_cache_path(machine));
  EXPECT_NE(calibration_cache_path(machine, cpus), calibration_cache_path(machine, others));
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_NE(calibration_cache_path(machine).string().substr(0, 8), "relative");
  before ? setenv("XDG_CACHE_HOME", kept.c_str(), 1) : unsetenv("XDG_CACHE_HOME");
}

TEST(Kernels, ReadingAddsUpEveryWord) {
  alignas(64) std::uint64_t words[256];
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < 256; ++i) expected += words[i] = 0x9e3779b97f4a7c15u * (i + 1);
  const auto* bytes = reinterpret_cast<const std::byte*>(words);
  EXPECT_EQ(kernels::read_all(bytes, sizeof words, 1), expected);
  EXPECT_EQ(kernels::read_all(bytes, sizeof words, 3), 3 * expected);
  EXPECT_EQ(
      kernels::read_all(bytes, 512, 1), expected - [&] {
        std::uint64_t rest = 0;
        for (std::size_t i = 64; i < 256; ++i) rest += words[i];
        return rest;
      }());
}

TEST(Kernels, MultiplyAddsAreDoneAndCounted) {
  float single = 1.5f;
  double twice = 1.5;
  const double one_round = kernels::fma_f32(1, &single);
  // One round makes 1.5 * 0.75 + 0.25 of each chain; the sink is the sum over the chains.
  const double chains = single / 1.375;
  EXPECT_EQ(chains, std::round(chains));
  EXPECT_GE(one_round, 2 * chains);
  single = 1.5f;
  EXPECT_DOUBLE_EQ(kernels::fma_f32(100, &single), 100 * one_round);
  EXPECT_NEAR(single / chains, 1, 1e-6);  // converged, and nowhere near zero or infinity
  EXPECT_DOUBLE_EQ(kernels::fma_f64(2, &twice) * 2, kernels::fma_f64(4, &twice));
}

}  // namespace
}  // namespace crossover
