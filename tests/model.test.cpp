// Asserts: predictions from profiles made by hand: the points themselves, power laws between them, ladders
// that do not fill a grid, what lies beyond them, bounds and transfers. To add a case, give a profile a
// solver whose times follow a formula.
#include "bench/model/model.hpp"

#include <gtest/gtest.h>

#include "bench/plan/plan.hpp"
#include "handmade.hpp"

namespace crossover {
namespace {

const Problem& sum = *find_problem("sum");
const Problem& row_means = *find_problem("row_means");
const Problem& searched = *find_problem("similarity");

ModelCase host_case(const Problem& problem, const Shape& shape, Type type = Type::f32) {
  return {&problem, shape, type, "cpu", "serial", 1, "none"};
}

/// Slow enough that no bound of the machine matters.
double slow_s(const Shape& shape) { return 1e-3 + 1e-6 * n_of(shape); }

TEST(Model, PointsThemselvesAreExact) {
  Profile profile = handmade_profile();
  const std::vector<Shape> shapes = {{{100}}, {{1'000}}, {{10'000}}, {{1'000'000}}};
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, shapes, slow_s);
  for (const Shape& shape : shapes) {
    const Prediction prediction = prediction_of(profile, host_case(sum, shape));
    EXPECT_NEAR(prediction.compute_s->value / slow_s(shape), 1, 1e-9);
    EXPECT_NEAR(prediction.compute_s->low / slow_s(shape), 0.99, 1e-9);
    EXPECT_NEAR(prediction.compute_s->high / slow_s(shape), 1.01, 1e-9);
    EXPECT_EQ(prediction.basis, "interpolated");
  }
}

TEST(Model, PowerLawsBetweenPointsAreExact) {
  Profile profile = handmade_profile();
  const auto seconds = [](const Shape& shape) { return 1e-4 * std::pow(n_of(shape), 0.7); };
  add_solver(profile, "sum", Type::f64, "cpu", "serial", 1, {{{100}}, {{3'000}}, {{1'000'000}}}, seconds);
  for (const Index n : {150, 2'999, 12'345, 987'654}) {
    const Shape shape{{n}};
    EXPECT_NEAR(prediction_of(profile, host_case(sum, shape, Type::f64)).call_s.value / seconds(shape), 1,
                1e-9);
  }
}

/// Slower than bounds for any sizes.
double law_s(const Shape& shape) {
  return 1e-5 * std::pow(n_of(shape), 0.9) * std::pow(static_cast<double>(shape[1]), 0.8);
}

TEST(Model, PowerLawsAcrossAGridAreExact) {
  Profile profile = handmade_profile();
  std::vector<Shape> shapes;
  for (const Index rows : {10, 100, 1'000})
    for (const Index cols : {10, 100, 1'000}) shapes.push_back({{rows, cols}});
  add_solver(profile, "row_means", Type::f32, "cpu", "serial", 1, shapes, law_s);
  for (const Shape& shape : {Shape{{50, 200}}, Shape{{700, 11}}, Shape{{10, 500}}, Shape{{1'000, 20}}})
    EXPECT_NEAR(prediction_of(profile, host_case(row_means, shape)).compute_s->value / law_s(shape), 1, 1e-9);
}

TEST(Model, LaddersOfEqualElementsAreReadAtEqualElements) {
  // A cache ends at 1e5 elements, whatever the columns: 1 ns for each element before, 4 ns behind.
  const auto seconds = [](const Shape& shape) {
    const double elements = n_of(shape) * static_cast<double>(shape[1]);
    return elements * (elements <= 1e5 ? 1e-9 : 4e-9);
  };
  Profile profile = handmade_profile();
  profile.levels.clear();
  profile.rates.clear();
  std::vector<Shape> shapes;
  for (const Index cols : {10, 1'000})
    for (const Index elements : {10'000, 100'000, 200'000, 1'000'000})
      shapes.push_back({{elements / cols, cols}});
  add_solver(profile, "row_means", Type::f32, "cpu", "serial", 1, shapes, seconds);
  for (const Shape& shape : {Shape{{300, 100}}, Shape{{2'500, 100}}, Shape{{9'000, 100}}})
    EXPECT_NEAR(prediction_of(profile, host_case(row_means, shape)).compute_s->value / seconds(shape), 1,
                1e-9);
}

TEST(Model, RaggedGridsKeepTheRateOfTheNearest) {
  Profile profile = handmade_profile();
  std::vector<Shape> shapes;
  for (const Index corpus : {1'000, 10'000, 100'000})
    for (const Index queries : {1, 1'000})
      if (corpus * queries <= 10'000'000) shapes.push_back({{corpus, queries, 100, 3}});
  const auto seconds = [](const Shape& shape) { return 1e-7 * n_of(shape) * static_cast<double>(shape[1]); };
  add_solver(profile, "similarity", Type::f32, "cpu", "serial", 1, shapes, seconds);
  const Shape hole{{100'000, 1'000, 100, 3}};
  const Prediction prediction = prediction_of(profile, host_case(searched, hole));
  EXPECT_NEAR(prediction.compute_s->value / seconds(hole), 1, 0.15) << "operations grow a little slower";
  EXPECT_NE(prediction.basis.find("at 10.0x the largest shape measured"), std::string::npos)
      << prediction.basis;
}

TEST(Model, BeyondTheLargestTheRateStaysAndIsSaid) {
  Profile profile = handmade_profile();
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{1'000}}, {{100'000}}}, slow_s);
  const Prediction prediction = prediction_of(profile, host_case(sum, {{320'000}}));
  EXPECT_NEAR(prediction.compute_s->value, 3.2 * slow_s({{100'000}}), 1e-9);
  EXPECT_EQ(prediction.basis, "at 3.20x the largest shape measured");
  const double at_point = 0.01;
  EXPECT_LT(prediction.compute_s->low, (1 - 2 * at_point) * prediction.compute_s->value);
  EXPECT_GT(prediction.compute_s->high, (1 + 2 * at_point) * prediction.compute_s->value);
}

TEST(Model, BeforeTheSmallestTheFixedCostStays) {
  Profile profile = handmade_profile();
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{1'000}}, {{5'000}}}, slow_s);
  const Prediction prediction = prediction_of(profile, host_case(sum, {{100}}));
  EXPECT_NEAR(prediction.compute_s->value / slow_s({{100}}), 1, 1e-9);
  EXPECT_EQ(prediction.basis, "at 0.100x the smallest shape measured");
  EXPECT_NEAR(prediction.compute_s->high, 1.01 * slow_s({{1'000}}), 1e-9) << "constant time";
  EXPECT_NEAR(prediction.compute_s->low, 0.099 * slow_s({{1'000}}), 1e-9) << "constant rate";
}

TEST(Model, OnePointGivesARate) {
  Profile profile = handmade_profile();
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{1'000}}}, slow_s);
  EXPECT_NEAR(prediction_of(profile, host_case(sum, {{4'000}})).compute_s->value, 4 * slow_s({{1'000}}),
              1e-9);
  EXPECT_NEAR(prediction_of(profile, host_case(sum, {{1'000}})).compute_s->value, slow_s({{1'000}}), 1e-9);
}

TEST(Model, AnotherSizeThatWasNeverVariedIsSaid) {
  Profile profile = handmade_profile();
  add_solver(profile, "similarity", Type::f32, "cpu", "serial", 1,
             {{{1'000, 10, 10, 3}}, {{10'000, 10, 10, 3}}}, slow_s);
  const Prediction prediction = prediction_of(profile, host_case(searched, {{1'000, 10, 10, 30}}));
  EXPECT_EQ(prediction.basis, "k 10.0x the largest measured");
  EXPECT_NEAR(prediction.compute_s->value, slow_s({{1'000}}), 1e-9) << "k is no work";
  EXPECT_GT(prediction.compute_s->high, 1.3 * prediction.compute_s->value);
}

TEST(Model, IntervalsWidenWhereNeighboursDisagree) {
  Profile smooth = handmade_profile(), bent = smooth;
  const std::vector<Shape> shapes = {{{1'000}}, {{10'000}}, {{100'000}}, {{1'000'000}}};
  const auto rate = [](const Shape& shape) { return 1e-6 * n_of(shape); };
  add_solver(smooth, "sum", Type::f32, "cpu", "serial", 1, shapes, rate);
  add_solver(bent, "sum", Type::f32, "cpu", "serial", 1, shapes,
             [&](const Shape& shape) { return rate(shape) * (shape[0] > 10'000 ? 4 : 1); });
  const auto width = [](const Profile& profile, Index n) {
    const Figure figure = *prediction_of(profile, host_case(sum, {{n}})).compute_s;
    return std::log(figure.high / figure.low);
  };
  EXPECT_NEAR(width(smooth, 30'000), std::log(1.01 / 0.99), 1e-9);
  EXPECT_GT(width(bent, 30'000), 0.5);
  EXPECT_NEAR(width(bent, 100'000), std::log(1.01 / 0.99), 1e-9) << "a point is a point";
}

TEST(Model, NeverFasterThanTheMachineAllows) {
  Profile profile = handmade_profile();
  // In cache at 400 GB/s; DRAM gives 10.
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{10'000}}, {{100'000}}},
             [](const Shape& shape) { return 4 * n_of(shape) / 80e9; });
  EXPECT_NEAR(prediction_of(profile, host_case(sum, {{100'000'000}})).compute_s->value, 0.04, 1e-3);
}

/// By the bound, or by points that were measured exactly: two runs differ all the same.
TEST(Model, NoIntervalHasAWidthOfNothing) {
  Profile profile = handmade_profile();
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{10'000}}, {{100'000}}},
             [](const Shape& shape) { return 4 * n_of(shape) / 80e9; });
  for (SolverPoint& point : profile.solvers.back().points)
    point.compute_s.low = point.compute_s.high = point.compute_s.value;
  for (const Index n : {10'000, 50'000, 300'000, 100'000'000}) {
    const Figure seconds = *prediction_of(profile, host_case(sum, {{n}})).compute_s;
    EXPECT_LT(seconds.low, 0.996 * seconds.value) << n;
    EXPECT_GT(seconds.high, 1.004 * seconds.value) << n;
  }
}

TEST(Model, WhatMemoryBoundsFollowsItsLevels) {
  Profile profile = handmade_profile();  // L2: 1 MiB at 100 GB/s, DRAM at 10
  const auto seconds = [](const Shape& shape) {
    const double bytes = 4 * n_of(shape), in_cache = std::min<double>(bytes, 1 << 20);
    return 1.25 * (in_cache / 100e9 + (bytes - in_cache) / 10e9);
  };
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{10'000}}, {{100'000}}, {{1'000'000}}},
             seconds);
  for (const Index n : {20'000, 200'000, 400'000, 10'000'000}) {
    const Prediction prediction = prediction_of(profile, host_case(sum, {{n}}));
    EXPECT_NEAR(prediction.compute_s->value / seconds({{n}}), 1, 1e-4) << n;
  }
}

TEST(Model, APointFasterThanTheBoundIsBelieved) {
  Profile profile = handmade_profile();
  const auto seconds = [](const Shape& shape) { return 4 * n_of(shape) / 20e9; };  // the bound: 10 GB/s
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{10'000'000}}, {{100'000'000}}}, seconds);
  const Shape shape{{100'000'000}};
  EXPECT_NEAR(prediction_of(profile, host_case(sum, shape)).compute_s->value / seconds(shape), 1, 1e-9);
}

TEST(Model, AllocatingGoesByTheBytesThatTheCaseAllocates) {
  Profile profile = handmade_profile();  // means of rows: 8 bytes each in f64, whatever the columns
  const auto allocate_s = [](const Shape& shape) { return 1e-5 + 1e-9 * 8 * n_of(shape); };
  std::vector<Shape> shapes;
  for (const Index rows : {100, 1'000, 10'000, 100'000}) shapes.push_back({{rows, 1'000'000 / rows}});
  SolverFigures& figures = add_solver(profile, "row_means", Type::f64, "cpu", "serial", 1, shapes,
                                      [](const Shape&) { return 1e-2; });
  for (SolverPoint& point : figures.points) point.allocate_s = about(allocate_s(point.shape));
  for (const Shape& shape : {Shape{{100'000, 1'000}}, Shape{{1'000, 10'000}}, Shape{{1'000'000, 10}}}) {
    const Prediction prediction = prediction_of(profile, host_case(row_means, shape, Type::f64));
    EXPECT_NEAR(prediction.allocate_s->value / allocate_s(shape), 1, 0.15) << shape[0];
  }
}

TEST(Model, AHostMovesNothing) {
  Profile profile = handmade_profile();
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{1'000}}, {{100'000}}}, slow_s);
  const Prediction prediction = prediction_of(profile, host_case(sum, {{10'000}}));
  EXPECT_FALSE(prediction.upload_s || prediction.download_s || prediction.pin_s);
  EXPECT_EQ(prediction.bytes_up, 0);
  EXPECT_FALSE(prediction.needed_device_bytes);
  EXPECT_GE(*prediction.needed_host_bytes, 40'000U);
  EXPECT_DOUBLE_EQ(prediction.end_to_end_s.value,
                   prediction.call_s.value + prediction.allocate_s->value + prediction.release_s->value);
}

TEST(Model, TransfersAreLatencyAndBytes) {
  const Profile profile = with_device_solver();
  const Shape shape{{1'000'000, 1'000, 100, 3}};
  const Prediction prediction = prediction_of(profile, device_case(searched, shape));
  EXPECT_DOUBLE_EQ(prediction.bytes_up, 4e8 + 4e5);
  EXPECT_DOUBLE_EQ(prediction.bytes_up_fresh, 4e5);
  EXPECT_DOUBLE_EQ(prediction.bytes_down, 36e3);
  const double fresh_s = 10e-6 + 4e5 / 5e9, stationary_s = 10e-6 + 4e8 / 5e9, download_s = 20e-6 + 36e3 / 5e9,
               compute_s = 1e-5 + 1e-2;
  EXPECT_NEAR(prediction.upload_s->value, stationary_s + fresh_s, 1e-12);
  EXPECT_NEAR(prediction.upload_fresh_s->value, fresh_s, 1e-12);
  EXPECT_NEAR(prediction.download_s->value, download_s, 1e-12);
  EXPECT_NEAR(prediction.compute_s->value, compute_s, 1e-9);
  EXPECT_NEAR(prediction.call_s.value, stationary_s + fresh_s + compute_s + download_s - 2e-6, 1e-9)
      << "one synchronisation instead of three";
  EXPECT_NEAR(prediction.reuse_call_s.value, fresh_s + compute_s + download_s - 2e-6, 1e-9);
  EXPECT_NEAR(prediction.resident_s.value, compute_s, 1e-9);
  EXPECT_NEAR(prediction.startup_s->value, 0.3, 1e-12);
  EXPECT_FALSE(prediction.pin_s);
  EXPECT_GE(*prediction.needed_device_bytes, 400'436'000U);
  EXPECT_NEAR(prediction.upload_s->low, prediction.upload_s->value, 0.02 * prediction.upload_s->value);
  EXPECT_LT(prediction.upload_s->low, prediction.upload_s->value);
}

TEST(Model, PinnedMemoryIsFasterAndPaysForPinning) {
  const Profile profile = with_device_solver();
  const Shape shape{{1'000'000, 1'000, 100, 3}};
  const Prediction pageable = prediction_of(profile, device_case(searched, shape));
  const Prediction pinned = prediction_of(profile, device_case(searched, shape, "pinned"));
  EXPECT_LT(pinned.upload_s->value, 0.51 * pageable.upload_s->value);
  EXPECT_NEAR(pinned.pin_s->value, 100e-6 + pinned.bytes_up / 4e9 + pinned.bytes_down / 4e9, 1e-9);
  EXPECT_NEAR(pinned.end_to_end_s.value,
              pinned.allocate_s->value + pinned.pin_s->value + pinned.call_s.value + pinned.release_s->value,
              1e-12);
}

TEST(Model, ALaunchIsTheLeast) {
  Profile profile = with_device_solver();
  for (SolverPoint& point : profile.solvers[0].points)
    point.compute_s = point.call_s = about(2e-8 * n_of(point.shape));
  EXPECT_GE(prediction_of(profile, device_case(searched, {{100, 10, 10, 3}})).compute_s->value, 5e-6);
}

TEST(Model, WhatTheProfileLacksIsSaid) {
  Profile profile = with_device_solver();
  const auto reason = [&](const ModelCase& subject) {
    const Predicted predicted = predict(profile, subject);
    EXPECT_FALSE(predicted.prediction);
    return predicted.reason;
  };
  EXPECT_EQ(reason({&sum, {{10}}, Type::f32, "cpu", "openmp", 3, "none"}),
            "the profile has no openmp with 3 threads for sum f32");
  EXPECT_EQ(reason(device_case(searched, {{10, 1, 1, 1}}, "managed")),
            "the profile has no transfer mode 'managed'");
  profile.device.reset();
  EXPECT_EQ(reason(device_case(searched, {{10, 1, 1, 1}})), "the profile has no device");
  EXPECT_TRUE(predictable(profile, searched, {{10, 1, 1, 1}}, Type::f32).empty());
}

TEST(Model, PredictableAreHostsOnceAndDevicesByTransfer) {
  Profile profile = with_device_solver();
  add_solver(profile, "similarity", Type::f32, "cpu", "serial", 1, {{{1'000, 10, 10, 3}}}, slow_s);
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{1'000}}}, slow_s);
  const std::vector<ModelCase> cases = predictable(profile, searched, {{10, 1, 1, 1}}, Type::f32);
  ASSERT_EQ(cases.size(), 3U);
  EXPECT_EQ(cases[0].transfer, "pageable");
  EXPECT_EQ(cases[1].transfer, "pinned");
  EXPECT_EQ(cases[2].backend + " " + cases[2].transfer, "cpu none");
}

TEST(Model, WhatDoesNotFitIsWarnedOf) {
  Profile profile = with_device_solver();
  profile.device->free_bytes = device_slack_bytes + (std::size_t{1} << 28);
  const Prediction prediction = prediction_of(profile, device_case(searched, {{1'000'000, 1'000, 100, 3}}));
  EXPECT_NE(prediction.warning.find("on the device, which has 256 MiB free"), std::string::npos)
      << prediction.warning;
}

TEST(Model, WhatFitsIsWhatRunWouldRun) {
  Profile profile = with_device_solver();
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, {{{1'000'000}}}, n_of);
  const ModelCase on_device = device_case(searched, {{1'000, 1'000, 100, 3}}),
                  on_host{find_problem("sum"), {{1'000'000}}, Type::f32, "cpu", "serial", 1, "none"};
  const std::size_t device_bytes = prediction_of(profile, on_device).needed_device_bytes.value(),
                    host_bytes = prediction_of(profile, on_host).needed_host_bytes.value();
  for (const bool fits : {true, false}) {
    profile.device->free_bytes = device_slack_bytes + device_bytes - (fits ? 0 : 1);
    EXPECT_EQ(prediction_of(profile, on_device).fits, fits) << prediction_of(profile, on_device).warning;
  }
  for (const bool fits : {true, false}) {
    profile.memory_bytes = process_slack_bytes + host_bytes - (fits ? 0 : 1);
    EXPECT_EQ(prediction_of(profile, on_host).fits, fits) << prediction_of(profile, on_host).warning;
  }
}

}  // namespace
}  // namespace crossover
