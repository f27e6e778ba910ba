// Asserts: what somebody names as an input may be anything and ends in a sentence; what the kernel does not
// let be read is as if it were not there.
#include "bench/base/input_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "bench/base/json_field.hpp"
#include "bench/base/sizes.hpp"
#include "bench/machine/cgroup.hpp"
#include "bench/machine/contention.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/machine.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/predict/policy.hpp"
#include "bench/report/explain.hpp"
#include "handmade.hpp"
#include "program.hpp"
#include "rows.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

template <class Act>
std::string sentence_of(Act&& act) {
  try {
    act();
  } catch (const UsageError& error) {
    return error.what();
  } catch (const CsvError& error) {
    return error.what();
  }
  return {};
}

class InputFiles : public ProgramTest {
 protected:
  InputFiles() : ProgramTest(CROSSOVER_PROGRAM) {}

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  /// The program ends with status 2 and a sentence with `words`.
  void expect_refused(const Ended& ended, const std::string& words) const {
    EXPECT_EQ(ended.status, 2) << ended.err;
    EXPECT_NE(ended.err.find(words), std::string::npos) << ended.err;
  }
};

TEST_F(InputFiles, ThatAreNoFilesAreRefused) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_NE(sentence_of([&] { read_whole("/dev/zero"); }).find("no regular file"), std::string::npos);
  EXPECT_NE(sentence_of([&] { read_whole(path("pipe")); }).find("no regular file"), std::string::npos);
  EXPECT_NE(sentence_of([&] { read_whole(folder_); }).find("a folder"), std::string::npos);
  EXPECT_NE(sentence_of([&] { read_whole(path("missing")); }).find("No such file"), std::string::npos);
  expect_refused(run("explain /dev/zero"), "no regular file");
  expect_refused(run("compare pipe pipe"), "no regular file");
  expect_refused(run("predict sum --profile pipe"), "no regular file");
  expect_refused(run("run sum --input values=pipe"), "not a regular file");
}

TEST_F(InputFiles, HaveALimit) {
  put("long", "12345");
  EXPECT_EQ(read_whole(path("long"), 5), "12345");
  EXPECT_NE(sentence_of([&] { read_whole(path("long"), 4); }).find("more than"), std::string::npos);
  put("huge.csv", "");
  fs::resize_file(folder_ / "huge.csv", most_input_bytes + 1);  // a hole: no disk is used
  expect_refused(run("explain huge.csv"), "more than 64 MiB");
  expect_refused(run("predict sum --profile huge.csv"), "more than 16 MiB");
}

