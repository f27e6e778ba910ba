#include "bench/worker/callers.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/base/user_limits.hpp"
#include "bench/measure/process.hpp"
#include "bench/rivals/rivals.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

constexpr int most_calls = 1 << 14;  // of one caller
constexpr int look_ms = 50;          // for callers that died

/// What a caller tells the process that started it, in memory that both have.
struct Told {
  int calls;
  double end_s;
  std::array<double, most_calls> calls_s;
};

/// Zero-filled memory that children share; given back at the end.
class Shared {
 public:
  explicit Shared(int callers) : bytes_(sizeof(Told) * static_cast<std::size_t>(callers)) {
    void* const data = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    told_ = static_cast<Told*>(data);
  }
  ~Shared() { munmap(told_, bytes_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  Told& of(int caller) const { return told_[caller]; }

 private:
  std::size_t bytes_;
  Told* told_;
};

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int end(int which) const { return ends_[static_cast<std::size_t>(which)]; }
  void close_end(int which) {
    int& descriptor = ends_[static_cast<std::size_t>(which)];
    if (descriptor >= 0) close(descriptor);
    descriptor = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

/// Runs the case in this process until the budget is spent.
class Caller {
 public:
  Caller(const CaseJob& job, const World& world, int number) : job_(job), world_(world) {
    if (!job.cpus.empty()) {  // the CPUs behind those of the callers before it
      cpus_.assign(job.cpus.begin(), job.cpus.end());
      const int used = number * job.subject.threads % static_cast<int>(cpus_.size());
      std::rotate(cpus_.begin(), cpus_.begin() + used, cpus_.end());
      job_.cpus = cpus_;
    }
  }

  /// Opens it and calls once; `oracle` is asked about that call where there is one.
  void prepare(const Oracle* oracle) {
    world_.report(event::begin(job_.id, Phase::startup));
    start_backend(job_, world_);
    execution_ = open_case(job_);
    for (const Step& step : execution_->opening()) step.run();
    execution_->wait();
    const Subject subject{job_.id, execution_.get(), false, 0, job_.crowded, error_bound(job_)};
    if (oracle && !verify_call(world_, subject, *oracle)) throw Wrong();
    if (!oracle) timed_call(world_, *execution_, execution_->call());
  }

  void call_for(double budget_s, Told& told) {
    const std::vector<Step> steps = execution_->call();
    const double released_s = world_.now();
    while (told.calls < most_calls && (told.calls == 0 || told.end_s < budget_s)) {
      told.calls_s[static_cast<std::size_t>(told.calls)] = timed_call(world_, *execution_, steps);
      ++told.calls;
      told.end_s = world_.now() - released_s;
    }
    for (const Step& step : execution_->closing()) step.run();
    execution_->wait();
  }

  /// It has been reported.
  struct Wrong {};

 private:
  CaseJob job_;
  const World& world_;
  std::vector<int> cpus_;
  std::unique_ptr<Execution> execution_;
};

/// The callers' processes.
class Callers {
 public:
  Callers(const CaseJob& job, const World& world, const Oracle& oracle)
      : job_(job), world_(world), oracle_(oracle), told_(job.options.concurrent) {}
  ~Callers() { end_all(); }
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  /// False where one of them failed, which it has reported itself.
  bool run() {
    for (int number = 0; number < count(); ++number) start(number);
    ready_.close_end(1);
    gate_.close_end(0);
    for (int ready = 0; ready < count();) {
      const int heard = wait_for_ready();
      if (heard < 0) return false;
      ready += heard;
    }
    world_.report(event::begin(job_.id, Phase::call));
    gate_.close_end(1);  // all at once
    while (!running_.empty())
      if (!look_for_ends(0)) return false;
    return true;
  }

  std::vector<CallerTimes> times() const {
    std::vector<CallerTimes> times;
    for (int number = 0; number < count(); ++number) {
      const Told& told = told_.of(number);
      times.push_back({{told.calls_s.begin(), told.calls_s.begin() + told.calls}, told.end_s});
    }
    return times;
  }

 private:
  int count() const { return job_.options.concurrent; }

  void start(int number) {
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid > 0) return running_.push_back(pid);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    gate_.close_end(1);
    ready_.close_end(0);
    _exit(called(number) ? 0 : 1);
  }

  /// A caller's life; false where it failed, and said so.
  bool called(int number) {
    Phase phase = Phase::startup;
    World world = world_;
    world.report = [&](const Event& event) {
      if (event.at("event") == "begin") phase = phase_named(event.at("phase").get<std::string>());
      if (number == 0 || event.at("event") == "failure") world_.report(event);  // once is enough
    };
    try {
      Caller caller(job_, world, number);
      caller.prepare(number == 0 ? &oracle_ : nullptr);
      char byte = 'r';
      if (write(ready_.end(1), &byte, 1) != 1) return false;
      while (read(gate_.end(0), &byte, 1) < 0 && errno == EINTR) continue;  // until it is closed
      phase = Phase::call;
      caller.call_for(job_.group.budget_s, told_.of(number));
      return true;
    } catch (const Caller::Wrong&) {
      return false;
    } catch (...) {
      world.report(event::failure_in_flight(job_.id, phase));
      return false;
    }
  }

  /// How many got ready meanwhile; -1 where one ended.
  int wait_for_ready() {
    pollfd waited{ready_.end(0), POLLIN, 0};
    if (poll(&waited, 1, look_ms) > 0) {
      std::array<char, 64> bytes;
      const ssize_t n = read(ready_.end(0), bytes.data(), bytes.size());
      if (n > 0) return static_cast<int>(n);
    }
    return look_for_ends(WNOHANG) ? 0 : -1;
  }

  /// False where one ended badly: what killed it is reported here.
  bool look_for_ends(int flags) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, flags);
    if (pid <= 0) return pid == 0 || errno == EINTR;
    std::erase(running_, pid);
    if (WIFSIGNALED(status)) {
      ChildEnd end;
      end.signal = WTERMSIG(status);
      world_.report(
          event::failure(job_.id, end.signal == SIGKILL ? Outcome::killed : Outcome::failed, Phase::call,
                         "one of " + std::to_string(count()) + " callers at once " + describe(end)));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  void end_all() {
    for (const pid_t pid : running_) kill(pid, SIGKILL);
    for (const pid_t pid : running_) waitpid(pid, nullptr, 0);
    running_.clear();
  }

  const CaseJob& job_;
  const World& world_;
  const Oracle& oracle_;
  Shared told_;
  Pipe ready_, gate_;
  std::vector<pid_t> running_;
};

}  // namespace

Together together(std::span<const CallerTimes> callers) {
  Together all;
  std::vector<double> calls_s;
  for (const CallerTimes& caller : callers) {
    calls_s.insert(calls_s.end(), caller.calls_s.begin(), caller.calls_s.end());
    if (caller.end_s > 0) all.calls_per_s += static_cast<double>(caller.calls_s.size()) / caller.end_s;
  }
  all.call_s = median(calls_s);
  if (calls_s.size() < calls_for_p99) return all;
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(0.99 * static_cast<double>(calls_s.size()))) - 1;
  std::nth_element(calls_s.begin(), calls_s.begin() + rank, calls_s.end());
  all.p99_s = calls_s[static_cast<std::size_t>(rank)];
  return all;
}

