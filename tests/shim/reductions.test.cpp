// Every reduction on a device, its kernels run on the CPU and Thrust on OpenMP: against the oracle and
// NumPy's rules, at the edges of vectors, tiles and blocks, in pieces, in any order of execution, with every
// barrier needed. To add a case: a size in `sizes`, a fill in fills.hpp, a rule in reduction_cases.hpp.
#include "tests/reduction_cases.hpp"
#include "tests/shim/barriers.hpp"
#include "tests/shim/fake_runtime.hpp"
#include "tests/shim/reductions_runner.hpp"

namespace crossover::test {
namespace {

constexpr Index tile = 4096;  // of f32; the tiles of f64 and i64 are half as long

const std::vector<Index> sizes = {
    1,        2,        3,    31,       32,       33,       127,          1023,         1024,         1025,
    tile / 2, tile - 1, tile, tile + 1, tile + 5, 2 * tile, 4 * tile - 1, 4 * tile + 1, 4 * tile + 5, 50'003};

TEST(DeviceReductions, AgreeWithTheOracleAtEverySize) {
  for (const Index size : sizes)
    for (const Problem* problem : problems())
      for (const Type type : problem->types)
        for (const char* name : {"ramp", "nan_at_ends"}) {
          if (problem->axis("n") != reduction::n) continue;
          const Fill& fill = *std::find_if(fills.begin(), fills.end(), [&](const Fill& one) {
            return std::string_view(one.name) == name;
          });
          const Given given(*problem, Shape{{size}}, type, fill);
          const Oracle oracle = given.oracle();
          for (const DeviceSolver& solver : device_reductions()) {
            if (std::string_view(solver.problem) != problem->name) continue;
            const Result result(given);
            run_whole(given, solver, result);
            expect_right(given, solver, result, oracle);
          }
        }
}

TEST(DeviceReductions, AgreeWithTheOracleOverEveryFill) {
  for_each_reduction([](const DeviceSolver& solver, Type type) {
    for (const Fill& fill : fills)
      for (const Index size : {Index{100}, 2 * tile + 3, Index{20'003}}) {
        const Given given(*find_problem(solver.problem), Shape{{size}}, type, fill);
        const Result result(given);
        run_whole(given, solver, result);
        expect_right(given, solver, result, given.oracle());
      }
  });
}

void expect_case(const reduction_cases::Case& one, Type type) {
  reduction_cases::current[0] = one.values;
  reduction_cases::current[1] = one.other;
  const Given given(*find_problem(one.problem), Shape{{static_cast<Index>(one.values.size())}}, type,
                    {"case", reduction_cases::current_value});
  const double bound = type == Type::f32 ? 0x1p-22 : 0x1p-42;
  for (const DeviceSolver& solver : device_reductions()) {
    if (std::string_view(solver.problem) != one.problem) continue;
    const Result result(given);
    run_whole(given, solver, result);
    const double got = result.value();
    if (std::isnan(one.expected))
      EXPECT_TRUE(std::isnan(got)) << text(given, solver) << " gives " << got;
    else if (std::isinf(one.expected))
      EXPECT_EQ(got, one.expected) << text(given, solver);
    else
      EXPECT_NEAR(got, one.expected, std::fabs(one.expected) * bound) << text(given, solver);
    expect_right(given, solver, result, given.oracle());
  }
}

TEST(DeviceReductions, FollowNumPysRules) {
  for (const reduction_cases::Case& one : reduction_cases::cases())
    for (const Type type : one.types) expect_case(one, type);
}

TEST(DeviceReductions, FollowThemAnywhereInALongInput) {
  for (const reduction_cases::Case& one : reduction_cases::cases()) {
    if (!std::isnan(one.expected) || std::string_view(one.problem) == "argmax") continue;
    for (const std::size_t before : {1U, 1024U, 16'385U}) {
      reduction_cases::Case longer = one;
      longer.values.insert(longer.values.begin(), before, 1.0);
      longer.values.insert(longer.values.end(), 5000, 1.0);
      if (!longer.other.empty()) {
        longer.other.insert(longer.other.begin(), before, 1.0);
        longer.other.insert(longer.other.end(), 5000, 1.0);
      }
      for (const Type type : one.types) expect_case(longer, type);
    }
  }
}

TEST(DeviceReductions, ArgmaxIsTheFirstPlaceOrTheFirstNaN) {
  for (const Index count : {Index{1'000}, 2 * tile + 1, Index{40'003}})
    for (const Index place : {Index{0}, Index{31}, count / 2, count - 1})
      for (const double peak : {9.0, not_a_number}) {
        std::vector<double> values(static_cast<std::size_t>(count), 2.0);
        for (Index i = place; i < count; i += 17) values[static_cast<std::size_t>(i)] = peak;
        for (const Type type : {Type::f32, Type::f64})
          expect_case({"argmax", values, static_cast<double>(place)}, type);
      }
}

/// What f32 cannot hold on the way to an answer that it can: tiles are added again in f64.
TEST(DeviceReductions, F32SumsMayLeaveTheRangeOnTheirWay) {
  constexpr std::size_t half = 10'000;
  const auto same = [](double value) { return std::vector<double>(2 * half + 1, element_of<float>(value)); };
  const auto half_negative = [&](double value) {
    std::vector<double> values = same(value);
    for (std::size_t i = 0; i < half; ++i) values[i] = -values[i];
    return values;
  };
  constexpr double count = 2 * half + 1, most = std::numeric_limits<float>::max(), tiny = 0x1p-149;
  expect_case({"sum", half_negative(most), most}, Type::f32);
  expect_case({"sum", half_negative(tiny), tiny}, Type::f32);
  expect_case({"mean", same(most), most}, Type::f32);
  const double large = element_of<float>(1.4e19), small = element_of<float>(1e-20);
  expect_case({"dot", half_negative(large), large * large, same(large)}, Type::f32);
  expect_case({"dot", same(small), count * small * small, same(small)}, Type::f32);
  for (const double value : {0x1p60, 0x1p100, 0x1p-60, 0x1p-120, 1e-30})
    expect_case({"norm2", same(value), std::sqrt(count) * element_of<float>(value)}, Type::f32);
}

TEST(DeviceReductions, TakeInputsThatAreAlignedUnlike) {
  for (const DeviceSolver& solver : device_reductions()) {
    if (std::string_view(solver.problem) != "dot") continue;
    for (const Type type : {Type::f32, Type::f64})
      for (const Index skew_x : {0, 1, 2, 3})
        for (const Index skew_y : {0, 1, 2, 3}) {
          const Given given(dot_problem(), Shape{{3 * tile + 8}}, type, fills[1]);
          const Index count = 3 * tile + 1;
          const std::vector<HostArray> in{given.in.all()[0].slice(skew_x, count),
                                          given.in.all()[1].slice(skew_y, count)};
          const Shape shape{{count}};
          const Result result(given);
          run(solver, {.in = in,
                       .state = result.state.all(),
                       .out = result.out.all(),
                       .workspace = {},
                       .shape = shape,
                       .whole = shape});
          const Check check = dot_problem().oracle(shape, type, in, 1e9)(result.out.all());
          EXPECT_TRUE(check.ok) << text(given, solver) << " " << skew_x << " " << skew_y << check.what;
        }
  }
}

/// Pieces that continue from one state, and pieces with states of their own that are merged on the host.
TEST(DeviceReductions, ContinueOverPiecesAndMerge) {
  std::mt19937 random(5);
  for_each_reduction([&](const DeviceSolver& solver, Type type) {
    for (const Fill& fill : fills) {
      const Index size = 3 * tile + 7;
      const Given given(*find_problem(solver.problem), Shape{{size}}, type, fill);
      const Oracle oracle = given.oracle();
      const Result continued(given), merged(given);
      given.problem.identity(merged.state.all());
      const std::vector<Index> cuts = random_cuts(size, 4, random);
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        run_part(given, solver, cuts[i], cuts[i + 1], continued, i == 0, i + 2 == cuts.size());
        const Result own(given);
        run_part(given, solver, cuts[i], cuts[i + 1], own, true, false);
        EXPECT_TRUE(own.out.hold_only(0xFF)) << "wrote before the last piece: " << text(given, solver);
        given.problem.merge(merged.state.all(), own.state.all());
      }
      expect_right(given, solver, continued, oracle);
      given.problem.finish(given.shape, merged.state.all(), merged.out.all());
      expect_right(given, solver, merged, oracle);
    }
  });
}

TEST(DeviceReductions, AreTheSameInAnyOrderOfExecution) {
  for_each_reduction([](const DeviceSolver& solver, Type type) {
    if (!has_kernels_of_its_own(solver)) return;
    const Given given(*find_problem(solver.problem), Shape{{5 * tile + 3}}, type, fills[3]);
    const Result expected(given);
    run_whole(given, solver, expected);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      shim::seed(seed);
      const Result result(given);
      run_whole(given, solver, result);
      EXPECT_EQ(result.bytes(), expected.bytes()) << text(given, solver) << ", seed " << seed;
    }
  });
}

/// On the largest there are more blocks than the second kernel has threads.
TEST(DeviceReductions, AreRightOnDevicesOfAnySize) {
  for_each_reduction([](const DeviceSolver& solver, Type type) {
    if (!has_kernels_of_its_own(solver)) return;
    const Index size = type == Type::f32 ? 100'001 : 530'001;
    const Given given(*find_problem(solver.problem), Shape{{size}}, type, fills[1]);
    const Oracle oracle = given.oracle();
    for (const int multiprocessors : {1, 132}) {
      const Result result(given);
      run_whole(given, solver, result, {.multiprocessors = multiprocessors});
      expect_right(given, solver, result, oracle);
    }
  });
}

TEST(DeviceReductions, NeedWorkspaceForTheDeviceNotForTheElements) {
  for_each_reduction([](const DeviceSolver& solver, Type type) {
    const Limits limits{.multiprocessors = 132};
    EXPECT_LE(workspace_bytes(solver, Shape{{Index{1} << 40}}, type, limits), std::size_t{16} << 10);
  });
}

/// Both extremes come last, where the first warp, and the first warp's partial results, do not see them.
double swinging(const Place& at) {
  return static_cast<double>(at.position() % 2 == 0 ? at.position() : -at.position());
}

/// What a run leaves in shared memory, for the next one to take for its own.
double stale(const Place& at) { return swinging(at) / 2; }

/// Every barrier of every kernel, passed as if it were not there, must change some result.
TEST(DeviceReductionBarriers, AreAllNeeded) {
  struct Run {
    const DeviceSolver& solver;
    Given before, given;
    Limits limits;

    std::string answer() const {
      run_whole(before, solver, Result(before), limits);
      const Result result(given);
      run_whole(given, solver, result, limits);
      return result.bytes();
    }
  };
  std::vector<std::unique_ptr<Run>> runs;
  const auto add = [&](Index size, int multiprocessors) {
    for_each_reduction([&](const DeviceSolver& solver, Type type) {
      if (!has_kernels_of_its_own(solver)) return;
      const Problem& problem = *find_problem(solver.problem);
      runs.push_back(std::unique_ptr<Run>(new Run{solver,
                                                  {problem, Shape{{size}}, type, {"stale", stale}},
                                                  {problem, Shape{{size}}, type, {"swinging", swinging}},
                                                  {.multiprocessors = multiprocessors}}));
    });
  };
  add(300, 1);         // one block
  add(40 * tile, 10);  // states of 40 blocks, which are more than a warp's
  shim::forget();
  std::vector<std::string> expected;
  for (const auto& run : runs) expected.push_back(run->answer());
  expect_every_barrier_needed(21, 3, [&](std::uint64_t seed) {
    shim::seed(seed);
    bool noticed = false;
    for (std::size_t i = 0; i < runs.size() && !noticed; ++i) noticed = runs[i]->answer() != expected[i];
    return noticed;
  });
}

/// The difference that the second row is there to show: after the first call it asks CUDA for no memory.
TEST(ThrustReductions, KeepTheirBlocksWhereTheRowSaysSo) {
  for (const DeviceSolver& solver : gpu::reduction_thrust_solvers()) {
    if (std::string_view(solver.name) != "thrust-cached") continue;
    const Given given(*find_problem(solver.problem), Shape{{tile}}, Type::f32, fills[1]);
    gpu::TemporaryMemory temporary(gpu::device_memory(0));
    const auto allocations = [&] {
      const int before = fake::calls(fake::Call::malloc);
      run_whole(given, solver, Result(given), small_device, &temporary);
      return fake::calls(fake::Call::malloc) - before;
    };
    EXPECT_GT(allocations(), 0) << solver.problem;
    EXPECT_EQ(allocations(), 0) << solver.problem;
  }
}

}  // namespace
}  // namespace crossover::test
