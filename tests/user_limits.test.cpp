// Asserts, of the program itself: a limit of the user's (processes, threads, open files, file sizes, the
// stack, a sandbox) is a sentence that names it, in every row that it costs and on stderr, and nothing
// crashes. To add a limit, set it in a function that the started process calls first.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstddef>

#include "bench/base/user_limits.hpp"
#include "program.hpp"

namespace crossover {
namespace {

void limit(decltype(RLIMIT_CORE) resource, rlim_t most) {
  const rlimit both{most, most};
  if (setrlimit(resource, &both) != 0) _exit(126);
}

const bool is_root = geteuid() == 0;
constexpr uid_t nobody_else = 54321;

/// Of root the kernel counts no processes: a user without others, who may read all files.
void become_countable() {
  constexpr unsigned long sys_admin = 21, sys_resource = 24;
  if (prctl(PR_CAPBSET_DROP, sys_admin) != 0 || prctl(PR_CAPBSET_DROP, sys_resource) != 0 ||
      setresuid(nobody_else, 0, 0) != 0)
    _exit(126);
}

/// A system call is refused from now on.
void refuse(unsigned call, unsigned error) {
  sock_filter rules[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{std::size(rules), rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    _exit(126);
}

void refuse_affinity() { refuse(SYS_sched_getaffinity, EPERM); }

class UserLimits : public ProgramTest {
 protected:
  UserLimits() : ProgramTest(CROSSOVER_PROGRAM) {
    if (is_root) {
      EXPECT_EQ(chown(folder_.c_str(), nobody_else, getgid()), 0);
    }
  }

  Ended run_with(const std::function<void()>& limits, const Arguments& arguments) {
    const Ended ended = finish(start_program(program_, arguments, folder_, "stdout", "stderr", [&] {
      close_range(3, ~0U, 0);  // what the test has open is not the program's
      limits();
    }));
    for (const char* words : {"an internal error", "exited with status", "signal"})
      EXPECT_EQ((ended.out + ended.err).find(words), std::string::npos) << ended.out << ended.err;
    return ended;
  }

  /// All of rows.csv failed, for a reason with these words.
  void expect_failed(const std::string& words) const {
    ASSERT_FALSE(rows().empty());
    for (const Row& row : rows()) {
      EXPECT_EQ(row.outcome, Outcome::failed) << row.solver;
      EXPECT_NE(row.reason.find(words), std::string::npos) << row.solver << ": " << row.reason;
    }
  }
};

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

TEST_F(UserLimits, NoFurtherProcess) {
  const Ended ended = run_with(
      [] {
        if (is_root) become_countable();
        limit(RLIMIT_NPROC, 1);
      },
      "run sum --n 1000 --backend cpu --csv rows.csv");
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_TRUE(has(ended.err, "nothing was measured: every row is failed")) << ended.err;
  expect_failed("ulimit -u: 1");
}

TEST_F(UserLimits, TheGroupsProcessAndNoneOfACase) {
  if (!is_root) GTEST_SKIP() << "not root: what other programs this user has is not known";
  const Ended ended = run_with(
      [] {
        become_countable();
        limit(RLIMIT_NPROC, 2);
      },
      "run sum --n 1000 --backend cpu --threads 1 --csv rows.csv");
  EXPECT_EQ(ended.status, 1) << ended.err;
  expect_failed("ulimit -u: 2");
}

TEST_F(UserLimits, ATeamThatCannotBeMadeCostsItsOwnRows) {
  if (!is_root) GTEST_SKIP() << "not root: what other programs this user has is not known";
  const Ended ended = run_with(
      [] {
        become_countable();
        limit(RLIMIT_NPROC, 6);
      },
      "run sum --n 100000 --backend cpu --solver openmp --threads 1,16 --budget 0.05 --csv rows.csv");
  EXPECT_EQ(ended.status, 1) << ended.err;
  ASSERT_EQ(rows().size(), 2U);
  EXPECT_EQ(rows()[0].outcome, Outcome::ok) << rows()[0].reason;
  EXPECT_EQ(rows()[1].outcome, Outcome::failed);
  EXPECT_TRUE(has(rows()[1].reason, "of the 16 threads that it needs can be made")) << rows()[1].reason;
  EXPECT_TRUE(has(rows()[1].reason, "ulimit -u: 6")) << rows()[1].reason;
}

TEST_F(UserLimits, OpenFiles) {
  for (const rlim_t most : {5, 6, 7}) {
    const Ended ended = run_with([most] { limit(RLIMIT_NOFILE, most); },
                                 "run sum --n 1000 --backend cpu --budget 0.01 --force --csv rows.csv");
    EXPECT_EQ(ended.status, 1) << most << ended.err;
    expect_failed("(ulimit -n)");
  }
  EXPECT_EQ(run_with([] { limit(RLIMIT_NOFILE, 16); },
                     "run sum --n 1000 --backend cpu --budget 0.01 --force --csv rows.csv")
                .status,
            0);
  const Ended none = run_with([] { limit(RLIMIT_NOFILE, 4); }, "run sum --n 1000 --csv other.csv");
  EXPECT_EQ(none.status, 2) << none.err;
  EXPECT_TRUE(has(none.err, "other.csv") && has(none.err, "(ulimit -n)")) << none.err;
}

TEST_F(UserLimits, AFileThatMayNotGrow) {
  const Ended ended = run_with([] { limit(RLIMIT_FSIZE, 8192); },
                               "run sum --n 1000,2000,3000,4000 --backend cpu --budget 0.01 --csv rows.csv");
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_TRUE(has(ended.err, "rows.csv") && has(ended.err, "8 KiB (ulimit -f)")) << ended.err;
  EXPECT_FALSE(rows().empty()) << "what was written before stays";
  const Ended printed = run_with([] { limit(RLIMIT_FSIZE, 1024); }, "run --help");
  EXPECT_EQ(printed.status, 1) << printed.err;
}

TEST_F(UserLimits, ASmallStack) {
  for (const Arguments& line :
       {Arguments("run sum --n 1000 --backend cpu"), Arguments("--version"), Arguments("devices")}) {
    const Ended ended = run_with([] { limit(RLIMIT_STACK, 64 << 10); }, line);
    EXPECT_EQ(ended.status, 2) << ended.err;
    EXPECT_TRUE(has(ended.err, "64 KiB (ulimit -s)")) << ended.err;
  }
}

TEST_F(UserLimits, TheLeastStackIsEnough) {
  for (const Arguments& line :
       {Arguments("run similarity --corpus 2000 --queries 300 --dim 64 --backend cpu --budget 0.01 --quiet"),
        Arguments("run row_means --rows 500 --cols 300 --backend cpu --budget 0.01 --quiet")}) {
    const Ended ended = run_with([] { limit(RLIMIT_STACK, 1 << 20); }, line);
    EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  }
}

TEST_F(UserLimits, ASandboxThatHidesTheCpusOfAProcess) {
  const Ended ended = run_with(
      refuse_affinity, "run sum --n 100000 --backend cpu --threads 2 --budget 0.01 --quiet --csv rows.csv");
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  EXPECT_EQ(
      run_with(refuse_affinity,
               "run sum --n 100000 --backend cpu --solver openmp --threads 2 --bind close --budget 0.01 "
               "--quiet --force --csv rows.csv")
          .status,
      1);
  expect_failed("leave --bind out");
}

TEST_F(UserLimits, AFileSystemWithoutLocks) {
  const auto without = [] { refuse(SYS_flock, ENOLCK); };
  const Arguments line = "run sum --n 1000 --backend cpu --budget 0.01 --quiet --csv rows.csv";
  EXPECT_EQ(run_with(without, line).status, 0);
  EXPECT_EQ(run_with(without, {line, "--resume"}).status, 0);
}

TEST_F(UserLimits, ClosedDescriptorsTakeNoFilesPlace) {
  const Arguments flags =
      "run mean --n 1000,2000 --backend cpu --solver serial,eigen,openmp --threads 1 --budget 0.02 --force "
      "--csv rows.csv --samples "
      "samples.csv --json rows.json";
  for (const std::vector<int>& closed : std::vector<std::vector<int>>{{1}, {2}, {0, 1}, {0, 1, 2}}) {
    const Ended ended = run_with(
        [&] {
          for (const int descriptor : closed) close(descriptor);
        },
        flags);
    const std::set<int> gone(closed.begin(), closed.end());
    EXPECT_EQ(ended.status, gone.contains(1) ? 1 : 0) << "what stdout loses is an error";
    EXPECT_EQ(has(ended.err, "cannot write everything to stdout"), gone.contains(1) && !gone.contains(2));
    EXPECT_EQ(ended.out.empty(), gone.contains(1));
    EXPECT_EQ(rows().size(), 6U);
    EXPECT_TRUE(text("samples.csv").starts_with("run_id,"));
    EXPECT_TRUE(text("rows.json").starts_with("{"));
  }
}

TEST_F(UserLimits, RowsForAClosedStdoutAreRefusedBeforeTheyAreMeasured) {
  const Ended ended = run_with([] { close(1); }, "run mean --n 1000 --backend cpu --csv -");
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "cannot write to stdout")) << ended.err;
}

TEST_F(UserLimits, HowAWorkerEndedIsKnownWhereTheParentIgnoresChildren) {
  const Ended ended = finish(start_program(
      program_,
      "run mean --n 1000 --solver serial,openmp --threads 1 --budget 0.02 --rehearse serial:compute:kill "
      "--csv rows.csv",
      folder_, "stdout", "stderr", [] { std::signal(SIGCHLD, SIG_IGN); }));
  EXPECT_EQ(rows().at(0).outcome, Outcome::killed) << rows().at(0).reason;
  EXPECT_TRUE(has(rows().at(0).reason, "signal 9")) << rows().at(0).reason;
  EXPECT_EQ(rows().at(1).outcome, Outcome::ok) << rows().at(1).reason << ended.err;
}

TEST(ErrorText, NamesTheLimitBehindAnError) {
  EXPECT_TRUE(has(error_text(EAGAIN), "(ulimit -u: ")) << error_text(EAGAIN);
  EXPECT_TRUE(has(error_text(EMFILE), "(ulimit -n)")) << error_text(EMFILE);
  EXPECT_EQ(error_text(ENOENT), "No such file or directory");
  EXPECT_TRUE(has(error_text(std::system_error(EMFILE, std::generic_category(), "pipe")), "(ulimit -n)"));
  EXPECT_EQ(error_text(std::runtime_error("plain")), "plain");
  EXPECT_TRUE(is_limit(ENFILE));
  EXPECT_FALSE(is_limit(EACCES));
}

TEST(WhyNoThreads, IsEmptyWhereTheyCanBeMade) {
  EXPECT_EQ(why_no_threads(0), "");
  EXPECT_EQ(why_no_threads(8), "");
}

}  // namespace
}  // namespace crossover
