// Asserts: what a child reports arrives whole and in order, every way in which it can end is told apart, and
// neither processes nor descriptors are left behind. To add an end, write a body for ended().
#include "bench/measure/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

namespace crossover {
namespace {

using Body = std::function<void(const Report&)>;

constexpr double no_deadline_s = std::numeric_limits<double>::infinity();

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// No child is left, not even one that has ended.
bool childless() { return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

/// Sleeps until it is killed.
[[noreturn]] void hang() {
  for (;;) pause();
}

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() : descriptors_(open_descriptors()) {}
  ~ProcessTest() override {
    EXPECT_TRUE(childless());
    EXPECT_EQ(open_descriptors(), descriptors_);
  }

  ChildEnd ended(const Body& body, double first_deadline_s = no_deadline_s, double next_s = no_deadline_s) {
    Watch watch;
    watch.on_event = [&](const Event& event) {
      events_.push_back(event);
      return next_s;
    };
    watch.first_deadline_s = first_deadline_s;
    return run_child(body, watch);
  }

  std::vector<Event> events_;

 private:
  std::ptrdiff_t descriptors_;
};

TEST_F(ProcessTest, TheBodyWaitsForOnStart) {
  const std::filesystem::path mark =
      std::filesystem::temp_directory_path() / ("crossover-gate-" + std::to_string(getpid()));
  Watch watch;
  watch.on_event = [&](const Event& event) {
    events_.push_back(event);
    return no_deadline_s;
  };
  watch.on_start = [&](pid_t pid) {
    EXPECT_GT(pid, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a child that does not wait is done by now
    std::ofstream(mark) << "on_start was here";
  };
  const ChildEnd end = run_child(
      [&](const Report& report) {
        report({{"marked", std::filesystem::exists(mark)}});
      },
      watch);
  std::filesystem::remove(mark);
  EXPECT_TRUE(end.clean());
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_TRUE(events_[0].at("marked"));
}

TEST_F(ProcessTest, EventsArriveInOrder) {
  const ChildEnd end = ended([](const Report& report) {
    for (int i = 0; i < 2000; ++i) report(event::value(i, "call_s", i));
  });
  EXPECT_TRUE(end.clean());
  ASSERT_EQ(events_.size(), 2000U);
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(events_[static_cast<std::size_t>(i)].at("case"), i);
}

TEST_F(ProcessTest, LargeEventsArriveWhole) {
  const std::string text(3'000'000, 'x');
  const ChildEnd end = ended([&](const Report& report) {
    report(event::warning(0, text));
    report(event::warning(1, "last"));
  });
  EXPECT_TRUE(end.clean());
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_EQ(events_[0].at("text"), text);
}

TEST_F(ProcessTest, LineBreaksAndBytesThatAreNoTextDoNotBreakTheStream) {
  ended([](const Report& report) {
    report(event::warning(0, "two\nlines"));
    report(event::warning(0, "a path \xff\xfe"));
    report(event::warning(0, "last"));
  });
  ASSERT_EQ(events_.size(), 3U);
  EXPECT_EQ(events_[0].at("text"), "two\nlines");
  EXPECT_TRUE(events_[1].at("text").get<std::string>().starts_with("a path "));
}

TEST_F(ProcessTest, NumbersThatJsonLacksArriveAsNothing) {
  ended([](const Report& report) { report(event::value(0, "call_s", std::nan(""))); });
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_FALSE(events_[0].at("number").is_number());
}

TEST_F(ProcessTest, DeathBySignal) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGABRT, SIGFPE}) {
    events_.clear();
    const ChildEnd end = ended([=](const Report& report) {
      std::signal(signal, SIG_DFL);  // a sanitizer would take it
      report(event::begin(3, Phase::call));
      raise(signal);
    });
    EXPECT_EQ(end.signal, signal);
    EXPECT_FALSE(end.clean());
    EXPECT_FALSE(end.timed_out);
    EXPECT_EQ(events_.size(), 1U) << "what was said before stays";
    EXPECT_NE(describe(end).find("signal " + std::to_string(signal)), std::string::npos);
  }
}

TEST_F(ProcessTest, ExitAndException) {
  const ChildEnd exited = ended([](const Report&) { _exit(7); });
  EXPECT_EQ(exited.exit_status, 7);
  EXPECT_EQ(exited.signal, 0);
  EXPECT_FALSE(exited.clean());
  EXPECT_EQ(describe(exited), "exited with status 7");
  const ChildEnd threw = ended([](const Report&) { throw std::runtime_error("out"); });
  EXPECT_EQ(threw.exit_status, 1);
  EXPECT_FALSE(threw.clean());
  EXPECT_EQ(describe(threw), "ended with an error: out");
  EXPECT_EQ(describe(ended([](const Report&) { throw 5; })),
            "ended with an error: an error of an unknown type");
  EXPECT_TRUE(events_.empty()) << "that is for describe(), not for the reader";
}

