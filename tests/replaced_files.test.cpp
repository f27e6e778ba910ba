// Asserts: a file that is replaced is whole, the new one or the old one, and nothing else is left beside it;
// no link is followed to another's file; the cache is its user's alone.
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "bench/base/input_file.hpp"
#include "bench/base/output_file.hpp"
#include "bench/model/profile.hpp"
#include "common/fresh_file.hpp"
#include "common/npy.hpp"
#include "program.hpp"
#include "rows.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// While it lives no file can grow past so many bytes, as on a full disk; programs that are started inherit
/// it.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit tight{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  sighandler_t handler_;
  rlimit before_{};
};

class ReplacedFiles : public ProgramTest {
 protected:
  ReplacedFiles() : ProgramTest(CROSSOVER_PROGRAM) {
    fs::create_directory(folder_ / "out");
    put("out/kept", "precious");
    fs::copy_file(CROSSOVER_TEST_DATA + "/invented-8c-gpu.json", folder_ / "profile.json");
  }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "out"))
      found.insert(entry.path().filename());
    return found;
  }

  void expect_kept(const std::string& name, const Ended& ended) const {
    EXPECT_EQ(ended.status, 2) << ended.err;
    EXPECT_NE(ended.err.find("what was there before stays"), std::string::npos) << ended.err;
    EXPECT_EQ(text(name), "precious");
    EXPECT_EQ(names().size(), 1U) << "and nothing is left beside it";
  }
};

const std::string long_text(10'000, 'x');

/// Whoever is killed meanwhile would leave a file that --resume does not know.
TEST_F(ReplacedFiles, TryingIsDoneUnderAnotherName) {
  const auto before = names();
  const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(inotify_add_watch(watch, path("out").c_str(), IN_CREATE), 0);
  check_writable(path("out/new.json"));
  alignas(inotify_event) std::array<char, 4096> events{};
  ASSERT_GT(read(watch, events.data(), events.size()), 0) << "it was tried";
  close(watch);
  EXPECT_STRNE(reinterpret_cast<const inotify_event*>(events.data())->name, "new.json");
  EXPECT_EQ(names(), before);
}

TEST_F(ReplacedFiles, StayOnAFullDisk) {
  {
    const FullDisk full(4'000);
    EXPECT_THROW(write_whole(path("out/kept"), long_text), OutputError);
    EXPECT_EQ(text("out/kept"), "precious");
    EXPECT_THROW(OutputFile(path("out/new"), Existing::refuse).write(long_text), OutputError);
    EXPECT_EQ(names(), std::set<std::string>{"kept"}) << "no empty file of that name either";
  }
  write_whole(path("out/kept"), long_text);
  EXPECT_EQ(text("out/kept"), long_text);
  EXPECT_EQ(names(), std::set<std::string>{"kept"});
}

TEST_F(ReplacedFiles, OfTheCommandsStayOnAFullDisk) {
  const FullDisk full(2'000);
  fs::rename(folder_ / "out/kept", folder_ / "out/policy.h");
  expect_kept("out/policy.h", run("choose --profile profile.json --output out/policy.h --force --quiet"));
  fs::rename(folder_ / "out/policy.h", folder_ / "out/policy.json");
  expect_kept("out/policy.json",
              run("choose --profile profile.json --output out/policy.json --force --quiet"));
  fs::rename(folder_ / "out/policy.json", folder_ / "out/forecast.csv");
  expect_kept(
      "out/forecast.csv",
      run("predict sum --n 1e3,1e4,1e5,1e6 --profile profile.json --csv out/forecast.csv --force --quiet"));
  fs::rename(folder_ / "out/forecast.csv", folder_ / "out/rows.json");
  expect_kept("out/rows.json",
              run("run sum --n 1000 --solver serial --budget 0.1 --json out/rows.json --force --quiet"));
}

TEST_F(ReplacedFiles, AreReplacedByTheFirstTextAndGrow) {
  {
    OutputFile file(path("out/kept"), Existing::replace);
    EXPECT_EQ(text("out/kept"), "precious") << "nothing was written yet";
    file.write("one ");
    EXPECT_EQ(text("out/kept"), "one ");
    file.write("two");
  }
  EXPECT_EQ(text("out/kept"), "one two");
  { const OutputFile unused(path("out/kept"), Existing::replace); }
  EXPECT_EQ(text("out/kept"), "one two");
  EXPECT_EQ(names(), std::set<std::string>{"kept"});
}

TEST_F(ReplacedFiles, KeepTheirModeAndTheLinksToThem) {
  ASSERT_EQ(chmod(path("out/kept").c_str(), 0640), 0);
  fs::create_symlink("out/kept", folder_ / "link");
  write_whole(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(text("out/kept"), "new");
  EXPECT_EQ(fs::status(folder_ / "out/kept").permissions(), fs::perms(0640));
}

TEST_F(ReplacedFiles, AreWrittenUnderNamesThatNobodyCanForetell) {
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    const FreshFile fresh = create_beside(path("out/kept"));
    ASSERT_GE(fresh.descriptor, 0);
    close(fresh.descriptor);
    EXPECT_EQ(fs::path(fresh.path).parent_path(), folder_ / "out");
    seen.insert(fresh.path);
  }
  EXPECT_EQ(seen.size(), 20U);
  // What the names were before: links there lead to nobody's file any more.
  for (const std::string& old :
       {std::string("out/kept.new"), "out/kept.unfinished." + std::to_string(getpid())})
    fs::create_symlink(path("victim"), folder_ / old);
  put("victim", "another's");
  write_whole(path("out/kept"), "new");
  float value = 1;
  write_npy(path("out/kept"), {&value, Type::f32, Extents{.rank = 1, .size = {1, 1}}});
  EXPECT_EQ(text("victim"), "another's");
}

TEST_F(ReplacedFiles, TheCacheIsItsUsersAlone) {
  const Machine machine = machine_facts();
  const fs::path file = calibration_cache_path(machine), cache = file.parent_path();
  EXPECT_EQ(fs::status(cache).permissions(), fs::perms(0700));
  const Calibration kept = *load_calibration(file).calibration;
  for (const fs::perms open : {fs::perms(0770), fs::perms(0702), fs::perms(0777)}) {
    fs::permissions(cache, open);
    EXPECT_NE(load_calibration(file).reason.find("others may write there; chmod 700"), std::string::npos);
    EXPECT_NE(save_calibration(file, kept).find("others may write there"), std::string::npos);
  }
  write_whole(profile_cache_path(machine), text("profile.json"));
  const Ended ended = run("predict sum");
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.err.find("others may write there"), std::string::npos) << ended.err;
  fs::permissions(cache, fs::perms(0755));
  EXPECT_TRUE(load_calibration(file).calibration) << "others may read it";
  fs::rename(cache, folder_ / "elsewhere");
  fs::create_directory_symlink(folder_ / "elsewhere", cache);
  EXPECT_NE(load_calibration(file).reason.find("a link to one"), std::string::npos);
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  fs::remove(cache);
  fs::rename(folder_ / "elsewhere", cache);
  ASSERT_EQ(chown(cache.c_str(), 12345, 12345), 0);
  EXPECT_NE(load_calibration(file).reason.find("belongs to another user"), std::string::npos);
}

}  // namespace
}  // namespace crossover
