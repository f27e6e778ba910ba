// Asserts, of the program itself: wherever a run is killed, nothing that was finished is lost, no process is
// left, and --resume ends it with every row once. The instants are system calls of the program, which ptrace
// counts: they are spread by what it does, however fast the machine is. CROSSOVER_KILLS=N: so many, instead
// of 30.
#include <sys/ptrace.h>

#include <array>
#include <map>
#include <optional>
#include <random>

#include <nlohmann/json.hpp>

#include "tests/program.hpp"

namespace crossover {
namespace {

namespace fs = std::filesystem;

/// A process that stops where it begins a system call.
class Traced {
 public:
  explicit Traced(pid_t pid)
      : pid_(pid),
        can_(ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0 &&
             ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0 && waitpid(pid, &status_, 0) == pid) {}

  bool can() const { return can_; }

  /// The number of the call that it begins next; nothing where it ended.
  std::optional<std::uint64_t> next_call() {
    while (lives()) {
      const bool at_call = WSTOPSIG(status_) == (SIGTRAP | 0x80), has_signal = !at_call && status_ >> 16 == 0;
      const long signal = has_signal ? WSTOPSIG(status_) : 0;
      if (ptrace(PTRACE_SYSCALL, pid_, nullptr, signal) != 0 || waitpid(pid_, &status_, 0) != pid_) break;
      __ptrace_syscall_info call{};
      if (lives() && ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof call, &call) > 0 &&
          call.op == PTRACE_SYSCALL_INFO_ENTRY)
        return call.entry.nr;
    }
    return {};
  }

  bool lives() const { return WIFSTOPPED(status_); }

  /// Its exit status; -1: killed.
  int status() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

  void let_go() const { ptrace(PTRACE_DETACH, pid_, nullptr, nullptr); }

 private:
  pid_t pid_;
  int status_ = 0;
  bool can_;
};

class Kills : public ProgramTest {
 protected:
  Kills() : ProgramTest(CROSSOVER_PROGRAM) {}

  const Arguments line =
      "run sum --n 1000,2000,3000,4000 --type i64 --backend cpu --solver serial,openmp --threads 1 --budget "
      "0.02 "
      "--quiet --csv rows.csv --samples samples.csv --json rows.json --result out --resume";

  using Records = std::map<std::string, std::vector<std::vector<std::string>>>;

  /// The file's records, by their size; a last one that was cut is none.
  Records records() const {
    const CsvRecords file = parse_csv(text("rows.csv"));
    Records found;
    for (std::size_t i = 1; i < file.records.size(); ++i) {
      const auto at = std::ranges::find(file.records.at(0), "n") - file.records.at(0).begin();
      found[file.records[i].at(static_cast<std::size_t>(at))].push_back(file.records[i]);
    }
    return found;
  }

  /// Sizes whose two rows are both there.
  Records finished() const {
    Records found = records();
    std::erase_if(found, [](const auto& group) { return group.second.size() < 2; });
    return found;
  }

  void remove_files() const {
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.path().filename() != "cache") fs::remove_all(entry.path());
  }

  void expect_whole() const {
    EXPECT_EQ(finished().size(), 4U);
    ASSERT_EQ(rows().size(), 8U) << "every row once";
    for (const Row& row : rows()) EXPECT_EQ(row.outcome, Outcome::ok) << row.solver << ": " << row.reason;
    EXPECT_EQ(nlohmann::json::parse(text("rows.json")).at("rows").size(), 8U);
    EXPECT_FALSE(parse_csv(text("samples.csv")).cut);
    for (const char* n : {"1000", "2000", "3000", "4000"})
      for (const char* solver : {"serial", "openmp"})
        EXPECT_TRUE(
            fs::exists(path(std::string("out/sum_n") + n + "_i64/cpu_" + solver + "_none_t1.value.npy")));
  }
};

TEST_F(Kills, AtAnyInstantLoseNothingThatWasFinished) {
  Traced whole(start(line));
  if (!whole.can()) GTEST_SKIP() << "this system does not let a process count the system calls of another";
  std::map<std::uint64_t, int> calls;
  while (const auto call = whole.next_call()) ++calls[*call];
  ASSERT_EQ(whole.status(), 0) << text("stderr");
  expect_whole();
  remove_files();

  const char* const asked = std::getenv("CROSSOVER_KILLS");
  const int wanted = asked ? std::atoi(asked) : 30;
  std::mt19937 random(17);
  for (int kills = 0, starts = 0; kills < wanted; ++starts) {
    ASSERT_LT(starts, 10 * wanted);
    const Records before = finished();
    const auto [kind, count] = *std::next(calls.begin(), static_cast<long>(random() % calls.size()));
    const int instant = std::uniform_int_distribution(1, count)(random);
    const int signal = std::array{SIGKILL, SIGKILL, SIGINT, SIGTERM}[random() % 4];
    const bool to_all = random() % 2 == 0;
    const std::string what = "seeded start " + std::to_string(starts) + ": signal " + std::to_string(signal) +
                             (to_all ? " to all" : "") + " at system call " + std::to_string(kind) +
                             ", the " + std::to_string(instant) + ". time of " + std::to_string(count);
    const pid_t program = start(line);
    Traced traced(program);
    ASSERT_TRUE(traced.can());
    for (int seen = 0; seen < instant;) {
      const auto call = traced.next_call();
      if (!call) break;
      seen += *call == kind;
    }
    if (traced.lives()) {
      ++kills;
      if (!to_all || kill(-program, signal) != 0) kill(program, signal);  // it may have no group yet
      traced.let_go();
      const Ended ended = finish(program);
      if (signal == SIGKILL) {
        EXPECT_EQ(ended.status, -1) << what;
      } else {
        EXPECT_TRUE(ended.status == 130 || ended.status == -1 || ended.status == 0) << what << ended.err;
      }
    } else {
      ASSERT_EQ(traced.status(), 0) << what << ": " << text("stderr");
      expect_whole();
    }
    EXPECT_TRUE(eventually([&] { return members(program).empty(); })) << what << ": a process was left";
    const Records after = finished();
    for (const auto& group : before) {
      ASSERT_TRUE(after.contains(group.first)) << what << ": n = " << group.first << " was lost";
      EXPECT_EQ(after.at(group.first), group.second) << what << ": measured again";
    }
    if (after.size() == 4 && !traced.lives()) remove_files();
  }
  const Ended last = run(line);
  EXPECT_EQ(last.status, 0) << last.err;
  expect_whole();
}

}  // namespace
}  // namespace crossover
