#include "bench/calibration.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <ctime>
#include <thread>

#include "bench/cgroup.hpp"
#include "bench/memory_limits.hpp"
#include "cpu/team.hpp"

namespace crossover {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t block_bytes = 512;  // what the read kernel works in
constexpr double first_touch_s = 2;       // of the 4 s that calibrating may take
constexpr double group_s = 0.12;          // for the passes of one figure, of which there are twelve

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Private memory that nothing has touched.
class Region {
 public:
  explicit Region(std::size_t bytes) : bytes_(bytes) {
    void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    madvise(data, bytes, MADV_HUGEPAGE);  // advice: may be refused
    data_ = static_cast<std::byte*>(data);
  }
  ~Region() { munmap(data_, bytes_); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
  std::size_t bytes_;
};

double thread_cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Where passes run, the time that passed meanwhile, and the part of it in which they had a processor.
struct Presence {
  std::span<const int> cpus;  ///< of thread i: cpus[i]; empty: any
  double wall_s = 0, cpu_s = 0;
};

/// Runs `body(thread)`, which returns how much it did, on `threads` threads for several passes, fewer
/// where they take long; returns what was done per second in each. Passes start together and end with
/// the last thread.
template <class Body>
std::vector<double> rates(Presence& presence, int threads, int passes, const Body& body) {
  const auto count = static_cast<std::size_t>(threads);
  std::vector<double> done(count), cpu_s(count), found;
  std::vector<Clock::time_point> begin(count), end(count);
  std::barrier gate(threads);
  const Clock::time_point started = Clock::now();
  bool more = true;  // written by thread 0 between two gates, read by all behind the second
  const auto work = [&](std::size_t thread) {
    if (!presence.cpus.empty()) cpu::tie_this_thread(presence.cpus[thread % presence.cpus.size()]);
    while (more) {
      gate.arrive_and_wait();
      begin[thread] = Clock::now();
      const double cpu_before = thread_cpu_s();
      done[thread] = body(static_cast<int>(thread));
      cpu_s[thread] = thread_cpu_s() - cpu_before;
      end[thread] = Clock::now();
      gate.arrive_and_wait();
      if (thread == 0) {
        double total = 0;
        for (std::size_t i = 0; i < count; ++i) {
          total += done[i];
          presence.cpu_s += cpu_s[i];
          presence.wall_s += seconds_between(begin[i], end[i]);
        }
        found.push_back(total / seconds_between(*std::min_element(begin.begin(), begin.end()),
                                                *std::max_element(end.begin(), end.end())));
        const auto taken = static_cast<int>(found.size());
        more = taken < passes && (taken < 3 || seconds_between(started, Clock::now()) < group_s);
      }
      gate.arrive_and_wait();
    }
  };
  std::vector<std::jthread> team;
  for (std::size_t thread = 1; thread < count; ++thread) team.emplace_back(work, thread);
  work(0);
  return found;
}

/// How a level is read: `bytes` by each thread, its own part of the region or all of it (a shared cache
/// would otherwise be split into parts that fit the private ones), as often as a pass of 4 ms needs.
struct Reading {
  const std::byte* data;
  std::size_t bytes;
  bool shared;
  int repeats, passes;
};

std::vector<double> read_rates(Presence& presence, const Reading& reading, int threads) {
  const std::size_t part =
      (reading.shared ? reading.bytes : reading.bytes / static_cast<std::size_t>(threads)) / block_bytes *
      block_bytes;
  return rates(presence, threads, reading.passes, [&](int thread) {
    const std::size_t begin = reading.shared ? 0 : part * static_cast<std::size_t>(thread);
    // Threads that share start in different places: they do not walk behind one another.
    const std::size_t turn = reading.shared ? part / static_cast<std::size_t>(threads) *
                                                  static_cast<std::size_t>(thread) / block_bytes * block_bytes
                                            : 0;
    std::uint64_t sum = 0;
    if (turn == 0) sum = kernels::read_all(reading.data + begin, part, reading.repeats);
    for (int i = 0; turn != 0 && i < reading.repeats; ++i)
      sum +=
          kernels::read_all(reading.data + turn, part - turn, 1) + kernels::read_all(reading.data, turn, 1);
    volatile std::uint64_t kept = sum;
    static_cast<void>(kept);
    return static_cast<double>(part) * reading.repeats / 1e9;
  });
}

void measure(Presence& presence, Calibration::Level& level, Reading one, Reading all, int threads) {
  const std::vector<double> alone = read_rates(presence, one, 1);
  level.read_gbytes_per_s_1 = median(alone);
  level.best_gbytes_per_s_1 = *std::max_element(alone.begin(), alone.end());
  const std::vector<double> together = threads == 1 ? alone : read_rates(presence, all, threads);
  level.read_gbytes_per_s_all = median(together);
  level.best_gbytes_per_s_all = *std::max_element(together.begin(), together.end());
}

/// Writes numbers that are not zero, block by block, until the time is up; returns the bytes touched.
std::size_t touch(Presence& presence, std::byte* data, std::size_t bytes, int threads) {
  const Clock::time_point begin = Clock::now();
  constexpr std::size_t step = 32 * mebibyte;
  std::size_t done = 0;
  while (done < bytes && seconds_between(begin, Clock::now()) < first_touch_s) {
    const std::size_t now = std::min(bytes - done, step * static_cast<std::size_t>(threads));
    const std::size_t part = now / static_cast<std::size_t>(threads) / sizeof(std::uint64_t);
    rates(presence, threads, 1, [&](int thread) {
      auto* words = reinterpret_cast<std::uint64_t*>(data + done) + part * static_cast<std::size_t>(thread);
      for (std::size_t i = 0; i < part; ++i) words[i] = 0x9e3779b97f4a7c15u * (i + 1);
      return 1.0;
    });
    done += now;
  }
  return done / mebibyte * mebibyte;
}

template <class T>
double fma_rate(Presence& presence, int threads, double (*kernel)(std::int64_t, T*)) {
  std::vector<double> found = rates(presence, threads, 7, [&](int) {
    T sink = static_cast<T>(1.5);
    const double done = kernel(500'000, &sink);
    volatile T kept = sink;
    static_cast<void>(kept);
    return done / 1e9;
  });
  return *std::max_element(found.begin(), found.end());
}

double timer_cost_s() {
  std::vector<double> costs;
  for (int batch = 0; batch < 15; ++batch) {
    const Clock::time_point begin = Clock::now();
    Clock::time_point end = begin;
    for (int i = 0; i < 2000; ++i) end = Clock::now();
    costs.push_back(seconds_between(begin, end) / 2000);
  }
  return median(costs);
}

/// What a call pays for a team: an empty parallel region, again and again, so that its threads are awake.
double team_cost_s(int threads, std::span<const int> cpus) {
  cpu::start_team(threads, cpus);
  std::vector<double> costs;
  for (int i = 0; i < 400; ++i) {
    const Clock::time_point begin = Clock::now();
    int joined = 0;
#pragma omp parallel num_threads(threads) reduction(+ : joined)
    joined += 1;
    const Clock::time_point end = Clock::now();
    if (joined == threads) costs.push_back(seconds_between(begin, end));
  }
  return costs.empty() ? 0 : median(costs);
}

double stolen_s() {
  return steal_seconds(read_text("/proc/stat"), static_cast<double>(sysconf(_SC_CLK_TCK)));
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

Calibration calibrate(const Machine& machine, std::span<const int> cpus,
                      const std::function<void(const std::string&)>& progress) {
  const auto say = [&](const std::string& step) {
    if (progress) progress(step);
  };
  const Clock::time_point begin = Clock::now();
  Presence presence{.cpus = cpus};
  const double steal_before = stolen_s();
  Calibration result;
  result.date_utc = utc_now();
  result.threads = std::max(1, machine.usable);
  const int threads = result.threads;
  const auto team = static_cast<std::size_t>(threads);

  say("clock");
  result.timer_s = timer_cost_s();

  // DRAM figures need several times the last level; what may be used limits it, and so does the time
  // that first touches take on a virtual machine.
  const std::size_t last_level =
      machine.l3.bytes * static_cast<std::size_t>(std::max(1, machine.l3.instances));
  const std::size_t wanted = std::max(1024 * mebibyte, 4 * last_level);
  const std::size_t caches = std::max({4 * mebibyte, 2 * team * (machine.l1d.bytes + machine.l2.bytes),
                                       std::min(last_level / 2, 64 * mebibyte)});
  const std::size_t allowed = host_memory_limits().tightest().available_bytes / 4 * 3;
  const std::size_t bytes = std::max(caches, std::min(wanted, allowed)) / mebibyte * mebibyte;
  const Region region(bytes);
  say("touching " + bytes_text(bytes));
  const std::size_t touched = std::max(caches, touch(presence, region.data(), bytes, threads));

  const auto reading = [&](std::size_t size, bool shared, int passes) {
    size = std::max<std::size_t>(size / block_bytes / team * team, team) * block_bytes;
    const auto repeats = static_cast<int>(std::max<std::size_t>(1, 256 * mebibyte / size));
    return Reading{region.data(), size, shared, passes >= 7 ? repeats : 1, passes};
  };
  const auto private_cache = [&](const char* name, const CpuCache& cache) {
    if (cache.bytes == 0) return;
    say(name);
    Calibration::Level level{name, cache.bytes, cache.instances};
    const std::size_t half = cache.bytes / 2 / static_cast<std::size_t>(std::max(1, cache.shared_by));
    Reading one = reading(half, false, 7), all = reading(half * team, false, 7);
    all.repeats = one.repeats =
        std::max(1, static_cast<int>(768 * mebibyte / std::max<std::size_t>(half, 1)));
    measure(presence, level, one, all, threads);
    result.levels.push_back(level);
  };
  private_cache("L1", machine.l1d);
  private_cache("L2", machine.l2);
  if (machine.l3.bytes != 0) {
    say("L3");
    Calibration::Level level{"L3", machine.l3.bytes, machine.l3.instances};
    // Past what one core's private caches hold, well inside what the others' use of the cache leaves.
    const std::size_t size = std::min({std::max(machine.l3.bytes / 4, 4 * machine.l2.bytes),
                                       machine.l3.bytes / 4 * 3, 64 * mebibyte, touched});
    measure(presence, level, reading(size, true, 7), reading(size, true, 7), threads);
    result.levels.push_back(level);
  }
  say("DRAM");
  Calibration::Level dram{"DRAM", touched, 1};
  if (touched < wanted) dram.name += " (on " + bytes_text(touched) + " of " + bytes_text(wanted) + ")";
  measure(presence, dram, reading(touched, false, 5), reading(touched, false, 5), threads);
  result.levels.push_back(dram);

  say("multiply-add");
  result.fma_gflops_f32_1 = fma_rate(presence, 1, kernels::fma_f32);
  result.fma_gflops_f64_1 = fma_rate(presence, 1, kernels::fma_f64);
  result.fma_gflops_f32_all =
      threads == 1 ? result.fma_gflops_f32_1 : fma_rate(presence, threads, kernels::fma_f32);
  result.fma_gflops_f64_all =
      threads == 1 ? result.fma_gflops_f64_1 : fma_rate(presence, threads, kernels::fma_f64);
  say("team");
  result.team_s = team_cost_s(threads, cpus);
  const double missing = presence.wall_s - presence.cpu_s + stolen_s() - steal_before;
  result.disturbed_share = std::clamp(missing / presence.wall_s, 0.0, 1.0);
  result.took_s = seconds_between(begin, Clock::now());
  return result;
}

}  // namespace crossover
