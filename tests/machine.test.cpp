// Asserts what is read of a machine from recorded files, and how its label is made.
// To add a case: put the files under data/machine/NAME (proc/..., sys/...) and read it with facts().
#include "bench/machine/machine.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "bench/machine/microarchitecture.hpp"

namespace crossover {
namespace {

std::filesystem::path tree(const std::string& name) {
  return std::filesystem::path(CROSSOVER_TEST_DATA) / "machine" / name;
}
Machine facts(const std::string& name) { return machine_facts(tree(name)); }

TEST(Machine, TwoSocketsWithThreadsOfACoreTogether) {
  const Machine machine = facts("two_sockets");
  EXPECT_EQ(machine.cpu, "AMD EPYC 9354 32-Core Processor");
  EXPECT_EQ(machine.sockets, 2);
  EXPECT_EQ(machine.cores, 4);
  EXPECT_EQ(machine.online, 8);
  EXPECT_EQ(machine.usable, 8);
  EXPECT_EQ(machine_label(machine), "zen4-4c");
  EXPECT_FALSE(machine.virtual_machine);
  EXPECT_EQ(machine.governor, "performance");
  ASSERT_TRUE(machine.frequency_mhz);
  EXPECT_NEAR(*machine.frequency_mhz, 3799.123, 1e-9);
  EXPECT_EQ(machine.huge_pages, "madvise");
  EXPECT_EQ(machine.memory_bytes, 128u << 20);
  EXPECT_EQ(machine.kernel, "6.8.0-45-generic");
  EXPECT_EQ(machine.os, "Ubuntu 24.04.1 LTS");
}

TEST(Machine, CachesKnowWhoSharesThem) {
  const Machine machine = facts("two_sockets");
  EXPECT_EQ(machine.l1d.bytes, 32u << 10);  // the instruction cache is passed over
  EXPECT_EQ(machine.l1d.shared_by, 2);
  EXPECT_EQ(machine.l1d.instances, 4);
  EXPECT_EQ(machine.l2.bytes, 1u << 20);
  EXPECT_EQ(machine.l3.bytes, 32u << 20);
  EXPECT_EQ(machine.l3.shared_by, 4);
  EXPECT_EQ(machine.l3.instances, 2);
  const Limits limits = default_limits(machine, 3);
  EXPECT_EQ(limits.threads, 3);
  EXPECT_EQ(limits.cache_bytes, 1u << 20);
  EXPECT_EQ(limits.last_level_bytes, 32u << 20);
}

TEST(Machine, VirtualMachineUnderAQuota) {
  const Machine machine = facts("virtual");
  EXPECT_EQ(machine_label(machine), "spr-4c");
  EXPECT_TRUE(machine.virtual_machine);
  EXPECT_EQ(machine.hypervisor, "QEMU");
  EXPECT_EQ(machine.usable, 2);  // 1.5 processors, rounded up
  EXPECT_EQ(machine.l3.bytes, 0u);
  EXPECT_EQ(machine.governor, "");
  EXPECT_FALSE(machine.frequency_mhz);
  const Limits fallback;
  EXPECT_EQ(default_limits(machine, 1).cache_bytes, fallback.cache_bytes);
}

TEST(Machine, QuotaOfAV1Parent) {
  const Machine machine = machine_facts(std::filesystem::path(CROSSOVER_TEST_DATA) / "memory" / "v1");
  EXPECT_EQ(machine.online, 8);
  EXPECT_EQ(machine.usable, 2);  // no quota of its own (-1), 1.5 processors one level up
}

TEST(Machine, Arm64) {
  const Machine machine = facts("arm64");
  EXPECT_EQ(machine_label(machine), "v1-2c");
  EXPECT_EQ(machine.cores, 2);
  EXPECT_EQ(machine.cpu, "v1");
}

TEST(Machine, AnEmptyTreeStillHasALabel) {
  const Machine machine = facts("no_such_tree");
  EXPECT_EQ(machine.kind, "cpu");
  EXPECT_GE(machine.cores, 1);
  EXPECT_GE(machine.usable, 1);
}

TEST(Machine, ThisOneIsReadAndWritten) {
  const Machine machine = machine_facts();
  EXPECT_GE(machine.online, machine.usable);
  EXPECT_GT(machine.memory_bytes, 64u << 20);
  EXPECT_FALSE(machine.compiler.empty());
  const nlohmann::json json = to_json(machine);
  EXPECT_EQ(json.at("label"), machine_label(machine));
  EXPECT_EQ(json.at("l2").at("bytes"), machine.l2.bytes);
  char host[256] = {};
  ASSERT_EQ(gethostname(host, sizeof host - 1), 0);
  if (std::string(host).size() > 4) {
    EXPECT_EQ(machine_label(machine).find(host), std::string::npos);
  }
}

std::string cpuinfo(const char* vendor, int family, int model, int stepping) {
  return "processor\t: 0\nvendor_id\t: " + std::string(vendor) + "\ncpu family\t: " + std::to_string(family) +
         "\nmodel\t\t: " + std::to_string(model) +
         "\nmodel name\t: 99 model : 3\nstepping\t: " + std::to_string(stepping) + "\n";
}

TEST(Microarchitecture, FromFamilyModelAndStepping) {
  EXPECT_EQ(microarchitecture(cpuinfo("GenuineIntel", 6, 207, 2)), "emr");
  EXPECT_EQ(microarchitecture(cpuinfo("GenuineIntel", 6, 0x55, 4)), "skx");
  EXPECT_EQ(microarchitecture(cpuinfo("GenuineIntel", 6, 0x55, 7)), "clx");
  EXPECT_EQ(microarchitecture(cpuinfo("GenuineIntel", 6, 0x55, 11)), "cpx");
  EXPECT_EQ(microarchitecture(cpuinfo("AuthenticAMD", 0x19, 0x01, 1)), "zen3");
  EXPECT_EQ(microarchitecture(cpuinfo("AuthenticAMD", 0x19, 0x61, 2)), "zen4");
  EXPECT_EQ(microarchitecture(cpuinfo("AuthenticAMD", 0x1a, 0x44, 0)), "zen5");
  EXPECT_EQ(microarchitecture(cpuinfo("AuthenticAMD", 6, 207, 2)), "x86");
  EXPECT_EQ(microarchitecture(cpuinfo("GenuineIntel", 6, 0xff, 0)), "x86");
  EXPECT_EQ(microarchitecture("hart\t: 0\nisa\t: rv64imafdc\n"), "cpu");
}

TEST(Disturbance, StealAndThrottlingFromText) {
  EXPECT_DOUBLE_EQ(steal_seconds("cpu  1 2 3 4 5 6 7 412 0 0\ncpu0 9 9 9 9 9 9 9 9\n", 100), 4.12);
  EXPECT_DOUBLE_EQ(steal_seconds("cpu  1 2 3 4\n", 100), 0);  // kernels before 2.6.11 count no steal
  EXPECT_DOUBLE_EQ(steal_seconds("", 100), 0);
  EXPECT_EQ(sample_disturbance(tree("virtual")).throttled_periods, 5);
  EXPECT_GT(sample_disturbance(tree("two_sockets")).steal_s, 0);
}

TEST(Disturbance, TheSpinTakesTimeAndCountersNeverFall) {
  const Disturbance before = sample_disturbance(), after = sample_disturbance();
  EXPECT_GT(before.spin_s, 1e-4);  // 1.25 million dependent rounds: no processor does one in 0.08 ns
  EXPECT_GE(after.steal_s, before.steal_s);
  EXPECT_GE(after.throttled_periods, before.throttled_periods);
}

}  // namespace
}  // namespace crossover
