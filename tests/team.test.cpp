// Asserts: threads of a team stand on the CPUs they were given, a smaller team and its successor too, and
// everyone is free again afterwards. Skipped where the process has one CPU.
#include "cpu/team.hpp"

#include <gtest/gtest.h>
#include <omp.h>
#include <sched.h>

#include <stdexcept>
#include <vector>

#include "bench/machine/topology.hpp"

namespace crossover::cpu {
namespace {

struct Place {
  int allowed = 0, on = -1;  ///< CPUs in the thread's mask, and the one it runs on
};

Place place_of_this_thread() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof mask, &mask);
  return {CPU_COUNT(&mask), sched_getcpu()};
}

std::vector<Place> places(int threads) {
  std::vector<Place> found(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads)
  found[static_cast<std::size_t>(omp_get_thread_num())] = place_of_this_thread();
  return found;
}

class Team : public testing::Test {
 protected:
  void SetUp() override {
    for (const LogicalCpu& cpu : usable_cpus()) cpus.push_back(cpu.id);
    if (cpus.size() < 2) GTEST_SKIP() << "one CPU: nothing to choose";
    cpus.resize(2);
  }
  void TearDown() override {
    if (!cpus.empty()) start_team(2, {});
  }

  void expect_tied(int threads, const std::vector<int>& order) {
    const std::vector<Place> found = places(threads);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].allowed, 1) << "thread " << i << " of " << threads;
      EXPECT_EQ(found[i].on, order[i % order.size()]) << "thread " << i << " of " << threads;
    }
  }

  std::vector<int> cpus;
};

TEST(TeamSize, IsCounted) {
  const int levels = omp_get_max_active_levels();
  omp_set_max_active_levels(0);
  EXPECT_THROW(start_team(2, {}), std::runtime_error) << "one thread computes";
  EXPECT_NO_THROW(start_team(1, {}));
  take_asked_teams();
  EXPECT_NO_THROW(start_team(2, {}));
  omp_set_max_active_levels(levels);
}

TEST_F(Team, StandsWhereItIsTold) {
  start_team(2, cpus);
  expect_tied(2, cpus);
  const std::vector<int> turned = {cpus[1], cpus[0]};
  start_team(2, turned);
  expect_tied(2, turned);
}

TEST_F(Team, MoreThreadsThanCpusShareThem) {
  start_team(5, cpus);
  expect_tied(5, cpus);
}

TEST_F(Team, ALargerTeamAfterASmallerOneIsPlacedAgain) {
  start_team(4, cpus);
  start_team(2, cpus);
  expect_tied(2, cpus);  // the runtime ends two threads
  start_team(4, cpus);
  expect_tied(4, cpus);
  start_team(1, cpus);
  expect_tied(1, cpus);
}

TEST_F(Team, IsFreeAgain) {
  start_team(2, {});
  const std::vector<Place> before = places(3);
  start_team(3, cpus);
  expect_tied(3, cpus);
  start_team(3, {});
  const std::vector<Place> after = places(3);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(after[i].allowed, before[i].allowed) << i;
  EXPECT_GE(after[0].allowed, 2);
}

TEST_F(Team, ThreadsThatStartLaterAreFreeOnceTheCallerIs) {
  start_team(1, cpus);
  start_team(1, {});
  for (const Place& place : places(4)) EXPECT_GE(place.allowed, 2);
}

TEST_F(Team, ACpuThatIsNotThereIsSaid) {
  const std::vector<int> absent = {8191};
  try {
    start_team(2, absent);
    FAIL() << "CPU 8191 was accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("CPU 8191"), std::string::npos) << error.what();
  }
  EXPECT_THROW(tie_this_thread(8191), std::runtime_error);
}

}  // namespace
}  // namespace crossover::cpu