TEST_F(InputFiles, JsonIsNestedALittle) {
  const auto nested = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
  };
  EXPECT_TRUE(parse_json(nested(64), "a.json").is_array());
  EXPECT_NE(sentence_of([&] { parse_json(nested(65), "a.json"); }).find("a.json is nested"),
            std::string::npos);
  EXPECT_EQ(parse_json(R"({"[[[\"[": "\\[" })", "a.json").size(), 1U) << "brackets in text are text";
  // An unfinished one has no value that could be destroyed, but a parser that recurses.
  EXPECT_NE(sentence_of([&] { parse_json(std::string(1 << 20, '{'), "a.json"); }), "");

  const nlohmann::json many = std::vector<int>(100'001, 1);
  EXPECT_NE(sentence_of([&] { JsonField(many, "a.json").items(); }).find("more than 100000 items"),
            std::string::npos);

  const std::string rows = csv_header() + csv_row(cpu_row("serial", 1, 0.5));
  put("a.csv", rows);
  put("b.csv", rows);
  put("a.csv.meta.json", "{\"machine\": " + nested(100'000) + "}");
  put("b.csv.meta.json", "{}");
  put("deep.json", nested(100'000));
  expect_refused(run("compare a.csv b.csv"), "a.csv.meta.json is nested more than 64 levels");
  expect_refused(run("predict sum --profile deep.json"), "deep.json is nested more than 64 levels");
  expect_refused(run("run sum --n 1000 --csv a.csv --resume"),
                 "a.csv.meta.json is nested more than 64 levels");
  const fs::path calibration = calibration_cache_path(machine_facts());
  std::ofstream(calibration) << nested(100'000);
  EXPECT_NE(load_calibration(calibration).reason.find("is nested"), std::string::npos);
}

TEST(LongInputs, AreRefusedWhereEachRowMeetsEveryOther) {
  std::vector<Row> rows(2'001, cpu_row("serial", 1, 0.5));
  EXPECT_NE(sentence_of([&] { render_explanations(rows); }).find("more than 2000 rows are of one group"),
            std::string::npos);
}

TEST(LongInputs, ScatteredShapesMakeNoPolicy) {
  Profile profile = handmade_profile();
  std::vector<Shape> shapes;
  for (Index i = 1; i <= 20; ++i) shapes.push_back({{1'000 + i, 10 + i, 100 + i, i}});
  add_solver(profile, "similarity", Type::f32, "cpu", "serial", 1, shapes, [](const Shape&) { return 1e-3; });
  EXPECT_NE(sentence_of([&] { policy_tables(profile); }).find("scattered"), std::string::npos);
}

/// A folder where a file should be: it opens, and every read of it fails, as with EIO, ENOTCONN and EBUSY.
void make_unreadable(const fs::path& root, const std::vector<const char*>& names) {
  for (const char* name : names) fs::create_directories(root / name);
}

TEST_F(InputFiles, OfTheKernelThatCannotBeReadAreAsIfNotThere) {
  EXPECT_EQ(read_system_file("/proc/self/mem"), "");
  EXPECT_EQ(errno, EIO);
  EXPECT_EQ(read_system_file(folder_), "");
  EXPECT_EQ(errno, EISDIR);
  const fs::path none = folder_ / "none", root = folder_ / "root";
  make_unreadable(
      root,
      {"proc/self/mountinfo", "proc/self/cgroup", "proc/self/status", "proc/cpuinfo", "proc/meminfo",
       "proc/stat", "proc/vmstat", "proc/sys/kernel/osrelease", "proc/self/task/1/schedstat",
       "etc/os-release", "sys/devices/system/cpu/online", "sys/devices/system/node/node0/cpulist",
       "sys/devices/system/cpu/cpu0/cache/index0/level", "sys/class/powercap/intel-rapl:0/name",
       "sys/class/dmi/id/sys_vendor", "sys/hypervisor/type", "sys/kernel/mm/transparent_hugepage/enabled"});
  EXPECT_EQ(to_json(machine_facts(root)), to_json(machine_facts(none)));
  EXPECT_EQ(host_memory_limits(root).all.size(), host_memory_limits(none).all.size());
  EXPECT_EQ(oom_kills(root), std::nullopt);
  EXPECT_TRUE(cgroup_paths(root, "memory").empty());
  EXPECT_EQ(ContentionReader(root).read(true).stolen_s, ContentionReader(none).read(true).stolen_s);
  EXPECT_FALSE(EnergyMeter("", root).reads_anything());
}

TEST_F(InputFiles, OfTheKernelMayHoldAnyNumbers) {
  const fs::path root = folder_ / "root";
  fs::create_directories(root / "proc/self");
  fs::create_directories(root / "sys/fs/cgroup");
  fs::create_directories(root / "sys/devices/system/cpu");
  const auto write = [&](const char* name, const char* text) { std::ofstream(root / name) << text; };
  write("proc/self/mountinfo", "24 1 0:20 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "1e30 1e-300\n");
  for (const char* list : {"2147483640-2147483647", "-5-2147483647", "0-65535", "5-2"}) {
    write("sys/devices/system/cpu/online", list);
    const Machine machine = machine_facts(root);
    EXPECT_GT(machine.online, 0) << list;
    EXPECT_GT(machine.usable, 0) << list;
    EXPECT_LE(machine.usable, 8192) << list;
  }
}

}  // namespace
}  // namespace crossover