TEST_F(ProcessTest, ALimitThatLetsNoProcessStartIsASentence) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  for (const rlim_t free : {0, 1, 2, 3}) {  // the first pipe, then the second
    const int next = dup(0);
    close(next);
    const rlimit few{static_cast<rlim_t>(next) + free, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const ChildEnd end = ended([](const Report&) {});
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_FALSE(end.clean());
    EXPECT_NE(describe(end).find("could not be started: "), std::string::npos) << describe(end);
    EXPECT_NE(describe(end).find("ulimit -n"), std::string::npos) << describe(end);
  }
}

TEST_F(ProcessTest, TheFirstDeadline) {
  const ChildEnd end = ended([](const Report&) { hang(); }, 0.05);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
}

TEST_F(ProcessTest, TheDeadlineThatAnEventSet) {
  const ChildEnd end = ended(
      [](const Report& report) {
        report(event::begin(0, Phase::call));
        hang();
      },
      no_deadline_s, 0.05);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(events_.size(), 1U);
}

TEST_F(ProcessTest, EachEventGetsADeadlineOfItsOwn) {
  const ChildEnd end = ended(
      [](const Report& report) {
        for (int i = 0; i < 6; ++i) {
          std::this_thread::sleep_for(std::chrono::milliseconds(100));
          report(event::begin(i, Phase::call));
        }
      },
      60, 60);
  EXPECT_TRUE(end.clean());
  EXPECT_EQ(events_.size(), 6U);
}

TEST_F(ProcessTest, AnInterruptEndsTheChild) {
  bool asked = false;
  Watch watch;
  watch.on_event = [&](const Event&) {
    asked = true;
    return no_deadline_s;
  };
  watch.interrupted = [&] { return asked; };
  const ChildEnd end = run_child(
      [](const Report& report) {
        report(event::begin(0, Phase::call));
        hang();
      },
      watch);
  EXPECT_TRUE(end.interrupted);
  EXPECT_FALSE(end.clean());
  EXPECT_FALSE(end.timed_out);
}

TEST_F(ProcessTest, AChildIgnoresCtrlCBecauseItsParentDecides) {
  const ChildEnd end = ended([](const Report& report) {
    raise(SIGINT);
    report(event::begin(0, Phase::call));
  });
  EXPECT_TRUE(end.clean());
  EXPECT_EQ(events_.size(), 1U);
}

TEST_F(ProcessTest, AReaderThatThrowsLeavesNoChild) {
  Watch watch;
  watch.on_event = [](const Event&) -> double { throw std::runtime_error("cannot use it"); };
  EXPECT_THROW(run_child(
                   [](const Report& report) {
                     report(event::begin(0, Phase::call));
                     hang();
                   },
                   watch),
               std::runtime_error);
}

TEST_F(ProcessTest, AStartThatThrowsLeavesNoChild) {
  Watch watch;
  watch.on_event = [](const Event&) { return no_deadline_s; };
  watch.on_start = [](pid_t) { throw std::runtime_error("no place for it"); };
  EXPECT_THROW(run_child([](const Report&) {}, watch), std::runtime_error);
}

TEST_F(ProcessTest, TheParentHearsOfTheChildsNumberFirst) {
  pid_t told = 0;
  Watch watch;
  watch.on_event = [](const Event&) { return no_deadline_s; };
  watch.on_start = [&](pid_t pid) { told = pid; };
  run_child([](const Report&) {}, watch);
  EXPECT_GT(told, 1);
}

