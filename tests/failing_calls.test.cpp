// Asserts, of the program itself: whichever call of the C library fails, in whichever of its processes, it
// ends with a sentence, its table can be read, and it leaves no process and no file that is half replaced. Of
// each function the calls 1, 2, 4, 8, ... fail in turn; CROSSOVER_FAILING_CALLS=N: the first N of each, one
// after the other.
#include <algorithm>
#include <cerrno>
#include <map>

#include "tests/program.hpp"

namespace crossover {
namespace {

struct Failing {
  const char* function;
  int error;
  long first = 1;
};

std::ostream& operator<<(std::ostream& stream, const Failing& failing) { return stream << failing.function; }

class FailingCalls : public ProgramTest, public testing::WithParamInterface<Failing> {
 protected:
  FailingCalls() : ProgramTest(CROSSOVER_PROGRAM) {}

  /// The run whose call fails.
  Ended run_with(const std::string& plan) {
    std::filesystem::remove_all(folder_ / "out");
    std::filesystem::create_directory(folder_ / "out");
    setenv("FAILING_CALL", plan.c_str(), 1);
    const std::filesystem::path library =
        CROSSOVER_FAILING_CALL;  // its folder may have blanks, which end a name
    setenv("LD_PRELOAD", library.filename().c_str(), 1);
    setenv("LD_LIBRARY_PATH", library.parent_path().c_str(), 1);
    const pid_t child = start(
        "run sum --n 1000,2000 --type i64 --backend cpu --threads 2 --solver serial,openmp --budget 0.01 "
        "--timeout 10 "
        "--csv out/rows.csv --samples out/samples.csv --json out/rows.json");
    unsetenv("LD_PRELOAD");
    unsetenv("LD_LIBRARY_PATH");
    const Ended ended = finish(child);
    EXPECT_TRUE(eventually([&] { return members(child).empty(); })) << plan << ": a process was left";
    return ended;
  }

  void expect_every_row_once() const {
    std::map<std::string, int> seen;
    for (const Row& row : rows("out/rows.csv")) {
      EXPECT_EQ(row.outcome, Outcome::ok) << row.reason;
      ++seen[row.solver + std::to_string(row.sizes.at("n"))];
    }
    EXPECT_EQ(seen.size(), 4U);
    for (const auto& [name, times] : seen) EXPECT_EQ(times, 1) << name;
  }
};

TEST_P(FailingCalls, EndInASentenceAndLoseNothing) {
  const Failing failing = GetParam();
  const char* const wanted = std::getenv("CROSSOVER_FAILING_CALLS");
  const long each = wanted ? std::atol(wanted) : 0;
  int fired = 0;
  for (long call = failing.first; each == 0 || call < failing.first + each; call += each ? 1 : call) {
    const std::string plan =
        std::string(failing.function) + ":" + std::to_string(call) + ":" + std::to_string(failing.error);
    SCOPED_TRACE(plan);
    const Ended ended = run_with(plan);
    if (ended.err.find("failing_call: ") == std::string::npos) break;  // so many calls are not made
    ++fired;
    EXPECT_GE(ended.status, 0) << "killed by a signal: " << ended.err;
    EXPECT_LE(ended.status, 2) << ended.err;
    for (const char* said : {"internal error", "exited with status"})
      EXPECT_EQ(ended.err.find(said), std::string::npos) << ended.err;
    if (ended.status == 2) {
      EXPECT_NE(ended.err.find("crossover: "), std::string::npos) << "no sentence: " << ended.err;
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out"))
      EXPECT_EQ(entry.path().string().find(".new"), std::string::npos) << entry.path();
    const std::filesystem::path csv = folder_ / "out/rows.csv";
    if (!std::filesystem::exists(csv) || std::filesystem::file_size(csv) == 0) continue;
    const std::vector<Row> before = rows("out/rows.csv");
    if (ended.status == 0 &&
        std::ranges::all_of(before, [](const Row& row) { return row.outcome == Outcome::ok; }))
      expect_every_row_once();
  }
  EXPECT_GT(fired, 0) << "the program calls no " << failing.function << ": take it off the list";
}

INSTANTIATE_TEST_SUITE_P(
    OfTheCLibrary, FailingCalls,
    testing::Values(Failing{"malloc", ENOMEM, 2048}, Failing{"mmap", ENOMEM}, Failing{"fork", EAGAIN},
                    Failing{"pipe2", EMFILE}, Failing{"read", EIO}, Failing{"write", ENOSPC},
                    Failing{"close", EIO}, Failing{"rename", EACCES}, Failing{"poll", ENOMEM},
                    Failing{"waitpid", EINTR}, Failing{"munmap", ENOMEM}, Failing{"stat", EACCES},
                    Failing{"getrlimit", EPERM}),
    [](const testing::TestParamInfo<Failing>& made) { return std::string(made.param.function); });

}  // namespace
}  // namespace crossover
