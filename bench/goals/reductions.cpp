// What `openmp` row means and reductions must reach:
//   - of the read bandwidth of the same memory by the same threads, in a cache and beyond;
//   - the speed of libmvec, and five times NumPy's, for sums of squares and sines;
//   - of `serial`'s time for inputs that no team of threads is worth.
#include <omp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/base/statistics.hpp"
#include "bench/goals/goal.hpp"
#include "bench/goals/libmvec.hpp"
#include "bench/machine/calibration.hpp"
#include "common/reductions.hpp"
#include "common/row_means.hpp"
#include "cpu/parts.hpp"

namespace crossover::goals {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr Index row_length = 1024;

std::string text(const char* format, auto... values) {
  char line[160];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

/// One array of random elements, which every problem of its type shares.
struct Values {
  HostMemory memory;
  Inputs inputs;

  Values(std::size_t bytes, Type type, int threads)
      : inputs(sum_problem(), {{static_cast<Index>(bytes / size_of(type))}}, type, 1, {}, memory, threads) {}
  HostArray all() const { return inputs.arrays()[0]; }
};

/// Calls body(part, begin, count) in each thread of a team; element boundaries as a solver's, about.
template <class Body>
void in_parts(Index count, int threads, Body body) {
#pragma omp parallel num_threads(threads)
  {
    const Index part = omp_get_thread_num(), lines = count / 128;
    const Index begin = lines * part / threads * 128, end = lines * (part + 1) / threads * 128;
    body(part, begin, end - begin);
  }
}

Bench bench_on(const HostArray& values, const char* problem, int threads) {
  const Index count = values.count();
  if (std::string_view(problem) == "row_means") {
    HostArray matrix = values;
    matrix.extents = {2, {count / row_length, row_length}};
    return {problem, {{count / row_length, row_length}}, values.type, "openmp", threads, {matrix}};
  }
  if (std::string_view(problem) == "dot") {  // arrays a power of two apart collide in DRAM: half the speed
    const auto half = count / 2 - static_cast<Index>(8192 / size_of(values.type));
    return {problem,  {{half}}, values.type,
            "openmp", threads,  {values.slice(0, half), values.slice(count - half, half)}};
  }
  return {problem, {{count}}, values.type, "openmp", threads, {values}};
}

/// A cache line of `sinks` for each thread.
void read_in_parts(const HostArray& all, int threads, std::vector<std::uint64_t>& sinks) {
  in_parts(static_cast<Index>(all.bytes()), threads, [&](Index part, Index begin, Index bytes) {
    sinks[static_cast<std::size_t>(part) * 8] += kernels::read_all(
        static_cast<const std::byte*>(all.data) + begin, static_cast<std::size_t>(bytes) / 512 * 512, 1);
  });
}

bool bandwidth_goal(int rounds, const Values& values, const char* problem, int threads) {
  const HostArray all = values.all();
  Bench bench = bench_on(all, problem, threads);
  std::vector<std::uint64_t> sinks(static_cast<std::size_t>(threads) * 8);
  const auto read = [&] { read_in_parts(all, threads, sinks); };
  const bool cached = all.bytes() <= default_limits(machine_facts(), threads).last_level_bytes;
  const auto [ours_s, read_s] = alternate(
      cached ? 50 * rounds : rounds, [&] { bench.call(); }, read, cached);
  double bytes = 0;
  for (const HostArray& array : bench.in) bytes += static_cast<double>(array.bytes());
  const double ours = bytes / ours_s / 1e9, limit = static_cast<double>(all.bytes()) / read_s / 1e9;
  return report(text("%s %s, %zu MiB, %d thread%s: of read", problem, name_of(all.type),
                     all.bytes() / mebibyte, threads, threads == 1 ? "" : "s"),
                ours / limit, std::string_view(problem) == "argmax" ? 0.90 : 0.95,
                text("%.1f GB/s of %.1f GB/s", ours, limit));
}

bool bandwidth_goals(int rounds, int threads, std::size_t bytes, const std::vector<Type>& types,
                     const std::vector<const char*>& problems) {
  bool met = true;
  for (const Type type : types) {
    const Values values(bytes, type, threads);
    for (const char* problem : problems)
      for (int team = 1; team <= threads; team += std::max(1, threads - 1))
        met = bandwidth_goal(rounds, values, problem, team) && met;
  }
  return met;
}

/// What all threads gain over one, as a share of what they gain for the read alone.
bool team_goal(int rounds, const Values& values, const char* problem, int threads) {
  const HostArray all = values.all();
  Bench team = bench_on(all, problem, threads), one = bench_on(all, problem, 1);
  std::vector<std::uint64_t> sinks(static_cast<std::size_t>(threads) * 8);
  const bool cached = all.bytes() <= default_limits(machine_facts(), threads).last_level_bytes;
  const int times = cached ? 50 * rounds : rounds;
  const auto [team_s, one_s] = alternate(
      times, [&] { team.call(); }, [&] { one.call(); }, cached);
  const auto [team_read_s, one_read_s] = alternate(
      times, [&] { read_in_parts(all, threads, sinks); }, [&] { read_in_parts(all, 1, sinks); }, cached);
  const double gain = one_s / team_s, limit = one_read_s / team_read_s;
  return report(text("%s %s, %zu MiB: %d threads over 1, of read's", problem, name_of(all.type),
                     all.bytes() / mebibyte, threads),
                gain / limit, 0.95, text("%.2fx of %.2fx", gain, limit));
}

bool team_goals(int rounds, int threads) {
  bool met = true;
  for (const std::size_t bytes : {8 * mebibyte, 1024 * mebibyte})
    for (const Type type : {Type::f32, Type::f64}) {
      const Values values(bytes, type, threads);
      for (const char* problem : {"row_means", "sum", "dot"})
        met = team_goal(rounds, values, problem, threads) && met;
    }
  return met;
}

bool libmvec_goal(int rounds, int threads, Type type, Index count) {
  Bench bench("square_sine_sum", {{count}}, type, "openmp", threads);
  std::vector<double> sums(static_cast<std::size_t>(threads) * 8);
  const auto theirs = [&] {
    with_float(type, [&]<class T>() {
      const T* x = vector<const T>(bench.in[0]).data();
      in_parts(count, threads, [&](Index part, Index begin, Index length) {
        sums[static_cast<std::size_t>(part) * 8] = libmvec_square_sine_sum(x + begin, length);
      });
    });
  };
  const auto [ours_s, theirs_s] = alternate(
      3 * rounds, [&] { bench.call(); }, theirs, true);
  return report(text("square_sine_sum %s, %.3gM, %d thread%s: libmvec", name_of(type),
                     static_cast<double>(count) / 1e6, threads, threads == 1 ? "" : "s"),
                theirs_s / ours_s, 1.0, milliseconds(ours_s, theirs_s));
}

/// As one writes it, and in blocks that stay in L1 with every buffer given: a tenth of the memory traffic.
struct NumpyWay {
  const char *name, *statement;
};
constexpr NumpyWay numpy_as_written{"NumPy as written", "value = (x * x + numpy.sin(x)).sum()"};
constexpr NumpyWay numpy_in_blocks{"NumPy in blocks of 2048",
                                   "value = 0\n"
                                   "  for i in range(0, x.size, 2048):\n"
                                   "    part = x[i:i + 2048]; s, q = sines[:part.size], squares[:part.size]\n"
                                   "    numpy.sin(part, out=s); numpy.multiply(part, part, out=q)\n"
                                   "    numpy.add(s, q, out=s); value += s.sum()"};

/// The median of a few calls by the python3 on the path; 0 where it has no NumPy.
double numpy_s(const NumpyWay& way, Index count) {
  const std::string command =
      "python3 -c '\n"
      "import sys\n"
      "sys.path[:] = [folder for folder in sys.path if folder]\n"  // not from the working folder
      "import time, numpy\n"
      "x = numpy.random.default_rng(1).uniform(-1, 1, " +
      std::to_string(count) +
      ")\n"
      "sines, squares = numpy.empty(2048), numpy.empty(2048)\n"
      "times = []\n"
      "for _ in range(4):\n"
      "  begin = time.perf_counter()\n"
      "  " +
      way.statement +
      "\n"
      "  times.append(time.perf_counter() - begin)\n"
      "print(sorted(times[1:])[1])' 2>/dev/null";
  double seconds = 0;
  if (std::FILE* output = popen(command.c_str(), "r")) {
    if (std::fscanf(output, "%lf", &seconds) != 1) seconds = 0;
    pclose(output);
  }
  return seconds;
}

bool numpy_goal(int rounds, int threads, Index count, const NumpyWay& way, double goal) {
  Bench bench("square_sine_sum", {{count}}, Type::f64, "openmp", threads);
  std::vector<double> ours, theirs;
  for (int round = 0; round < std::max(3, rounds / 3); ++round) {
    theirs.push_back(numpy_s(way, count));
    for (int call = 0; call < 3; ++call) ours.push_back(seconds_of([&] { bench.call(); }));
  }
  if (median(theirs) == 0) {
    std::printf("%-6s square_sine_sum: python3 has no NumPy to compare with\n", "absent");
    return true;
  }
  return report(
      text("square_sine_sum f64, %.3gM, %d threads: %s", static_cast<double>(count) / 1e6, threads, way.name),
      median(theirs) / median(ours), goal, milliseconds(median(ours), median(theirs)));
}

/// A hundred calls at a time: one takes less than the clock's reading. A goal of 1: at most 1 us more.
bool small_goal(int rounds, int threads, const char* problem, const Shape& shape, Type type) {
  constexpr int calls = 100;
  constexpr double allowed_s = 1e-6;
  Bench openmp(problem, shape, type, "openmp", threads), serial(problem, shape, type, "serial", 1);
  const auto many = [](Bench& bench) {
    return [&bench] {
      for (int i = 0; i < calls; ++i) bench.call();
    };
  };
  const auto [ours_s, theirs_s] = alternate(5 * rounds, many(openmp), many(serial), true);
  return report(text("%s %s, %lld elements: serial + 1 us", problem, name_of(type),
                     static_cast<long long>(openmp.in[0].count())),
                (theirs_s / calls + allowed_s) / (ours_s / calls), 1.0,
                text("%.3f us against %.3f us", ours_s / calls * 1e6, theirs_s / calls * 1e6));
}

bool small_goals(int rounds, int threads) {
  bool met = true;
  for (const Problem* problem : problems()) {
    if (problem->axes.size() != 1 && problem != &row_means_problem()) continue;
    for (const Type type : problem->types)
      for (const Index n : {Index{10}, Index{1000}}) {
        const Shape shape = problem == &row_means_problem() ? Shape{{10, n / 10}} : Shape{{n}};
        met = small_goal(rounds, threads, problem->name, shape, type) && met;
      }
  }
  return met;
}

/// What cpu/parts.hpp rests on: the smallest part against starting and joining a team that still spins.
bool region_goal(int rounds, int threads) {
  const auto region = [threads] {
#pragma omp parallel num_threads(threads)
    { asm volatile(""); }
  };
  std::vector<double> spinning, asleep;
  for (int round = 0; round < 10 * rounds; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    asleep.push_back(seconds_of(region));
    for (int i = 0; i < 100; ++i) spinning.push_back(seconds_of(region));
  }
  const double part_s = cpu::smallest_part_bytes / 64e9;
  return report(text("a smallest part of a thread: %d starts of a team", threads), part_s / median(spinning),
                2.0,
                text("%.2f us against %.2f us, %.1f us where it slept", part_s * 1e6, median(spinning) * 1e6,
                     median(asleep) * 1e6));
}

}  // namespace

Goals reduction_goals(int rounds, int threads) {
  const std::vector<Type> floats = {Type::f32, Type::f64};
  Goals goals;
  for (const std::size_t bytes : {8 * mebibyte, 1024 * mebibyte}) {
    const char* level = bytes == 8 * mebibyte ? "cached" : "streamed";
    goals.push_back({text("reductions-%s-floats", level), [=] {
                       return bandwidth_goals(
                           rounds, threads, bytes, floats,
                           {"row_means", "sum", "mean", "min", "max", "argmax", "dot", "norm2"});
                     }});
    goals.push_back({text("reductions-%s-i64", level),
                     [=] { return bandwidth_goals(rounds, threads, bytes, {Type::i64}, {"sum"}); }});
  }
  goals.push_back({"reductions-sine", [=] {
                     bool met = true;
                     for (const Type type : floats)
                       for (const Index count : {Index{1'000'000}, Index{10'000'000}})
                         for (int team = 1; team <= threads; team += std::max(1, threads - 1))
                           met = libmvec_goal(rounds, team, type, count) && met;
                     met = numpy_goal(rounds, threads, 10'000'000, numpy_as_written, 5.0) && met;
                     return numpy_goal(rounds, threads, 10'000'000, numpy_in_blocks, 1.15) && met;
                   }});
  goals.push_back({"reductions-team", [=] { return team_goals(rounds, threads); }});
  goals.push_back({"reductions-small", [=] { return small_goals(rounds, threads); }});
  goals.push_back({"reductions-region", [=] { return region_goal(rounds, threads); }});
  return goals;
}

}  // namespace crossover::goals
