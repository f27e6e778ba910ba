// Asserts how much memory a process may still use, and which limit says so, on file trees recorded from
// systems with control groups v1, v2 and both; and that the guard stops a real worker.
// To add a case: put the files under data/memory/NAME (proc/..., sys/fs/cgroup/...) and read it with in().
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "bench/base/input_file.hpp"
#include "bench/machine/cgroup.hpp"
#include "bench/machine/memory_guard.hpp"
#include "bench/machine/memory_limits.hpp"

namespace crossover {
namespace {

constexpr std::size_t MiB = std::size_t{1} << 20, GiB = std::size_t{1} << 30;

std::filesystem::path tree(const std::string& name) {
  return std::filesystem::path(CROSSOVER_TEST_DATA) / "memory" / name;
}

ResourceLimits no_resource_limits() { return {}; }

MemoryLimits in(const std::string& name, std::size_t user_limit_bytes = 0,
                ResourceLimits (*resource_limits)() = no_resource_limits) {
  return host_memory_limits(tree(name), user_limit_bytes, resource_limits);
}

TEST(MemoryLimits, WithoutGroupsTheMachineDecides) {
  const MemoryLimits limits = in("plain");
  ASSERT_EQ(limits.all.size(), 1u);
  EXPECT_EQ(limits.tightest().available_bytes, 8 * GiB);
  EXPECT_EQ(limits.tightest().source, "memory available on this machine (MemAvailable 8 GiB)");
}

TEST(MemoryLimits, V1WalksPastAGroupWithoutLimitToItsParent) {
  const MemoryLimits limits = in("v1");
  EXPECT_EQ(limits.all.size(), 2u);  // 2^63 - 4096 is no limit
  EXPECT_EQ(limits.tightest().available_bytes, 4 * GiB - (1 * GiB - 256 * MiB));
  EXPECT_EQ(limits.tightest().source,
            "cgroup v1 limit of /jobs (memory.limit_in_bytes 4 GiB, 768 MiB in use)");
}

TEST(MemoryLimits, V1ContainerSeesItsGroupAtTheMountsRoot) {
  const MemoryLimits limits = in("v1_container");
  ASSERT_EQ(limits.all.size(), 2u);
  EXPECT_EQ(limits.tightest().available_bytes, 424 * MiB);
  EXPECT_EQ(limits.tightest().source, "cgroup v1 limit of / (memory.limit_in_bytes 1 GiB, 600 MiB in use)");
}

TEST(MemoryLimits, V2GivesBackWhatIsReclaimable) {
  const MemoryLimits limits = in("v2");
  EXPECT_EQ(limits.all.size(), 2u);  // "max" is no limit
  EXPECT_EQ(limits.tightest().available_bytes, 2 * GiB - (512 - 100) * MiB);
  EXPECT_EQ(limits.tightest().source, "cgroup v2 limit of /a/b (memory.max 2 GiB, 412 MiB in use)");
}

TEST(MemoryLimits, V2ParentMayBeTighter) {
  const MemoryLimits limits = in("v2_nested");
  EXPECT_EQ(limits.all.size(), 3u);
  EXPECT_EQ(limits.tightest().available_bytes, 250 * MiB);
  EXPECT_NE(limits.tightest().source.find("of /user.slice ("), std::string::npos);
  EXPECT_NE(limits.all[1].source.find("of /user.slice/my job.scope ("), std::string::npos);
}

TEST(MemoryLimits, V2NamespaceAndMountPointWithABlank) {
  const MemoryLimits limits = in("v2_namespace");
  EXPECT_EQ(limits.tightest().available_bytes, (512 - 64) * MiB);
}

TEST(MemoryLimits, HybridReadsTheV1Controller) {
  const MemoryLimits limits = in("hybrid");
  ASSERT_EQ(limits.all.size(), 2u);
  EXPECT_EQ(limits.tightest().available_bytes, 5 * GiB);
  EXPECT_EQ(limits.tightest().source.substr(0, 25), "cgroup v1 limit of /work ");
}

TEST(MemoryLimits, DamagedFilesAreNoLimitsAndAFullGroupLeavesNothing) {
  const MemoryLimits limits = in("damaged");
  ASSERT_EQ(limits.all.size(), 3u);
  EXPECT_EQ(limits.tightest().available_bytes, 0u);
  EXPECT_EQ(limits.tightest().source, "cgroup v2 limit of /a/b/c (memory.max 1 MiB, 2 MiB in use)");
  EXPECT_EQ(limits.all[2].available_bytes, GiB);  // usage missing: taken as nothing
}

TEST(MemoryLimits, NothingReadableLeavesNoBound) {
  EXPECT_TRUE(in("no_such_tree").all.empty());
  EXPECT_GT(in("no_such_tree").tightest().available_bytes, std::size_t{1} << 60);
}

TEST(MemoryLimits, ResourceLimitsLessWhatIsUsed) {
  const MemoryLimits limits = in("plain", 0, [] { return ResourceLimits{{1 * GiB}, {512 * MiB}}; });
  ASSERT_EQ(limits.all.size(), 3u);
  EXPECT_EQ(limits.all[1].available_bytes, 1 * GiB - 300000 * 1024);
  EXPECT_EQ(limits.all[1].source, "RLIMIT_AS of this process (1 GiB, 292.97 MiB in use)");
  EXPECT_EQ(limits.all[2].available_bytes, 512 * MiB - 150000 * 1024);
  EXPECT_EQ(&limits.tightest(), &limits.all[2]);
}

TEST(MemoryLimits, TheUsersLimitCountsTheProgramItself) {
  EXPECT_EQ(in("v2", 600 * MiB).tightest().available_bytes, 500 * MiB);
  EXPECT_EQ(in("v2", 600 * MiB).tightest().source, "--host-memory-limit 600 MiB (100 MiB in use)");
  EXPECT_EQ(in("v2", 50 * MiB).tightest().available_bytes, 0u);
}

TEST(MemoryLimits, ThisSystemSaysSomething) {
  EXPECT_FALSE(host_memory_limits().all.empty());
  EXPECT_GT(program_bytes(), 100u * 1024);
  EXPECT_LT(program_bytes(), 4 * GiB);
}

TEST(OomKills, FromTheOwnGroupElseFromTheMachine) {
  EXPECT_EQ(oom_kills(tree("v1")), 3);
  EXPECT_EQ(oom_kills(tree("v2")), 2);
  EXPECT_EQ(oom_kills(tree("plain")), 7);
  EXPECT_EQ(oom_kills(tree("no_such_tree")), std::nullopt);
}

TEST(BytesText, KeepsTwoDigitsWhereTheyMatter) {
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(1023), "1023 bytes");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(40'000'000'000), "37.25 GiB");
  EXPECT_EQ(bytes_text(GiB - 1), "1 GiB");
}

/// Maps and touches `bytes`; returns errno where the mapping was refused, else 0.
int touch(std::size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return errno;
  for (std::size_t i = 0; i < bytes; i += 4096) static_cast<volatile char*>(data)[i] = 1;
  munmap(data, bytes);
  return 0;
}

/// What `body` returned in a child process, as waitpid reports it.
template <class Body>
int in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

/// The guard adds to what a test program holds already; more under a sanitizer.
std::size_t data_bytes() {
  return field_of(read_system_file("/proc/self/status"), "VmData").value_or(0) * 1024;
}

TEST(MemoryGuard, MappingPastTheLimitIsRefusedInTheWorkerAlone) {
  const int status = in_child([] {
    const std::string failed = apply_memory_guard(data_bytes() + 64 * MiB);
    if (failed.find("RLIMIT_DATA") != std::string::npos) return 1;
    if (touch(32 * MiB) != 0) return 2;
    if (touch(128 * MiB) != ENOMEM) return 3;
    return touch(32 * MiB) == 0 ? 0 : 4;  // and it lives on
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(touch(128 * MiB), 0);
}

TEST(MemoryGuard, NeverBelowWhatIsInUse) {
  const int status = in_child([] {
    apply_memory_guard(1);
    const ResourceLimits limits = process_resource_limits();
    return limits.data_bytes && *limits.data_bytes + MiB >= data_bytes() && touch(64 * MiB) == ENOMEM ? 0 : 1;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(MemoryGuard, TheWorkerIsTheKernelsFirstChoice) {
  const int status = in_child([] {
    const std::string failed = apply_memory_guard(GiB);
    return failed.empty() && read_count("/proc/self/oom_score_adj") == 1000 ? 0 : 1;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ChildCgroup, KillsTheWorkerPastItsLimitAndCountsIt) {
  ChildCgroup group(64 * MiB);
  if (!group.made()) GTEST_SKIP() << "no control group can be made here: " << group.why_not();
  EXPECT_EQ(group.oom_kills(), 0);
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  const pid_t child = fork();
  if (child == 0) {
    char go = 0;
    if (read(gate[0], &go, 1) != 1) _exit(1);
    _exit(touch(256 * MiB) == 0 ? 0 : 2);
  }
  EXPECT_TRUE(group.add(child)) << group.why_not();
  ASSERT_EQ(write(gate[1], "g", 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  close(gate[0]);
  close(gate[1]);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(group.oom_kills(), 1);
}

TEST(ChildCgroup, IsRemovedWithItsOwner) {
  const auto groups_left = [] {
    int count = 0;
    for (const CgroupPath& path : cgroup_paths("/", "memory"))
      for (const CgroupLevel& level : path.levels) {
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(level.directory, error))
          count += entry.path().filename().string().starts_with("crossover-" + std::to_string(getpid()));
      }
    return count;
  };
  {
    const ChildCgroup group(64 * MiB);
    if (!group.made()) GTEST_SKIP() << "no control group can be made here: " << group.why_not();
    EXPECT_EQ(groups_left(), 1);
  }
  EXPECT_EQ(groups_left(), 0);
}

TEST(ChildCgroup, SaysWhyThereIsNone) {
  ChildCgroup group(64 * MiB, tree("plain"));
  EXPECT_FALSE(group.made());
  EXPECT_FALSE(group.why_not().empty());
  EXPECT_FALSE(group.add(getpid()));
  EXPECT_EQ(group.oom_kills(), 0);
}

TEST(Peak, StartsAgainAndSeesANewMaximum) {
  ASSERT_EQ(touch(96 * MiB), 0);
  reset_peak();
  const std::size_t before = peak_bytes();
  if (before > program_bytes() + 64 * MiB) GTEST_SKIP() << "this kernel does not let the peak be reset";
  ASSERT_EQ(touch(64 * MiB), 0);
  EXPECT_GE(peak_bytes(), before + 60 * MiB);
  EXPECT_LT(peak_bytes(), before + 90 * MiB);
}

}  // namespace
}  // namespace crossover
