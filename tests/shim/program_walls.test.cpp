// Asserts, of the program itself with a pretend device: memory that is short, at every allocation, by a limit
// or by the device's size, ends as the row that it should, or is met in pieces. To add a wall: a limit, or an
// allocation that fails (CROSSOVER_PRETEND, see pretend.cpp).
#include <algorithm>

#include "tests/shim/pretended.hpp"

namespace crossover {
namespace {

class DeviceWalls : public Pretended {
 protected:
  DeviceWalls() : Pretended(CROSSOVER_PROGRAM) {}
};

TEST_F(DeviceWalls, OutOfMemoryAtEveryAllocation) {
  std::set<std::string> phases;
  measure("");
  const std::vector<Row> planned = rows();
  for (int nth = 1, quiet = 0; quiet < 2 && nth < 60; ++nth) {  // two in a row that nothing reaches
    const Ended ended = measure("fail=malloc:" + std::to_string(nth) + ":2", "--min-samples 4 --budget 0.05");
    ASSERT_EQ(ended.status, 0) << nth << ": walls are results" << ended.err;
    const std::vector<Row> ended_early = not_ok();
    quiet = ended_early.empty() ? quiet + 1 : 0;
    if (nth <= 2) {  // the probe's
      expect_both(Outcome::unavailable, nth == 1 ? "no free memory" : "not again");
      continue;
    }
    ASSERT_LE(ended_early.size(), 1U) << nth << ": " << ended_early[1].reason;
    for (const Row& row : ended_early) {
      EXPECT_EQ(row.outcome, Outcome::out_of_memory) << nth << ": " << row.reason;
      EXPECT_EQ(row.backend, "cuda");
      EXPECT_NE(row.reason.find(row.phase_reached == "startup" ? "no free memory" : "at once, 1"),
                std::string::npos)
          << nth << ": " << row.reason;
      EXPECT_GT(row.available_device_bytes.value_or(0), row.needed_device_bytes.value_or(1LL << 40));
      for (const Row& plan : planned)
        if (plan.backend == "cuda" && plan.transfer == row.transfer) {
          EXPECT_EQ(row.needed_host_bytes, plan.needed_host_bytes) << "the host was not short";
          EXPECT_EQ(row.needed_device_bytes, plan.needed_device_bytes);
        }
      expect_nothing_claimed(row);
      phases.insert(row.phase_reached);
    }
  }
  EXPECT_EQ(phases, (std::set<std::string>{"allocate", "startup"}));
}

TEST_F(DeviceWalls, AMachineWithoutPageLockingHasNoPinnedRows) {
  for (const char* status : {"800", "801"}) {
    EXPECT_EQ(measure(std::string("refuse=host_alloc:") + status).status, 0);
    ASSERT_EQ(not_ok().size(), 1U);
    const Row pinned = row("cuda", "pinned");
    EXPECT_EQ(pinned.outcome, Outcome::unavailable);
    EXPECT_EQ(pinned.phase_reached, "pin");
    EXPECT_NE(pinned.reason.find("--transfer pageable"), std::string::npos) << pinned.reason;
    expect_nothing_claimed(pinned);
  }
  EXPECT_EQ(measure("refuse=host_alloc:2").status, 0);
  EXPECT_EQ(row("cuda", "pinned").outcome, Outcome::out_of_memory);
  EXPECT_EQ(row("cuda", "pageable").outcome, Outcome::ok);
}

TEST_F(DeviceWalls, PastTheLimitItAnswersInChunks) {
  const Arguments line =
      "sum --n 100000 --type f32 --backend cpu,cuda --solver serial,cuda,thrust --threads 1";
  const Arguments limit = "--device-memory-limit 128KiB";
  EXPECT_EQ(pretend("", {"run", line, limit, "--budget 2 --csv rows.csv"}).status, 0);
  const Row cut = row("cuda", "pageable");
  ASSERT_EQ(cut.outcome, Outcome::ok) << cut.reason;
  EXPECT_EQ(cut.chunks, 4);
  EXPECT_EQ(cut.needed_device_bytes, cut.peak_device_bytes);
  EXPECT_LE(*cut.needed_device_bytes, 128 << 10);
  EXPECT_EQ(cut.upload_s, cut.upload_fresh_s) << "nothing stays";
  EXPECT_FALSE(cut.verdict.empty());
  const Row unknown = row("thrust", "pageable");
  EXPECT_EQ(unknown.outcome, Outcome::ok) << unknown.reason;
  EXPECT_EQ(unknown.chunks, 4) << "by what is known of its need";
  EXPECT_FALSE(unknown.needed_device_bytes.has_value()) << "that is not all of it";
  EXPECT_NE(text("stdout").find("chunks"), std::string::npos);
  EXPECT_EQ(rows().at(0).chunks, 1) << "the CPU's";

  EXPECT_EQ(pretend("", {"run", line, limit, "--over-the-wall --quiet --budget 0.1 --csv whole.csv"}).status,
            0);
  ASSERT_EQ(rows("whole.csv").size(), 3U);
  EXPECT_EQ(rows("whole.csv").at(1).solver, "cuda");
  EXPECT_EQ(rows("whole.csv").at(1).outcome, Outcome::out_of_memory) << "the naive way, and its real end";
  EXPECT_EQ(rows("whole.csv").at(1).chunks, 1);

  const Ended plan = pretend("", {"plan", line, limit});
  EXPECT_EQ(plan.status, 0);
  EXPECT_NE(plan.out.find("in 4 chunks"), std::string::npos) << plan.out;
  EXPECT_NE(plan.out.find(" +\n"), std::string::npos) << plan.out;
  EXPECT_NE(plan.out.find("what a library inside takes"), std::string::npos);
  EXPECT_NE(pretend("devices=0", {"plan", line}).out.find("no device"), std::string::npos);
}

TEST_F(DeviceWalls, WhatNoChunksHelpIsRefusedAndReallyEndsOverTheWall) {
  const Arguments flags = "--budget 0.1 --device-memory-limit 2KiB";
  EXPECT_EQ(measure("", flags).status, 0);
  expect_both(Outcome::refused, "even in 1000 pieces along n; 2 KiB available: --device-memory-limit");
  EXPECT_EQ(row("cuda", "pageable").phase_reached, "");
  EXPECT_EQ(measure("", {flags, "--over-the-wall"}).status, 0);
  expect_both(Outcome::out_of_memory, "the device memory limit was reached");
  EXPECT_EQ(row("cuda", "pageable").phase_reached, "allocate");
}

TEST_F(DeviceWalls, OverTheWallTheDeviceItselfHasNoRoom) {
  // 64 MiB of elements; 256 MiB are left to libraries in every plan.
  const Arguments line =
      "run sum --n 16777216 --type f32 --backend cpu,cuda --solver serial,cuda --threads 1 --budget 0.5 "
      "--quiet "
      "--force --csv rows.csv";
  EXPECT_EQ(pretend("memory_mib=60", line).status, 0);
  EXPECT_EQ(row("cuda", "pageable").outcome, Outcome::refused);
  EXPECT_EQ(pretend("memory_mib=60", {line, "--over-the-wall"}).status, 0);
  const Row wall = row("cuda", "pageable");
  EXPECT_EQ(wall.outcome, Outcome::out_of_memory);
  EXPECT_EQ(wall.phase_reached, "allocate");
  EXPECT_NE(wall.reason.find("no room: needed 64 MiB at once, 60 MiB free"), std::string::npos)
      << wall.reason;
  EXPECT_EQ(wall.chunks, 1);
  EXPECT_GT(wall.needed_device_bytes.value_or(0), 64 << 20);
  EXPECT_EQ(row("serial", "none").outcome, Outcome::ok);
}

TEST_F(DeviceWalls, AreFoundExactlyAndSeenOnBothSides) {
  const Arguments line =
      "wall sum --type f32 --vary n=1000:1e6 --backend cuda --threads 1 --device-memory-limit 128KiB "
      "--budget 0.05 --quiet --force --csv walls.csv";
  const auto cell = [&](const std::string& solver, const std::string& memory, const std::string& name) {
    const auto records = parse_csv(text("walls.csv")).records;
    const auto at = [&](const std::string& column) {
      return static_cast<std::size_t>(std::ranges::find(records.at(0), column) - records.at(0).begin());
    };
    for (const auto& record : records)
      if (record[at("solver")] == solver && record[at("memory")] == memory) return record.at(at(name));
    return "no record of " + solver + ", " + memory;
  };
  const Ended ended = pretend("", {line, "--solver cuda,thrust"});
  EXPECT_EQ(ended.status, 0) << ended.err << ended.out;
  EXPECT_EQ(cell("cuda", "host", "note"), "no wall in this range");
  EXPECT_EQ(cell("cuda", "device", "last_outcome"), "ok") << cell("cuda", "device", "last_reason");
  EXPECT_EQ(std::stoll(cell("cuda", "device", "first_size")),
            std::stoll(cell("cuda", "device", "last_size")) + 1);
  EXPECT_LE(std::stoll(cell("cuda", "device", "last_bytes")), 128 << 10);
  EXPECT_GT(std::stoll(cell("cuda", "device", "first_bytes")), 128 << 10);
  EXPECT_EQ(cell("cuda", "device", "first_outcome"), "ok") << "it goes on";
  EXPECT_EQ(cell("cuda", "device", "first_chunks"), "2");
  EXPECT_EQ(cell("cuda", "device in pieces", "note"), "no wall in this range");
  EXPECT_NE(cell("thrust", "device", "note").find("not known"), std::string::npos);
  EXPECT_EQ(cell("thrust", "device", "last_size"), "") << "nothing is foretold";

  EXPECT_EQ(pretend("", {line, "--solver cuda --over-the-wall"}).status, 0);
  EXPECT_EQ(cell("cuda", "device", "over_outcome"), "out_of_memory");
  EXPECT_EQ(cell("cuda", "device", "over_phase"), "allocate");
}

TEST_F(DeviceWalls, CallersAtOnceNeedRoomForEach) {
  EXPECT_EQ(measure("", "--budget 0.1 --concurrent 2").status, 0);
  for (const char* transfer : {"pageable", "pinned"}) {
    const Row called = row("cuda", transfer);
    EXPECT_EQ(called.outcome, Outcome::ok) << called.reason;
    EXPECT_EQ(called.concurrent, 2);
    EXPECT_GT(called.calls_per_s.value_or(0), 0);
  }
  const std::int64_t alone = row("cuda", "pageable").needed_device_bytes.value_or(0);
  ASSERT_GT(alone, 0);
  const Arguments limit{"--budget 0.1 --device-memory-limit", 2 * alone - 1};
  EXPECT_EQ(measure("", {limit, "--concurrent 2"}).status, 0);
  const Row refused = row("cuda", "pageable");
  EXPECT_EQ(refused.outcome, Outcome::refused);
  EXPECT_NE(refused.reason.find("2 callers at once need"), std::string::npos) << refused.reason;
  EXPECT_EQ(measure("", limit).status, 0);
  EXPECT_EQ(row("cuda", "pageable").outcome, Outcome::ok) << "one alone has it";
}

}  // namespace
}  // namespace crossover