void measure_callers(const CaseJob& job, const World& world, const Oracle& oracle) {
  const int threads = job.options.concurrent * job.subject.threads;
  if (threads > job.usable && job.subject.backend == &cpu_backend())
    world.report(event::warning(job.id, std::to_string(job.options.concurrent) + " callers at once have " +
                                            std::to_string(threads) + " threads on " +
                                            std::to_string(job.usable) + " CPUs: they take turns"));
  if (job.subject.backend == &cpu_backend())
    if (const std::string why = why_no_threads(threads); !why.empty())
      throw std::runtime_error("callers at once: " + why);
  Callers callers(job, world, oracle);
  if (!callers.run()) return;
  const Together all = together(callers.times());
  world.report(event::value(job.id, "concurrent", job.options.concurrent));
  // A rival's calls have a process between them and us, which is not charged to it.
  if (job.subject.backend != &rivals_backend())
    world.report(event::value(job.id, "calls_per_s", all.calls_per_s));
  world.report(event::value(job.id, "concurrent_call_s", all.call_s));
  if (all.p99_s) world.report(event::value(job.id, "call_p99_s", *all.p99_s));
}

std::string render_callers(std::span<const Row> rows, int width) {
  std::string text;
  const std::vector<std::string> labels = short_labels(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    if (row.outcome != Outcome::ok || !row.concurrent || !row.concurrent_call_s) continue;
    text += (text.empty() ? std::to_string(*row.concurrent) +
                                (*row.concurrent == 1 ? " caller: " : " callers at once: ")
                          : "; ") +
            labels[i] +
            (row.calls_per_s ? ' ' + format_significant(*row.calls_per_s) + " calls/s," : std::string()) +
            " a call " + format_seconds(*row.concurrent_call_s);
    if (row.call_p99_s) text += ", 99% within " + format_seconds(*row.call_p99_s);
  }
  return text.empty() ? text : wrapped(text, width, 2);
}

}  // namespace crossover