/// A process that ended a while ago, or never was.
bool is_gone(pid_t pid) {
  for (int i = 0; i < 200; ++i) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    if (!(stat >> number >> name >> state) || state == "Z") return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST_F(ProcessTest, AKilledChildTakesItsOwnChildrenAlong) {
  pid_t grandchild = 0;
  Watch watch;
  watch.on_event = [&](const Event& event) {
    grandchild = event.at("pid");
    return 0.05;
  };
  const ChildEnd end = run_child(
      [](const Report& report) {
        Watch inner;
        inner.on_event = [&](const Event& event) {
          report(event);
          return no_deadline_s;
        };
        run_child(
            [](const Report& innermost) {
              innermost({{"pid", getpid()}});
              hang();
            },
            inner);
      },
      watch);
  EXPECT_TRUE(end.timed_out);
  ASSERT_GT(grandchild, 1);
  EXPECT_TRUE(is_gone(grandchild));
}

TEST_F(ProcessTest, OneThatIsStoppedIsKilledLikeOneThatHangs) {
  const ChildEnd end = ended([](const Report&) { raise(SIGSTOP); }, 0.05);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(describe(end), "timed out after 50.0 ms");
}

/// Forks a process that lives on, holds all that its parent has and does not ask to die with it.
pid_t fork_one_that_stays() {
  const pid_t pid = fork();
  if (pid == 0) hang();
  return pid;
}

TEST_F(ProcessTest, WhatAChildLeavesBehindIsEndedThoughItHoldsThePipe) {
  const ChildEnd end = ended([](const Report& report) { report({{"pid", fork_one_that_stays()}}); }, 60, 60);
  EXPECT_TRUE(end.clean()) << describe(end);
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_TRUE(is_gone(events_[0].at("pid")));
}

TEST_F(ProcessTest, WhatAChildOfAKilledChildLeavesBehindIsEnded) {
  pid_t stays = 0;
  Watch watch;
  watch.on_event = [&](const Event& event) {
    stays = event.at("pid");
    return 0.05;
  };
  const ChildEnd end = run_child(
      [](const Report& report) {
        Watch inner;
        inner.on_event = [&](const Event& event) {
          report(event);
          return no_deadline_s;
        };
        run_child(
            [](const Report& innermost) {
              innermost({{"pid", fork_one_that_stays()}});
              hang();
            },
            inner);
      },
      watch);
  EXPECT_TRUE(end.timed_out);
  ASSERT_GT(stays, 1);
  EXPECT_TRUE(is_gone(stays));
}

TEST_F(ProcessTest, ChildrenThatWereThereBeforeStay) {
  const pid_t mine = fork_one_that_stays();
  EXPECT_TRUE(ended([](const Report&) { fork_one_that_stays(); }).clean());
  EXPECT_FALSE(has_ended(mine));
  ChildEnd end;
  kill_and_wait(mine, end);
  EXPECT_EQ(end.signal, SIGKILL);
}

/// The descriptor of a body's pipe, as a library that closes what it does not know finds it.
void close_every_descriptor() {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) close(descriptor);
}

TEST_F(ProcessTest, OneThatClosesItsPipeAndGoesOnIsEnded) {
  const ChildEnd end = ended([](const Report&) {
    close_every_descriptor();
    hang();
  });
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
}

/// Writes past the Report, to the pipe of run_child(): it alone is closed by exec and only written to.
void write_raw(const std::string& text, std::size_t times) {
  int pipe = -1;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    struct stat what {};
    if (fstat(descriptor, &what) == 0 && S_ISFIFO(what.st_mode) && fcntl(descriptor, F_GETFD) == FD_CLOEXEC &&
        (fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_WRONLY)
      pipe = descriptor;
  }
  for (std::size_t i = 0; i < times; ++i)
    if (write(pipe, text.data(), text.size()) < 0) return;
}

TEST_F(ProcessTest, OneThatNeverEndsALineIsStopped) {
  const ChildEnd end =
      ended([](const Report&) { write_raw(std::string(1 << 16, ' '), std::size_t{1} << 40); });
  EXPECT_FALSE(end.clean());
  EXPECT_EQ(describe(end), "was stopped: it sent more than 16 MiB that are no event");
}

TEST_F(ProcessTest, OneThatSendsWhatIsNoEventIsStopped) {
  for (const char* text : {"nonsense\n", "{\"event\":\n", "\n", "\x1b[2J\n"}) {
    const ChildEnd end = ended([&](const Report&) {
      write_raw(text, 1);
      hang();
    });
    EXPECT_EQ(describe(end), "was stopped: it sent what is no event") << text;
  }
}

TEST_F(ProcessTest, OneThatSendsWithoutEndIsStopped) {
  std::string lines;
  while (lines.size() < 1 << 16) lines += "{\"a\":\"" + std::string(1000, 'x') + "\"}\n";
  Watch watch;
  watch.on_event = [](const Event&) { return no_deadline_s; };
  watch.most_bytes = 1 << 20;
  const ChildEnd end = run_child([&](const Report&) { write_raw(lines, std::size_t{1} << 40); }, watch);
  EXPECT_EQ(describe(end), "was stopped: it sent more than 1 MiB of events");
}

TEST_F(ProcessTest, ManyChildrenInARow) {
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(ended([](const Report& report) { report(event::begin(0, Phase::call)); }).clean());
  EXPECT_EQ(events_.size(), 200U);
}

}  // namespace
}  // namespace crossover
