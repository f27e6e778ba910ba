// Asserts what counts as a disturbance, and that the counters are found, on file trees made by hand: control
// groups v1 and v2 with a quota, without one, and a kernel that says nothing. To add a case: lay out its
// files.
#include "bench/machine/contention.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <utility>

namespace crossover {
namespace {

namespace fs = std::filesystem;

TEST(Contention, DisturbsWhenTheCallWouldHaveBeenFaster) {
  EXPECT_FALSE((Contention{.preemptions = 0, .waited_s = {}, .throttled = {}}).disturbs(1e-4));
  EXPECT_TRUE((Contention{.preemptions = 1, .waited_s = {}, .throttled = {}}).disturbs(1e-4));
  EXPECT_FALSE((Contention{.preemptions = 7, .waited_s = 0.04, .throttled = false}).disturbs(1.0))
      << "waiting is known, and short";
  EXPECT_TRUE((Contention{.preemptions = 7, .waited_s = 0.06, .throttled = false}).disturbs(1.0));
  EXPECT_TRUE((Contention{.preemptions = 0, .waited_s = 0.0, .throttled = true}).disturbs(1.0));
}

TEST(Contention, IsTheRiseOfTheCounters) {
  const ContentionCounters before{
      .preemptions = 5, .waited_s = {{1, 1.0}, {2, 7.0}}, .stolen_s = 10.0, .throttled_periods = 3};
  const ContentionCounters after{
      .preemptions = 9, .waited_s = {{1, 1.25}, {2, 7.125}}, .stolen_s = 10.5, .throttled_periods = 3};
  const Contention brief = contention_between(before, after, 1e-3);
  EXPECT_EQ(brief.preemptions, 4);
  EXPECT_EQ(brief.waited_s, 0.25) << "of the longest; a tick of stolen time is longer than the call";
  EXPECT_EQ(brief.throttled, false);
  EXPECT_EQ(contention_between(before, after, 1.0).waited_s, 0.75);
  EXPECT_EQ(contention_between({}, after, 1.0).waited_s, std::nullopt) << "unknown is not zero";
  EXPECT_EQ(contention_between({}, after, 1.0).throttled, std::nullopt);
  EXPECT_EQ(contention_between({}, after, 1.0).preemptions, std::nullopt);
}

TEST(Contention, ThreadsComeAndGo) {
  const auto waited_s = [](std::map<int, double> before, std::map<int, double> after) {
    ContentionCounters first, second;
    first.waited_s = std::move(before);
    second.waited_s = std::move(after);
    return contention_between(first, second, 1.0).waited_s;
  };
  EXPECT_EQ(waited_s({{1, 0.5}, {2, 9.0}}, {{1, 0.75}}), 0.25) << "what an ended thread had waited is gone";
  EXPECT_EQ(waited_s({{1, 0.5}}, {{1, 0.5}, {3, 0.125}}), 0.125) << "a new thread has waited since it began";
}

TEST(Contention, OneTickOfStolenTimeSaysNothing) {
  ContentionCounters before, after;
  before.waited_s = after.waited_s = {{1, 0.0}};
  before.stolen_s = 1.0;
  after.stolen_s = 1.01;
  EXPECT_EQ(contention_between(before, after, 0.2).waited_s, 0.0);
  after.stolen_s = 1.02;
  EXPECT_GT(contention_between(before, after, 0.2).waited_s, 0.015);
}

class ContentionFiles : public testing::Test {
 protected:
  ContentionFiles() {
    std::string pattern = (fs::temp_directory_path() / "crossover-contention-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    write("proc/self/task/11/schedstat", "640842 1500000000 2\n");
    write("proc/self/task/12/schedstat", "7 500000000 1\n");
    write("proc/stat", "cpu  1 2 3 4 5 6 7 0 0 0\n");
  }
  ~ContentionFiles() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  fs::path root_;
};

TEST_F(ContentionFiles, EveryThreadIsRead) {
  EXPECT_EQ(ContentionReader(root_).read(true).waited_s, (std::map<int, double>{{11, 1.5}, {12, 0.5}}));
  EXPECT_TRUE(ContentionReader(root_).read(false).waited_s.empty());
  EXPECT_TRUE(ContentionReader(root_ / "nowhere").read(true).waited_s.empty());
}

TEST_F(ContentionFiles, OnlyAGroupWithAQuotaCanThrottle) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("proc/self/mountinfo", "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/a/cpu.stat", "nr_periods 9\nnr_throttled 4\n");
  write("sys/fs/cgroup/a/b/cpu.stat", "nr_periods 9\nnr_throttled 7\n");
  EXPECT_EQ(ContentionReader(root_).read(true).throttled_periods, std::nullopt);
  write("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  const ContentionReader reader(root_);
  EXPECT_EQ(reader.read(true).throttled_periods, 4);
  write("sys/fs/cgroup/a/cpu.stat", "nr_periods 12\nnr_throttled 6\n");
  EXPECT_EQ(reader.read(true).throttled_periods, 6) << "read anew each time";
  EXPECT_EQ(reader.read(false).throttled_periods, std::nullopt);
}

TEST_F(ContentionFiles, V1NamesItsQuotaOtherwise) {
  write("proc/self/cgroup", "4:cpu,cpuacct:/job\n");
  write("proc/self/mountinfo", "33 1 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
  write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu/job/cpu.stat", "nr_periods 9\nnr_throttled 5\n");
  EXPECT_EQ(ContentionReader(root_).read(true).throttled_periods, std::nullopt);
  write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "200000\n");
  EXPECT_EQ(ContentionReader(root_).read(true).throttled_periods, 5);
}

TEST(Contention, IsReadHere) {
  const ContentionCounters now = ContentionReader().read(true);
  EXPECT_TRUE(now.preemptions);
  EXPECT_EQ(now.waited_s.contains(static_cast<int>(getpid())), fs::exists("/proc/self/schedstat"));
}

TEST(Contention, WithoutTheWaitsOfACall) {
  const Contention waited{.preemptions = 2, .waited_s = 6.0, .throttled = {}};
  EXPECT_EQ(waited.without_waits(10), 4);
  EXPECT_EQ(waited.without_waits(5), 0.5) << "stolen time is that of all processors";
  EXPECT_EQ(Contention{}.without_waits(10), 10) << "nobody looked";
}

}  // namespace
}  // namespace crossover
