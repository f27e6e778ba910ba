// Asserts, of the program itself with a pretend device: what of the flags a device cannot do is said in its
// rows, and cases in pieces are forecast like whole ones. To add a mode: a line of flags and what its row
// says.
#include "tests/shim/pretended.hpp"

namespace crossover {
namespace {

class DeviceModes : public Pretended {
 protected:
  DeviceModes() : Pretended(CROSSOVER_PROGRAM) {}

  const Arguments sums =
      "run sum --n 1000 --type f32 --backend cpu,cuda --solver serial,cuda --threads 1 --quiet --force "
      "--budget 0.1 --csv rows.csv";
};

TEST_F(DeviceModes, TransfersThatDoNotExistAreRowsThatSaySo) {
  EXPECT_EQ(pretend("", {sums, "--transfer pinned,mapped"}).status, 0);
  ASSERT_EQ(rows().size(), 3U) << "the CPU's, and one for each mode";
  EXPECT_EQ(row("serial", "none").outcome, Outcome::ok) << "it moves nothing";
  EXPECT_EQ(row("cuda", "pinned").outcome, Outcome::ok);
  const Row mapped = row("cuda", "mapped");
  EXPECT_EQ(mapped.outcome, Outcome::unavailable);
  EXPECT_NE(mapped.reason.find("no transfer mode `mapped`; it has: --transfer pageable, pinned"),
            std::string::npos)
      << mapped.reason;
  expect_nothing_claimed(mapped);

  EXPECT_EQ(pretend("", {sums, "--transfer all"}).status, 0);
  EXPECT_TRUE(not_ok().empty()) << "all there are";
}

TEST_F(DeviceModes, ColdCachesAreTheHostsAlone) {
  EXPECT_EQ(pretend("", {sums, "--cache cold"}).status, 0);
  const std::string words = "empties the host's caches, not the device's";
  EXPECT_NE(row("cuda", "pageable").warnings.find(words), std::string::npos)
      << row("cuda", "pageable").warnings;
  EXPECT_EQ(row("serial", "none").warnings.find(words), std::string::npos);
}

/// Along the corpus where the solver folds, and along the queries, which are what a forecast cuts too.
TEST_F(DeviceModes, CutCasesAreForecastLikeOthers) {
  for (const auto& [solver, limit] :
       {std::pair("cublas-tiled", "64MiB"), std::pair("cublas-full", "60MiB")}) {
    const Arguments line =
        "run similarity --corpus 500 --queries 4000 --dim 1000 --k 3 --backend cuda --quiet --force "
        "--budget 0.1 --csv rows.csv --device-memory-limit";
    EXPECT_EQ(pretend("", {line, limit, "--timeout 2 --solver", solver}).status, 0);
    const Row slow = row(solver, "pageable");
    EXPECT_GT(slow.chunks.value_or(0), 1) << solver;
    EXPECT_EQ(slow.outcome, Outcome::too_slow) << solver << ": " << slow.reason;
    EXPECT_NE(slow.reason.find("forecast from a smaller piece"), std::string::npos) << slow.reason;
    EXPECT_GT(slow.forecast_s.value_or(0), 2);
    EXPECT_EQ(slow.first_call_s, std::nullopt) << "it was not run";
  }
}

}  // namespace
}  // namespace crossover
