// Asserts: a build whose times mean nothing (no optimisation, assertions, sanitizers) says so in every row,
// on the screen and in `devices`; one to measure with does not. Both ways: it is run in builds of both kinds.
#include "cpu/build_fault.hpp"

#include "tests/program.hpp"
#include "tests/texts.hpp"

namespace crossover {
namespace {

TEST(BuildFault, NamesWhatTheBuildHas) {
  EXPECT_EQ(cpu::build_fault_text(true, false, false), "");
  EXPECT_TRUE(cpu::build_fault_text(false, true, false)
                  .starts_with("this build has no optimisation and assertions: its times mean nothing"));
  EXPECT_TRUE(cpu::build_fault_text(true, false, true).starts_with("this build has sanitizers: "));
}

class BuildFaultProgram : public ProgramTest {
 protected:
  BuildFaultProgram() : ProgramTest(CROSSOVER_PROGRAM) {}
};

TEST_F(BuildFaultProgram, IsInEveryRowOnTheScreenAndInDevices) {
  const std::string words = "its times mean nothing";
  const bool faulty = !cpu::build_fault().empty();
  const Ended ended = run("run sum --n 1000 --backend cpu --budget 20ms --csv rows.csv");
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(has(flat(ended.out), words), faulty) << ended.out;
  const std::vector<Row> measured = rows();
  ASSERT_GE(measured.size(), 3U);
  for (const Row& row : measured)
    EXPECT_EQ(has(row.warnings, words), faulty) << row.solver << ": " << row.warnings;
  EXPECT_EQ(has(flat(run("devices").out), words), faulty);
}

}  // namespace
}  // namespace crossover
