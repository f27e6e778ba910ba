#include "bench/machine/calibration_passes.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "bench/base/input_file.hpp"
#include "bench/machine/calibration.hpp"
#include "bench/machine/cgroup.hpp"
#include "bench/machine/memory_limits.hpp"
#include "cpu/team.hpp"

namespace crossover::passes {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t block_bytes = 512;          // what the read kernel works in
constexpr std::size_t pass_bytes = 4 * mebibyte;  // 20 us from L1, 40 us from L2, 0.2 ms from DRAM

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

double thread_cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Threads leave it together: a pass of microseconds cannot wait until the system wakes them. On a busy
/// machine those that have a CPU keep it until the others have one too; only where these are long in coming,
/// and may wait for the same CPU, they give it away.
class Gate {
 public:
  explicit Gate(int threads) : threads_(threads) {}

  void wait() {
    constexpr double patience_s = 0.02;  // longer than other programs' slices
    const unsigned turn = turn_.load();
    if (arrived_.fetch_add(1) + 1 == threads_) {
      arrived_ = 0;
      turn_ = turn + 1;
      return;
    }
    const Clock::time_point begin = Clock::now();
    for (int looks = 1; turn_.load() == turn; ++looks)
      if (looks % 256 == 0 && seconds_between(begin, Clock::now()) > patience_s) std::this_thread::yield();
  }

 private:
  int threads_;
  std::atomic<int> arrived_ = 0;
  std::atomic<unsigned> turn_ = 0;
};

/// Whether further passes are wanted.
class Wanted {
 public:
  explicit Wanted(const Effort& effort) : effort_(effort) {}

  bool more(const std::vector<double>& rates, double seconds) {
    constexpr double close = 0.97;
    if (rates.back() > best_) {
      best_ = rates.back();
      agreeing_ =
          static_cast<int>(std::ranges::count_if(rates, [&](double r) { return r >= close * best_; }));
    } else {
      agreeing_ += rates.back() >= close * best_;
    }
    const auto taken = static_cast<int>(rates.size());
    if (taken < effort_.least || taken >= effort_.most) return taken < effort_.least;
    const bool settled = agreeing_ >= Effort::agreeing && best_ >= close * effort_.at_least;
    return seconds < effort_.seconds && (seconds < effort_.settled_s || !settled);
  }

