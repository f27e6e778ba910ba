// Asserts of energy: which of the kernel's counters are read, what is said where they cannot be, counters
// that wrap, a GPU through a pretend NVML, and what becomes of it in a row. To add a machine: files as in
// zone().
#include "bench/machine/energy.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "bench/worker/record.hpp"
#include "tests/rows.hpp"

namespace crossover {
namespace {

class EnergyTest : public testing::Test {
 protected:
  EnergyTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crossover-energy-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    setenv("CROSSOVER_NVML", CROSSOVER_PRETEND_NVML, 1);
  }
  ~EnergyTest() override {
    std::filesystem::remove_all(root_);
    unsetenv("CROSSOVER_NVML");
    unsetenv("PRETEND_NVML");
  }

  /// A zone of the kernel's powercap files.
  void zone(const std::string& folder, const std::string& name, const std::string& energy_uj,
            const std::string& range_uj = "262143328850") const {
    const auto path = root_ / "sys/class/powercap" / folder;
    std::filesystem::create_directories(path);
    std::ofstream(path / "name") << name << "\n";
    std::ofstream(path / "energy_uj") << energy_uj << "\n";
    std::ofstream(path / "max_energy_range_uj") << range_uj << "\n";
  }

  std::filesystem::path root_;
};

TEST_F(EnergyTest, AddsThePackagesAndNothingElse) {
  zone("intel-rapl:0", "package-0", "1000000");
  zone("intel-rapl:0:0", "core", "999");
  zone("intel-rapl:1", "package-1", "5000000");
  zone("intel-rapl:2", "psys", "7");
  zone("intel-rapl-mmio:0", "package-0", "1000000");
  const EnergyMeter meter("", root_);
  EXPECT_EQ(meter.packages_why_not(), "");
  const EnergyCounters before = meter.read();
  EXPECT_EQ(before.packages_uj, (std::vector<std::uint64_t>{1'000'000, 5'000'000}));
  zone("intel-rapl:0", "package-0", "3500000");
  zone("intel-rapl:1", "package-1", "5250000");
  const Energy used = meter.between(before, meter.read());
  ASSERT_TRUE(used.packages_j);
  EXPECT_DOUBLE_EQ(*used.packages_j, 2.75);
  EXPECT_FALSE(used.device_j);
}

TEST_F(EnergyTest, CountersWrap) {
  zone("intel-rapl:0", "package-0", "999999", "1000000");
  const EnergyMeter meter("", root_);
  const EnergyCounters before = meter.read();
  zone("intel-rapl:0", "package-0", "4");
  EXPECT_NEAR(meter.between(before, meter.read()).packages_j.value_or(-1), 5e-6, 1e-12);
}

TEST_F(EnergyTest, SaysWhyPackagesCannotBeRead) {
  EXPECT_NE(EnergyMeter("", root_).packages_why_not().find("no RAPL"), std::string::npos);
  zone("intel-rapl:0", "package-0", "1000000");
  zone("intel-rapl:1", "package-1", "what?");
  const EnergyMeter meter("", root_);
  EXPECT_NE(meter.packages_why_not().find("intel-rapl:1/energy_uj"), std::string::npos)
      << meter.packages_why_not();
  EXPECT_TRUE(meter.read().packages_uj.empty()) << "a part is not the whole";
  EXPECT_FALSE(meter.between({}, {}).packages_j);
}

TEST_F(EnergyTest, AsksTheGpuThroughItsDriver) {
  const EnergyMeter meter("0000:3b:00.0", root_);
  EXPECT_EQ(meter.device_why_not(), "");
  EXPECT_TRUE(meter.reads_anything());
  const EnergyCounters before = meter.read();
  EXPECT_DOUBLE_EQ(meter.between(before, meter.read()).device_j.value_or(-1), 1.0);
}

TEST_F(EnergyTest, SaysWhyAGpuDoesNot) {
  EXPECT_EQ(EnergyMeter("", root_).device_why_not(), "no GPU");
  EXPECT_NE(EnergyMeter("0000:00:00.0", root_).device_why_not().find("Not Found"), std::string::npos);
  setenv("PRETEND_NVML", "old", 1);
  EXPECT_NE(EnergyMeter("0000:3b:00.0", root_).device_why_not().find("Not Supported"), std::string::npos);
  setenv("PRETEND_NVML", "broken", 1);
  EXPECT_NE(EnergyMeter("0000:3b:00.0", root_).device_why_not().find("Driver Not Loaded"), std::string::npos);
  setenv("CROSSOVER_NVML", "/nowhere/libnvidia-ml.so.1", 1);
  const EnergyMeter none("0000:3b:00.0", root_);
  EXPECT_NE(none.device_why_not().find("unset CROSSOVER_NVML"), std::string::npos) << none.device_why_not();
  EXPECT_FALSE(none.reads_anything());
  EXPECT_FALSE(none.read().device_mj);
}

/// A row of calls of `call_s` that used so much each.
Row summed(const char* backend, int calls, double call_s, const Energy& each) {
  const Group group{find_problem("sum"), Shape{{1000}}, Type::f64, {}, 5, 60, {}};
  Row row;
  row.backend = backend;
  row.transfer = row.backend == "cpu" ? "none" : "pageable";
  GroupRecord record({row}, {false}, 8);
  record.apply(event::verified(0, {}));
  for (int i = 0; i < calls; ++i) {
    Event sample = event::sample(0, "call", i, {{"call", call_s}});
    event::add_energy(sample, each);
    record.apply(sample);
  }
  return record.rows(nullptr, 0, group).at(0);
}

TEST(EnergyRows, HaveTheMeanOfTheirCalls) {
  EXPECT_DOUBLE_EQ(summed("cpu", 10, 0.1, {2.5, {}}).energy_j.value_or(-1), 2.5);
  const Row device = summed("cuda", 20, 0.1, {2.5, 4.0});
  EXPECT_DOUBLE_EQ(device.energy_j.value_or(-1), 6.5) << "of the whole machine";
  EXPECT_DOUBLE_EQ(device.energy_device_j.value_or(-1), 4.0);
  EXPECT_FALSE(summed("cpu", 20, 0.1, {2.5, 4.0}).energy_device_j) << "it did nothing";
}

TEST(EnergyRows, AreEmptyWhereTheCountersDoNotTell) {
  EXPECT_FALSE(summed("cpu", 10, 0.1, {}).energy_j);
  EXPECT_FALSE(summed("cpu", 10, 0.001, {2.5, {}}).energy_j) << "10 ms: too coarse";
  const Row device = summed("cuda", 20, 0.1, {{}, 4.0});
  EXPECT_FALSE(device.energy_j) << "half of the machine is not the machine";
  EXPECT_DOUBLE_EQ(device.energy_device_j.value_or(-1), 4.0);
  EXPECT_FALSE(summed("cuda", 20, 0.001, {2.5, 4.0}).energy_device_j);
}

}  // namespace
}  // namespace crossover
