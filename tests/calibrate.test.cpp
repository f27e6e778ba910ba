// Asserts how a calibration is laid out, what its samples become, and that the whole of it writes a profile
// that can be read. Nothing here depends on how fast the machine is. To add a problem's ladder: a line in
// LadderShapes.
#include "bench/calibrate/calibrate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/base/statistics.hpp"
#include "tests/parsed.hpp"
#include "tests/program.hpp"

namespace crossover {
namespace {

constexpr std::size_t MiB = std::size_t{1} << 20;

std::vector<Shape> ladder_of(const char* problem, Type type, bool fine = true) {
  return ladder(*find_problem(problem), type, 128 * MiB, fine);
}

TEST(LadderShapes, OfOneAxisReachFromAHundredToTheBytesGiven) {
  const std::vector<Shape> shapes = ladder_of("sum", Type::f32);
  ASSERT_EQ(shapes.size(), 12U);
  EXPECT_EQ(shapes.front()[0], 100);
  EXPECT_NEAR(static_cast<double>(shapes.back()[0]), 128.0 * MiB / 4, 0.05 * 128 * MiB / 4);
  for (std::size_t i = 1; i < shapes.size(); ++i)
    EXPECT_NEAR(static_cast<double>(shapes[i][0]) / static_cast<double>(shapes[i - 1][0]), 3.19, 0.3);
  const Index of_two = ladder_of("dot", Type::f64).back()[0];  // two inputs share the bytes
  EXPECT_NEAR(static_cast<double>(of_two), 128.0 * MiB / 16, 0.05 * 128 * MiB / 16);
}

TEST(LadderShapes, OfAMatrixHaveEveryWidthAtEverySize) {
  const std::vector<Shape> shapes = ladder_of("row_means", Type::f64);
  std::set<Index> widths;
  for (const Shape& shape : shapes) {
    widths.insert(shape[1]);
    EXPECT_LE(shape[0] * shape[1] * 8, 1.1 * 128 * MiB);
    EXPECT_GE(shape[0] * shape[1], 1000);
  }
  EXPECT_EQ(widths, (std::set<Index>{10, 100, 1000, 10'000}));
  EXPECT_GT(shapes.size(), 20U);
}

TEST(LadderShapes, OfSimilarityCombineQueriesCorpusAndDim) {
  const std::vector<Shape> shapes = ladder_of("similarity", Type::f32);
  const auto has = [&](Shape shape) { return std::ranges::find(shapes, shape) != shapes.end(); };
  EXPECT_TRUE(has({{1000, 1, 10, 3}}));
  EXPECT_TRUE(has({{10'000, 1000, 100, 3}}));
  EXPECT_TRUE(has({{100'000, 30, 10, 3}}));
  EXPECT_FALSE(has({{100'000, 1000, 1000, 3}})) << "400 MB";
  EXPECT_LT(ladder_of("similarity", Type::f32, false).size(), shapes.size());
}

TEST(LadderShapes, OfEveryProblemRiseInWorkAndContradictNothing) {
  for (const Problem* problem : problems())
    for (const Type type : problem->types)
      for (const bool fine : {true, false}) {
        const std::vector<Shape> shapes = ladder(*problem, type, 64 * MiB, fine);
        EXPECT_GE(shapes.size(), 5U) << problem->name;
        for (std::size_t i = 0; i < shapes.size(); ++i) {
          EXPECT_TRUE(!problem->contradiction || problem->contradiction(shapes[i]).empty());
          EXPECT_TRUE(i == 0 ||
                      problem->work(shapes[i - 1], type).flops <= problem->work(shapes[i], type).flops);
          EXPECT_EQ(std::ranges::count(shapes, shapes[i]), 1);
        }
      }
}

TEST(LadderOrder, TakesTheEndsFirstAndEachOnce) {
  EXPECT_EQ(spread_out(0), std::vector<std::size_t>());
  EXPECT_EQ(spread_out(1), (std::vector<std::size_t>{0}));
  EXPECT_EQ(spread_out(2), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(spread_out(5), (std::vector<std::size_t>{0, 4, 2, 1, 3}));
  for (std::size_t count = 0; count < 40; ++count) {
    const std::vector<std::size_t> order = spread_out(count);
    EXPECT_EQ(order.size(), count);
    EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), count);
  }
}

TEST(SamplesOfAPoint, AreEightWhereThatIsAffordable) {
  EXPECT_EQ(samples_for(0, 1, 4), 32) << "not known: it is tried";
  EXPECT_EQ(samples_for(1e-7, 1, 4), 32);
  EXPECT_EQ(samples_for(5e-3, 1, 4), 8);
  EXPECT_EQ(samples_for(0.2, 20, 4), 8);
  EXPECT_EQ(samples_for(0.5, 20, 4), 3);
  EXPECT_EQ(samples_for(0.5, 20, 40), 0);
  EXPECT_EQ(samples_for(10, 20, 4), 0);
  EXPECT_EQ(samples_for(1e-7, 0, 4), 0);
  EXPECT_EQ(samples_for(1e-7, -1, 4), 0);
  EXPECT_EQ(samples_for(0, -1, 4), 8) << "every solver has its smallest shape, however slow the machine is";
}

TEST(Figures, AreMediansWithAnInterval) {
  const Figure few = figure_of(std::vector{3.0, 1.0, 2.0});
  EXPECT_DOUBLE_EQ(few.value, 2);
  EXPECT_DOUBLE_EQ(few.low, 1);
  EXPECT_DOUBLE_EQ(few.high, 3);
  std::vector<double> many;
  for (int i = 0; i < 101; ++i) many.push_back(100 + (i * 37) % 101);  // in no order that correlates
  const Figure figure = figure_of(many);
  EXPECT_NEAR(figure.value, 150, 1e-9);
  const auto rank = median_interval(many, 0.01);
  EXPECT_NEAR(figure.low, rank->low, 1e-9);
  EXPECT_NEAR(figure.high, rank->high, 1e-9);
  const Figure wild = figure_of(std::vector{1e-3, 2.0, 1e-3, 2.0, 1e-3, 2.0, 1e-3, 2.0});
  EXPECT_GT(wild.low, 0) << "an interval that is extended never passes 0";
  EXPECT_LT(wild.low, 1e-3);
  EXPECT_GT(figure_of(std::vector{0.0}).value, 0);
  std::vector<double> drifting;
  for (int i = 0; i < 400; ++i) drifting.push_back(i < 201 ? 1 + 1e-3 * i : 100 + i);
  const Figure batched = figure_of(drifting);
  EXPECT_LE(batched.low, batched.value);
  EXPECT_LE(batched.value, batched.high);
}

TEST(Figures, OfRatesTurnTheIntervalAround) {
  const Figure rate = rate_of(6, std::vector{1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(rate.value, 3);
  EXPECT_DOUBLE_EQ(rate.low, 2);
  EXPECT_DOUBLE_EQ(rate.high, 6);
}

/// What a backend could have timed: copies of 10 us and 10 GB/s up, 20 us and 5 GB/s down.
std::vector<LimitSamples> round_limits() {
  const auto event = [](const char* quantity, const char* mode, std::size_t bytes, double flops,
                        double seconds) {
    return LimitSamples{quantity, mode, bytes, flops, std::vector<double>(9, seconds)};
  };
  std::vector<LimitSamples> limits = {
      event("synchronize", "nothing queued", 0, 0, 2e-6),
      event("launch", "and synchronize", 0, 0, 5e-6),
      event("launch", "1000 queued and synchronize, each", 0, 0, 1e-6),
      event("copy", "on the device, read and written", 2'000'000'000, 0, 1e-3),
      event("read", "16 MiB again and again (L2)", 4'000'000'000, 0, 1e-3),
      event("read", "1 GiB (device memory)", 4'000'000'000, 0, 4e-3),
      event("multiply-add", "f32", 0, 1e10, 1e-3),
      event("multiply-add", "f64", 0, 1e10, 2e-3),
      event("product f32", "1000 x 8192 x 100", 0, 1e9, 1e-3),
      event("product f32", "8192 x 8192 x 8192", 0, 1e12, 0.125),
  };
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1'000'000'000}}) {
    const auto share = static_cast<double>(bytes);
    for (const char* mode : {"pageable", "pinned"}) {
      limits.push_back(event("upload", mode, bytes, 0, 1e-5 + share / 10e9));
      limits.push_back(event("download", mode, bytes, 0, 2e-5 + share / 5e9));
    }
    limits.push_back(event("allocate", "device", bytes, 0, 1e-4));
    limits.push_back(event("release", "device", bytes, 0, 1e-4 + share / 100e9));
    limits.push_back(event("pin", "cudaMallocHost and cudaFreeHost", bytes, 0, 1e-4 + share / 2e9));
  }
  return limits;
}

DeviceReport some_device() {
  DeviceReport report;
  report.device = {.name = "Invented GPU",
                   .total_bytes = 16'000 * MiB,
                   .free_bytes = 15'000 * MiB,
                   .facts = {{"link", "invented"}},
                   .limits = Limits{.cache_bytes = 32 * MiB}};
  return report;
}

TEST(Device, ALinkThatDoesNotGrowWithItsBytesIsLeftOut) {
  std::vector<LimitSamples> limits = round_limits();
  for (LimitSamples& limit : limits)
    if (limit.quantity == "upload" && limit.mode == "pinned") limit.seconds.assign(9, 1e-5);
  const DeviceFigures device = device_figures(some_device(), limits, {});
  ASSERT_EQ(device.links.size(), 1U) << "it would be infinitely fast";
  EXPECT_EQ(device.links[0].transfer, "pageable");
}

TEST(Device, FiguresAreLatencyAndBandwidthOfTheCopies) {
  const DeviceFigures device = device_figures(some_device(), round_limits(), {{"context", {0.2, 0.3, 0.1}}});
  ASSERT_EQ(device.links.size(), 2U);
  EXPECT_EQ(device.links[0].transfer, "pageable");
  EXPECT_NEAR(device.links[0].upload.fixed_s.value, 1e-5, 1e-12);
  EXPECT_NEAR(device.links[0].upload.bytes_per_s.value, 10e9, 1);
  EXPECT_NEAR(device.links[1].download.fixed_s.value, 2e-5, 1e-12);
  EXPECT_NEAR(device.links[1].download.bytes_per_s.value, 5e9, 1);
  EXPECT_EQ(device.allocate.bytes_per_s.value, 0) << "it does not grow";
  EXPECT_NEAR(device.release.bytes_per_s.value, 100e9, 1e3);
  EXPECT_NEAR(device.launch_s.value, 5e-6, 1e-12);
  EXPECT_NEAR(device.l2_read_bytes_per_s.value, 4e12, 1e3);
  EXPECT_NEAR(device.read_bytes_per_s.value, 1e12, 1e3);
  EXPECT_NEAR(device.copy_bytes_per_s.value, 2e12, 1e3);
  EXPECT_NEAR(device.f64_flops_per_s.value, 5e12, 1e3);
  EXPECT_NEAR(device.product_flops_per_s.value().value, 8e12, 1e3) << "the largest";
  EXPECT_NEAR(device.startup_s.at("context").value, 0.2, 1e-12);
  EXPECT_EQ(device.l2_bytes, 32 * MiB);
  EXPECT_EQ(device.facts.at("link"), "invented");
}

TEST(Device, WithoutCublasHasNoProductAndWithoutCopiesIsNone) {
  std::vector<LimitSamples> limits = round_limits();
  std::erase_if(limits, [](const LimitSamples& limit) { return limit.quantity == "product f32"; });
  EXPECT_FALSE(device_figures(some_device(), limits, {}).product_flops_per_s);
  std::erase_if(limits, [](const LimitSamples& limit) { return limit.quantity == "upload"; });
  try {
    device_figures(some_device(), limits, {});
    ADD_FAILURE();
  } catch (const std::runtime_error& missing) {
    EXPECT_NE(std::string(missing.what()).find("upload (pageable) was not measured"), std::string::npos);
  }
}

TEST(CalibrateFlags, AreReadAndRefused) {
  const Options options = parsed("calibrate --quick -o p.json --threads 1,2 --label x-2c --force --device 1");
  EXPECT_EQ(options.command, Command::calibrate);
  EXPECT_TRUE(options.quick && options.force);
  EXPECT_FALSE(options.budget_given);
  EXPECT_EQ(parsed("calibrate --budget 2min").budget_s, 120);
  EXPECT_EQ(options.output, "p.json");
  EXPECT_EQ(options.threads, (std::vector{1, 2}));
  EXPECT_EQ(options.label, "x-2c");
  EXPECT_EQ(options.device, 1);
  EXPECT_EQ(parsed("calibrate --output q.json").output, "q.json");
  expect_refused("calibrate sum", {"unexpected 'sum'", "calibrate --help"});
  expect_refused("calibrate --quik", {"did you mean --quick"});
  expect_refused("calibrate --output=", {"--output"});
  expect_refused("calibrate --threads 0", {"--threads"});
  EXPECT_NE(printed("calibrate --help").find("crossover calibrate --quick"), std::string::npos);
}

class Calibrated : public ProgramTest {
 protected:
  Calibrated() : ProgramTest(CROSSOVER_PROGRAM) {}
};

TEST_F(Calibrated, AProfileIsWrittenAndIsNotReplacedUnasked) {
  const Ended ended = run("calibrate --quick --budget 8 --threads 1 --output p.json --label test-1c");
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("written to p.json"), std::string::npos);
  const Profile profile = load_profile(path("p.json"));
  EXPECT_EQ(profile.source, "measured");
  EXPECT_EQ(profile.label, "test-1c");
  EXPECT_FALSE(profile.device);
  EXPECT_NE(profile.no_device, "");
  std::set<std::string> levels;
  for (const LevelFigures& level : profile.levels) levels.insert(level.name);
  EXPECT_TRUE(levels.contains("DRAM"));
  EXPECT_EQ(profile.rates.size(), 2 * profile.team_s.size()) << "f32 and f64 for each number of threads";
  std::set<std::string> problems_there;
  for (const SolverFigures& solver : profile.solvers) {
    problems_there.insert(solver.problem);
    EXPECT_EQ(solver.threads, 1);
    EXPECT_EQ(solver.backend, "cpu");
    for (const SolverPoint& point : solver.points) EXPECT_EQ(point.call_s.value, point.compute_s.value);
  }
  EXPECT_EQ(problems_there.size(), problems().size());

  const std::string before = text("p.json");
  const Ended again = run("calibrate --quick --output p.json");
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("p.json exists already: --force"), std::string::npos) << again.err;
  EXPECT_EQ(text("p.json"), before);
  EXPECT_EQ(run("calibrate --quick --output no/such/folder/p.json").status, 2);
}

}  // namespace
}  // namespace crossover