 private:
  const Effort& effort_;
  double best_ = 0;
  int agreeing_ = 0;
};

/// Runs `body(thread, pass)`, which returns how much it did, on `threads` threads; what was done per second
/// in each pass, the first `untimed` left out.
template <class Body>
std::vector<double> rates(Presence& presence, int threads, const Effort& effort, std::size_t untimed,
                          const Body& body) {
  const auto count = static_cast<std::size_t>(threads);
  std::vector<double> done(count), cpu_s(count), found;
  std::vector<Clock::time_point> begin(count), end(count);
  Gate gate(threads);
  Wanted wanted(effort);
  const Clock::time_point started = Clock::now();
  bool more = true;  // written by thread 0 between two gates, read by all behind the second
  const auto work = [&](std::size_t thread) {
    if (!presence.cpus.empty()) try {
        cpu::tie_this_thread(presence.cpus[thread % presence.cpus.size()]);
      } catch (const std::runtime_error&) {  // a sandbox: threads run where they may
      }
    for (std::size_t pass = 0; pass < untimed; ++pass) body(static_cast<int>(thread), pass);
    for (std::size_t pass = untimed; more; ++pass) {
      gate.wait();
      const double cpu_before = thread_cpu_s();
      begin[thread] = Clock::now();
      done[thread] = body(static_cast<int>(thread), pass);
      end[thread] = Clock::now();
      cpu_s[thread] = thread_cpu_s() - cpu_before;
      gate.wait();
      if (thread == 0) {
        double total = 0;
        for (std::size_t i = 0; i < count; ++i) {
          total += done[i];
          presence.cpu_s += cpu_s[i];
          presence.wall_s += seconds_between(begin[i], end[i]);
        }
        found.push_back(total / seconds_between(*std::min_element(begin.begin(), begin.end()),
                                                *std::max_element(end.begin(), end.end())));
        more = wanted.more(found, seconds_between(started, Clock::now()));
      }
      gate.wait();
    }
  };
  std::vector<std::jthread> team;
  for (std::size_t thread = 1; thread < count; ++thread) team.emplace_back(work, thread);
  work(0);
  return found;
}

/// What one thread works on in a pass: `bytes` from `begin` in `data` of `all_bytes`, from the start again
/// where they end, `repeats` times.
struct Part {
  std::byte* data;
  std::size_t all_bytes, begin, bytes;
  int repeats;
};

std::size_t in_blocks(std::size_t bytes) { return bytes / block_bytes * block_bytes; }

/// Threads that share all of it start in different places: they do not walk behind one another. A shared
/// cache would otherwise be split into parts that fit the private ones.
Part part_of(const Level& level, std::byte* data, int thread, int threads, std::size_t pass) {
  const auto count = static_cast<std::size_t>(threads), index = static_cast<std::size_t>(thread);
  const std::size_t share =
      level.share == Level::Share::part ? level.working_bytes / count : level.working_bytes;
  const std::size_t all = std::max(in_blocks(share), block_bytes);
  const std::size_t bytes = std::min(all, std::max(in_blocks(level.pass_bytes), block_bytes));
  const bool shared = level.share == Level::Share::all;
  return {.data = data + (shared ? 0 : all * index),
          .all_bytes = all,
          .begin = (pass * bytes + (shared ? in_blocks(all / count * index) : 0)) % all,
          .bytes = bytes,
          .repeats = static_cast<int>(std::max<std::size_t>(1, level.pass_bytes / bytes))};
}

double read_part(const Part& part) {
  const std::size_t first = std::min(part.bytes, part.all_bytes - part.begin), rest = part.bytes - first;
  std::uint64_t sum = 0;
  if (rest == 0) sum = kernels::read_all(part.data + part.begin, first, part.repeats);
  for (int i = 0; rest != 0 && i < part.repeats; ++i)
    sum += kernels::read_all(part.data + part.begin, first, 1) + kernels::read_all(part.data, rest, 1);
  volatile std::uint64_t kept = sum;
  static_cast<void>(kept);
  return static_cast<double>(part.bytes) * part.repeats;
}

double copy_part(const Part& part) {
  const std::size_t half = part.bytes / 2, begin = std::min(part.begin, part.all_bytes - part.bytes);
  for (int i = 0; i < part.repeats; ++i) {
    std::memcpy(part.data + begin + half, part.data + begin, half);
    asm volatile("" ::: "memory");  // each is done, though the next does it again
  }
  return 2 * static_cast<double>(half) * part.repeats;
}

/// Writes numbers that are not zero, block by block, until the time is up; returns the bytes touched.
std::size_t touch(Presence& presence, std::byte* data, std::size_t bytes, int threads, double touch_s) {
  const Clock::time_point begin = Clock::now();
  constexpr std::size_t step = 32 * mebibyte;
  std::size_t done = 0;
  while (done < bytes && seconds_between(begin, Clock::now()) < touch_s) {
    const std::size_t now = std::min(bytes - done, step * static_cast<std::size_t>(threads));
    const std::size_t part = now / static_cast<std::size_t>(threads) / sizeof(std::uint64_t);
    rates(presence, threads, {.least = 1, .most = 1}, 0, [&](int thread, std::size_t) {
      auto* words = reinterpret_cast<std::uint64_t*>(data + done) + part * static_cast<std::size_t>(thread);
      for (std::size_t i = 0; i < part; ++i) words[i] = 0x9e3779b97f4a7c15u * (i + 1);
      return 1.0;
    });
    done += now;
  }
  return done / mebibyte * mebibyte;
}

std::size_t last_level_bytes(const Machine& machine) {
  return machine.l3.bytes * static_cast<std::size_t>(std::max(1, machine.l3.instances));
}

/// DRAM figures need several times the last level.
std::size_t wanted_bytes(const Machine& machine) {
  return std::max(1024 * mebibyte, 4 * last_level_bytes(machine));
}

/// The least that the caches' figures need.
std::size_t cache_bytes(const Machine& machine, int threads) {
  return std::max({4 * mebibyte,
                   2 * static_cast<std::size_t>(threads) * (machine.l1d.bytes + machine.l2.bytes),
                   std::min(last_level_bytes(machine) / 2, 64 * mebibyte)});
}

/// What may be used limits it.
std::size_t region_bytes(const Machine& machine, int threads, std::size_t user_limit_bytes) {
  const std::size_t allowed = host_memory_limits("/", user_limit_bytes).tightest().available_bytes / 4 * 3;
  const std::size_t wanted = std::max(cache_bytes(machine, threads), wanted_bytes(machine));
  return std::max(mebibyte, std::min(wanted, allowed) / mebibyte * mebibyte);
}

Level private_level(const char* name, const CpuCache& cache) {
  return {.name = name,
          .bytes = cache.bytes,
          .instances = cache.instances,
          .share = Level::Share::own,
          .working_bytes = cache.bytes / 2 / static_cast<std::size_t>(std::max(1, cache.shared_by)),
          .pass_bytes = pass_bytes};
}

/// Past what one core's private caches hold, well inside what the others' use of the cache leaves.
Level shared_level(const Machine& machine) {
  return {.name = "L3",
          .bytes = machine.l3.bytes,
          .instances = machine.l3.instances,
          .share = Level::Share::all,
          .working_bytes = std::min({std::max(machine.l3.bytes / 4, 4 * machine.l2.bytes),
                                     machine.l3.bytes / 4 * 3, 64 * mebibyte}),
          .pass_bytes = pass_bytes};
}

Level memory_level(const Machine& machine, std::size_t touched) {
  const std::size_t wanted = wanted_bytes(machine);
  return {.name = touched < wanted ? "DRAM (on " + bytes_text(touched) + " of " + bytes_text(wanted) + ")"
                                   : "DRAM",
          .bytes = touched,
          .share = Level::Share::part,
          .working_bytes = touched,
          .pass_bytes = pass_bytes,
          .forgotten_bytes = 2 * last_level_bytes(machine)};
}

/// Passes until nothing is left in a cache of what was read before.
std::size_t untimed_passes(const Level& level, int threads) {
  return level.forgotten_bytes / (level.pass_bytes * static_cast<std::size_t>(threads));
}

}  // namespace

