// Runs the program with a pretend device; see pretend.cpp for how the device is told what to do.
#pragma once

#include "tests/program.hpp"

namespace crossover {

class Pretended : public ProgramTest {
 protected:
  using ProgramTest::ProgramTest;
  ~Pretended() override { unsetenv("CROSSOVER_PRETEND"); }

  Ended pretend(const std::string& machine, const Arguments& line) const {
    setenv("CROSSOVER_PRETEND", machine.c_str(), 1);
    return run(line);
  }

  /// Sums on the CPU and on the device, from ordinary and from page-locked memory: three cases, one after the
  /// other. Rows come from rows.csv.
  Ended measure(const std::string& machine, const Arguments& flags = "--budget 0.1") const {
    return pretend(machine,
                   {"run sum --n 1000 --type f32 --backend cpu,cuda --solver serial,cuda --transfer all "
                    "--threads 1 --quiet --force --csv rows.csv",
                    flags});
  }

  Row row(const std::string& solver, const std::string& transfer) const {
    for (const Row& candidate : rows())
      if (candidate.solver == solver && candidate.transfer == transfer) return candidate;
    ADD_FAILURE() << "no row of " << solver << " " << transfer;
    return {};
  }

  std::vector<Row> not_ok() const {
    std::vector<Row> found;
    for (const Row& row : rows())
      if (row.outcome != Outcome::ok) found.push_back(row);
    return found;
  }

  /// A row that is not ok claims nothing, and says why.
  static void expect_nothing_claimed(const Row& row) {
    EXPECT_FALSE(row.speedup_call || row.speedup_compute || row.speedup_end_to_end || row.call_s ||
                 row.breakeven_reuse != "");
    EXPECT_TRUE(row.verdict.empty());
    EXPECT_NE(row.reason, "");
  }

  /// Both rows of the device ended so, with this in their reasons; the CPU's is ok.
  void expect_both(Outcome outcome, const std::string& words) const {
    EXPECT_EQ(row("serial", "none").outcome, Outcome::ok);
    for (const char* transfer : {"pageable", "pinned"}) {
      const Row found = row("cuda", transfer);
      EXPECT_EQ(found.outcome, outcome) << found.reason;
      EXPECT_NE(found.reason.find(words), std::string::npos) << found.reason;
      expect_nothing_claimed(found);
    }
  }
};

}  // namespace crossover
