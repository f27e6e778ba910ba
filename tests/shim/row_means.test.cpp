// The device's row means, run on the CPU: kernels of our own and Thrust's on OpenMP, over shapes around each
// boundary between kernels, alignments, fills, pieces and orders of execution; every barrier is needed.
// To add a shape: a line in `shapes`; a solver is found by itself.
#include "common/row_means.hpp"

#include "tests/shim/device.hpp"

#include "gpu/long_sum.cuh"
#include "gpu/solvers.hpp"
#include "tests/shim/device_runner.hpp"

namespace crossover::test {
namespace {

std::vector<DeviceSolver> solvers() {
  std::vector<DeviceSolver> all = gpu::row_means_solvers();
  for (const DeviceSolver& solver : gpu::row_means_thrust_solvers()) all.push_back(solver);
  return all;
}

const DeviceSolver& own_solver() {
  static const DeviceSolver solver = gpu::row_means_solvers().front();
  return solver;
}

/// Of one and of several blocks, odd and even, on both sides of every change of kernel on `small_device`.
constexpr Shape shapes[] = {
    {{1, 1}},     {{5, 1}},     {{129, 3}},   {{4100, 1}},  {{1000, 7}},  {{700, 8}},  {{300, 16}},
    {{129, 31}},  {{257, 32}},  {{64, 33}},   {{65, 36}},   {{33, 63}},   {{65, 64}},  {{33, 65}},
    {{17, 127}},  {{20, 128}},  {{17, 129}},  {{9, 255}},   {{9, 256}},   {{9, 257}},  {{30, 500}},
    {{9, 2047}},  {{9, 2048}},  {{13, 2049}}, {{12, 2052}}, {{11, 2049}}, {{1, 2049}}, {{3, 4096}},
    {{1, 30001}}, {{2, 16384}}, {{7, 5003}},  {{25, 3001}},
};

TEST(DeviceRowMeans, AgreeWithTheOracle) {
  for (const DeviceSolver& solver : solvers())
    for (const Shape& shape : shapes)
      for (const Type type : {Type::f32, Type::f64}) {
        const Given given(row_means_problem(), shape, type, fills[4]);
        const Oracle oracle = given.oracle();
        for (std::uint64_t seed = 0; seed < 3; ++seed) {
          expect_right({.solver = solver, .given = given, .oracle = oracle}, seed);
          expect_right({.solver = solver, .given = given, .oracle = oracle, .cut = Cut::in_turn}, seed);
        }
      }
}

TEST(DeviceRowMeans, AgreeWithTheOracleWhateverTheValues) {
  for (const DeviceSolver& solver : solvers())
    for (const Shape& shape :
         {Shape{{300, 16}}, Shape{{65, 63}}, Shape{{12, 300}}, Shape{{13, 2049}}, Shape{{2, 20001}}})
      for (const Type type : {Type::f32, Type::f64})
        for (const Fill& fill : fills) {
          const Given given(row_means_problem(), shape, type, fill);
          const Oracle oracle = given.oracle();
          expect_right({.solver = solver, .given = given, .oracle = oracle, .cut = Cut::in_turn}, 1);
        }
}

/// Sums in f32 leave its range; the means do not.
TEST(DeviceRowMeans, ValuesNearTheEndsOfTheRange) {
  constexpr static double greatest = std::numeric_limits<float>::max();
  const Fill extremes[] = {
      {"greatest", [](const Place&) { return greatest; }},
      {"least", [](const Place&) { return -greatest; }},
      {"in turn", [](const Place& place) { return place.col % 2 == 0 ? greatest : -greatest; }},
      {"infinite", [](const Place& place) { return place.col == place.cols / 2 ? infinity : greatest; }},
  };
  for (const DeviceSolver& solver : solvers())
    for (const Index cols : {4, 31, 63, 300, 2050, 16386})
      for (const Type type : {Type::f32, Type::f64})
        for (const Fill& fill : extremes) {
          const Given given(row_means_problem(), {{3, cols}}, type, fill);
          const Oracle oracle = given.oracle();
          expect_right({.solver = solver, .given = given, .oracle = oracle}, 0);
        }
}

TEST(DeviceRowMeans, LongRowsStayWithinTheBound) {
  const Fill tenths{"tenths", [](const Place&) { return 0.1; }};
  for (const Type type : {Type::f32, Type::f64}) {
    const Given given(row_means_problem(), {{1, 2'000'000}}, type, tenths);
    const Oracle oracle = given.oracle();
    expect_right({.solver = own_solver(), .given = given, .oracle = oracle, .limits = {}}, 0);
  }
}

/// Equal terms drift where each addition rounds the same way: by 1.6e-4 here, if nothing is done.
TEST(DeviceRowMeans, LongSumsDoNotDrift) {
  gpu::LongSum sum;
  for (int i = 0; i < 10'000'000; ++i) sum.add(0.1);
  EXPECT_NEAR(sum.total(), 1e6, 1e-9);
}

TEST(DeviceRowMeans, AreTheSameInEveryOrderAndCut) {
  for (const Shape& shape : {Shape{{700, 7}}, Shape{{100, 100}}, Shape{{13, 2500}}, Shape{{2, 9001}}})
    for (const Type type : {Type::f32, Type::f64}) {
      const Given given(row_means_problem(), shape, type, fills[4]);
      const Oracle oracle = given.oracle();
      const DeviceCase subject{.solver = own_solver(), .given = given, .oracle = oracle};
      const auto means = [&](std::uint64_t seed) {
        const SurroundedArrays none({}, shape, type), out(given.problem.out, shape, type);
        shim::seed(seed);
        EXPECT_EQ(solve_piece(subject, 0, shape[0], none, out, true, true), "");
        const auto* bytes = static_cast<const char*>(out.all()[0].data);
        return std::string(bytes, bytes + out.all()[0].bytes());
      };
      const std::string first = means(0);
      for (std::uint64_t seed = 1; seed < 10; ++seed) EXPECT_EQ(means(seed), first) << subject.text();
    }
}

TEST(DeviceRowMeans, NeedEveryBarrier) {
  const Limits one_multiprocessor{.multiprocessors = 1};
  // Tiles so many that blocks take several; rows so many that blocks take several; rows in parts.
  for (const Shape& shape : {Shape{{150'000, 1}}, Shape{{20, 2100}}, Shape{{2, 5000}}})
    for (const Type type : {Type::f32, Type::f64}) {
      const Given random(row_means_problem(), shape, type, fills[4]),
          ramp(row_means_problem(), shape, type, fills[1]);
      const Oracle of_random = random.oracle(), of_ramp = ramp.oracle();
      const std::array cases = {
          DeviceCase{
              .solver = own_solver(), .given = random, .oracle = of_random, .limits = one_multiprocessor},
          DeviceCase{.solver = own_solver(), .given = ramp, .oracle = of_ramp, .limits = one_multiprocessor}};
      expect_every_barrier_needed(cases, shape[1] == 1 ? 2 : 1, 5);
    }
}

}  // namespace
}  // namespace crossover::test
