// Asserts: which CPUs a process may use and how they lie, from recorded files; the order in which bound
// threads take them; what --threads makes of the words. To add a machine: put its files under data/machine,
// or write the few that matter with Tree.
#include "bench/machine/topology.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench/machine/machine.hpp"
#include "bench/machine/thread_flags.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

fs::path two_sockets() { return fs::path(CROSSOVER_TEST_DATA) / "machine" / "two_sockets"; }

/// A file tree of one test.
class Tree {
 public:
  Tree() : root_(fs::path(testing::TempDir()) / ("crossover-topology-" + std::to_string(getpid()))) {
    fs::remove_all(root_);
  }
  ~Tree() { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << '\n';
  }
  void cpu(int id, const std::string& file, const std::string& text) const {
    write("sys/devices/system/cpu/cpu" + std::to_string(id) + "/" + file, text);
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

std::vector<int> order(const fs::path& root, Binding binding) {
  return binding_order(usable_cpus(root), binding);
}

TEST(CpuList, RangesAndSingles) {
  EXPECT_EQ(cpus_of_list("0"), std::vector{0});
  EXPECT_EQ(cpus_of_list("0-3,8"), (std::vector{0, 1, 2, 3, 8}));
  EXPECT_EQ(cpus_of_list("0,2,4-7").size(), 6U);
  EXPECT_TRUE(cpus_of_list("").empty());
  EXPECT_TRUE(cpus_of_list("none").empty());
  EXPECT_EQ(cpus_of_list("1,0-2147483647"), std::vector{1});  // no list of CPUs
  EXPECT_TRUE(cpus_of_list("3-1").empty());
}

TEST(Topology, SiblingsCachesNodesAndSockets) {
  const std::vector<LogicalCpu> cpus = usable_cpus(two_sockets());
  ASSERT_EQ(cpus.size(), 8U);
  EXPECT_EQ(cpus[0], (LogicalCpu{.id = 0, .package = 0, .node = 0, .l3 = 0, .core = 0}));
  EXPECT_EQ(cpus[1], (LogicalCpu{.id = 4, .package = 0, .node = 0, .l3 = 0, .core = 0}));
  EXPECT_EQ(cpus[6], (LogicalCpu{.id = 3, .package = 1, .node = 1, .l3 = 2, .core = 3}));
  EXPECT_EQ(physical_cores(cpus), 4);
}

TEST(Topology, CloseFillsSiblingsFirstSpreadTakesThemLast) {
  EXPECT_EQ(order(two_sockets(), Binding::close), (std::vector{0, 4, 1, 5, 2, 6, 3, 7}));
  EXPECT_EQ(order(two_sockets(), Binding::spread), (std::vector{0, 2, 1, 3, 4, 6, 5, 7}));
  EXPECT_TRUE(order(two_sockets(), Binding::none).empty());
}

TEST(Topology, OfACpusetOnlyWhatIsAllowedAndOn) {
  const Tree tree;
  tree.write("sys/devices/system/cpu/online", "0-5");
  tree.write("proc/self/status", "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t1-3,7\nMems_allowed:\t1");
  for (const int id : {1, 2}) tree.cpu(id, "topology/core_cpus_list", "1-2");
  tree.cpu(3, "topology/core_cpus_list", "0,3");
  const Machine machine = machine_facts(tree.root());
  EXPECT_EQ(machine.usable, 3);
  EXPECT_EQ(machine.usable_cores, 2);
  EXPECT_EQ(binding_order(machine.cpus, Binding::close), (std::vector{3, 1, 2}));
  EXPECT_EQ(binding_order(machine.cpus, Binding::spread), (std::vector{3, 1, 2}));
}

TEST(Topology, SpreadGoesOverCachesOfOneSocketAndSiblingsComeLastEvenWhereCoresAreFew) {
  const Tree tree;
  tree.write("sys/devices/system/cpu/online", "0-6");
  // One L3 with one core of two siblings (0, 1), one with five cores.
  for (int id = 0; id < 7; ++id) {
    tree.cpu(id, "topology/physical_package_id", "0");
    tree.cpu(id, "topology/core_cpus_list", id < 2 ? "0-1" : std::to_string(id));
    tree.cpu(id, "cache/index0/level", "1");
    tree.cpu(id, "cache/index1/level", "3");
    tree.cpu(id, "cache/index1/shared_cpu_list", id < 2 ? "0-1" : "2-6");
  }
  EXPECT_EQ(order(tree.root(), Binding::spread), (std::vector{0, 2, 3, 4, 5, 6, 1}));
  EXPECT_EQ(order(tree.root(), Binding::close), (std::vector{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Topology, SpreadGoesOverMemoryNodesOfOneSocket) {
  const Tree tree;
  tree.write("sys/devices/system/cpu/online", "0-3");
  tree.write("sys/devices/system/node/node0/cpulist", "0-1");
  tree.write("sys/devices/system/node/node1/cpulist", "2-3");
  EXPECT_EQ(order(tree.root(), Binding::spread), (std::vector{0, 2, 1, 3}));
  EXPECT_EQ(usable_cpus(tree.root()).at(2).node, 1);
}

TEST(Topology, WithoutFilesEveryCpuIsItsOwnCore) {
  const Tree tree;
  EXPECT_TRUE(usable_cpus(tree.root()).empty());
  tree.write("sys/devices/system/cpu/online", "0-2");
  EXPECT_EQ(physical_cores(usable_cpus(tree.root())), 3);
  EXPECT_EQ(order(tree.root(), Binding::spread), (std::vector{0, 1, 2}));
}

TEST(Topology, OfThisMachine) {
  const std::vector<LogicalCpu> cpus = usable_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_LE(physical_cores(cpus), static_cast<int>(cpus.size()));
  EXPECT_EQ(binding_order(cpus, Binding::spread).size(), cpus.size());
}

TEST(ThreadFlags, WordsAreCountsOfThisMachine) {
  const Machine machine = machine_facts(two_sockets());
  EXPECT_EQ(parse_threads("all", machine), std::vector{8});
  EXPECT_EQ(parse_threads("physical", machine), std::vector{4});
  EXPECT_EQ(parse_threads("1,all,physical,8,2,2", machine), (std::vector{1, 8, 4, 2}));
  EXPECT_EQ(doubling_threads(machine), (std::vector{1, 2, 4, 8}));
  Machine odd = machine;
  odd.usable = 6;
  EXPECT_EQ(doubling_threads(odd), (std::vector{1, 2, 4, 6}));
  odd.usable = 1;
  EXPECT_EQ(doubling_threads(odd), std::vector{1});
}

TEST(ThreadFlags, AQuotaBoundsTheWords) {
  const Machine machine = machine_facts(fs::path(CROSSOVER_TEST_DATA) / "machine" / "virtual");
  EXPECT_EQ(parse_threads("1,all,physical", machine), (std::vector{1, 2}));  // four CPUs, worth 1.5
}

TEST(ThreadFlags, WhatCannotBeMeant) {
  const Machine machine = machine_facts(two_sockets());
  for (const char* text : {"al", "cores", "", "1,,2", "0", "5000", "-1"})
    EXPECT_THROW(parse_threads(text, machine), UsageError) << text;
  for (const char* text : {"clos", "", "close,spread", "Spread"})
    EXPECT_THROW(parse_binding(text, machine), UsageError) << text;
  EXPECT_EQ(parse_binding("close", machine), Binding::close);
  EXPECT_EQ(parse_binding("none", machine), Binding::none);
  EXPECT_THROW(parse_binding("close", Machine{}), UsageError);  // no CPUs are known
  setenv("OMP_PROC_BIND", "true", 1);
  EXPECT_THROW(parse_binding("spread", machine), UsageError);
  EXPECT_EQ(parse_binding("none", machine), Binding::none);
  unsetenv("OMP_PROC_BIND");
}

}  // namespace
}  // namespace crossover