Region::Region(std::size_t bytes) : bytes_(bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  madvise(data, bytes, MADV_HUGEPAGE);  // advice: may be refused
  data_ = static_cast<std::byte*>(data);
}

Region::~Region() { munmap(data_, bytes_); }

Arena::Arena(Presence& presence, const Machine& machine, int threads,
             const std::function<void(const std::string&)>& say, std::size_t user_limit_bytes, double touch_s)
    : region_(region_bytes(machine, threads, user_limit_bytes)) {
  // On a virtual machine, first touches may take long.
  say("touching " + bytes_text(region_.bytes()));
  const std::size_t touched = std::max(std::min(region_.bytes(), cache_bytes(machine, threads)),
                                       touch(presence, region_.data(), region_.bytes(), threads, touch_s));
  const auto add = [&](const Level& level) {
    const bool own = level.share == Level::Share::own;
    if (level.bytes != 0 && level.working_bytes * static_cast<std::size_t>(own ? threads : 1) <= touched)
      levels_.push_back(level);
  };
  add(private_level("L1", machine.l1d));
  add(private_level("L2", machine.l2));
  add(shared_level(machine));
  add(memory_level(machine, touched));
}

std::vector<double> Arena::read_rates(Presence& presence, const Level& level, int threads,
                                      const Effort& effort) const {
  return rates(presence, threads, effort, untimed_passes(level, threads), [&](int thread, std::size_t pass) {
    return read_part(part_of(level, region_.data(), thread, threads, pass));
  });
}

std::vector<double> Arena::copy_rates(Presence& presence, const Level& level, int threads,
                                      const Effort& effort) const {
  const Level parts = copied(level, threads);
  return rates(presence, threads, effort, untimed_passes(level, threads), [&](int thread, std::size_t pass) {
    return copy_part(part_of(parts, region_.data(), thread, threads, pass));
  });
}

/// What threads share when they read is divided when they write: into parts that private caches do not hold,
/// as far as the level has room for them.
Level Arena::copied(const Level& level, int threads) const {
  if (level.share != Level::Share::all) return level;
  Level parts = level;
  parts.share = Level::Share::part;
  for (const Level& other : levels_)
    if (other.share == Level::Share::own)
      parts.working_bytes =
          std::max(parts.working_bytes,
                   std::min(level.bytes / 4 * 3, 2 * static_cast<std::size_t>(threads) * other.bytes));
  parts.working_bytes = std::min(parts.working_bytes, region_.bytes());
  return parts;
}

std::vector<double> fma_rates(Presence& presence, Type type, int threads, const Effort& effort) {
  return rates(presence, threads, effort, 0, [&](int, std::size_t) {
    constexpr std::int64_t rounds = 20'000;  // 40 us at two of the vectors in a cycle
    return with_float(type, [&]<class T>() {
      T sink = static_cast<T>(1.5);
      double done = 0;
      if constexpr (std::is_same_v<T, float>)
        done = kernels::fma_f32(rounds, &sink);
      else
        done = kernels::fma_f64(rounds, &sink);
      volatile T kept = sink;
      static_cast<void>(kept);
      return done;
    });
  });
}

std::vector<double> timer_costs_s() {
  std::vector<double> costs;
  for (int batch = 0; batch < 15; ++batch) {
    const Clock::time_point begin = Clock::now();
    Clock::time_point end = begin;
    for (int i = 0; i < 2000; ++i) end = Clock::now();
    costs.push_back(seconds_between(begin, end) / 2000);
  }
  return costs;
}

std::vector<double> team_costs_s(int threads, std::span<const int> cpus) {
  cpu::start_team(threads, cpus);
  std::vector<double> costs;
  const Clock::time_point started = Clock::now();
  constexpr double enough_s = 0.1;  // on a busy machine each may wait for another program's slice
  for (int i = 0; i < 400 && (i < 40 || seconds_between(started, Clock::now()) < enough_s); ++i) {
    const Clock::time_point begin = Clock::now();
    int joined = 0;
#pragma omp parallel num_threads(threads) reduction(+ : joined)
    joined += 1;
    const Clock::time_point end = Clock::now();
    if (joined == threads) costs.push_back(seconds_between(begin, end));
  }
  return costs;
}

double stolen_s() {
  return steal_seconds(read_system_file("/proc/stat"), static_cast<double>(sysconf(_SC_CLK_TCK)));
}

double disturbed_share(const Presence& presence, double stolen_s) {
  return std::clamp((presence.wall_s - presence.cpu_s + stolen_s) / presence.wall_s, 0.0, 1.0);
}

}  // namespace crossover::passes
