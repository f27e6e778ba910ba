// Asserts what a person reads: lines of at most 80 columns whatever the values, verdicts in words,
// and other people's figures named as such. A new column of the table: a row that fills it in
// `Screen.NoLineIsWiderThanAsked`.
#include "bench/screen/screen.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "bench/base/input_file.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/plan/plan.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/published.hpp"
#include "common/row_means.hpp"
#include "tests/rows.hpp"
#include "tests/texts.hpp"

namespace crossover {
namespace {

std::vector<Row> cpu_group(const char* verdict) {
  std::vector<Row> rows = {cpu_row("serial", 1, 0.0912), cpu_row("eigen", 1, 0.06),
                           cpu_row("openmp", 2, 0.0304)};
  for (Row& row : rows) compare(row, rows[2], verdict);
  return rows;
}

TEST(Screen, SaysHowManyAnswersWereChecked) {
  std::vector<Row> rows = {cpu_row("openmp", 2, 1), cpu_row("serial", 1, 2)};
  rows[0].verified = rows[1].verified = "all";
  EXPECT_TRUE(has(render_group(rows, {}), "\nanswers checked: all\n")) << render_group(rows, {});
  rows[0].verified = "sampled 64 of 100000";
  EXPECT_TRUE(has(render_group(rows, {}), "\nanswers checked: 64 of 100000 of openmp (2)\n"))
      << render_group(rows, {});
  rows[0].verified = rows[1].verified = "";
  EXPECT_FALSE(has(render_group(rows, {}), "answers"));
}

TEST(Screen, CpuGroupInOneTable) {
  const std::string text = render_group(cpu_group("openmp"));
  EXPECT_LE(widest(text), 80);
  EXPECT_TRUE(has(text, "row_means rows=100000 cols=1000 f64\n"));
  EXPECT_TRUE(has(text, "openmp (2)"));
  EXPECT_TRUE(has(text, "baseline"));
  EXPECT_TRUE(has(text, " 1.0%")) << "half the interval over the median";
  EXPECT_TRUE(has(text, "99%")) << "share of the floor, 0.03 s of 0.0304 s";
  EXPECT_FALSE(has(text, "upload")) << "nothing is moved on a CPU";
  EXPECT_TRUE(has(flat(text), "openmp (2 threads) is the fastest: 30.4 ms a call, 3.00x serial")) << text;
  EXPECT_TRUE(has(flat(text), "speed-up: against openmp (2 threads), the fastest CPU solver"));
}

TEST(Screen, VerdictsInWords) {
  const auto said = [](const char* verdict) { return flat(render_group(cpu_group(verdict))); };
  EXPECT_TRUE(
      has(said("openmp|eigen"),
          "openmp (2 threads) 30.4 ms or eigen 60.0 ms (97% apart, which may be noise); both at least "
          "1.52x serial"));
  std::vector<Row> alike = cpu_group("openmp|eigen");
  alike[1].call_s = alike[2].call_s;
  alike[1].call_low_s = alike[2].call_low_s;
  alike[1].call_high_s = alike[2].call_high_s;
  EXPECT_TRUE(has(flat(render_group(alike)),
                  "openmp (2 threads) 30.4 ms or eigen 30.4 ms (within 3%); both 3.00x serial"));
  alike[1].call_high_s = 0.3;
  const std::string noisy = flat(render_group(alike));
  EXPECT_TRUE(has(noisy, "(0.0% apart, which may be noise)")) << "of eigen not as much is known: " << noisy;
  EXPECT_TRUE(has(noisy, " ? ")) << "an interval of more than 100 % is no number: " << noisy;
  EXPECT_TRUE(
      has(said("unclear"), "unclear which is the fastest: openmp (2 threads) 30.4 ms, eigen 60.0 ms"));
  EXPECT_FALSE(has(said(""), "fastest:"));

  std::vector<Row> rows = cpu_group("openmp (provisional)");
  rows[0].outcome = Outcome::too_slow;
  rows[0].forecast_s = 0.01;
  rows[0].reason = "forecast to take 10 ms";
  const std::string text = flat(render_group(rows));
  EXPECT_TRUE(has(text, "30.4 ms a call, 1.97x eigen; provisional: no time for serial (too_slow)")) << text;
  EXPECT_TRUE(has(text, "serial: too_slow: forecast to take 10 ms")) << text;

  rows = cpu_group("openmp (provisional)");
  rows[1].disturbed_samples = rows[1].samples;
  EXPECT_TRUE(has(flat(render_group(rows)), "provisional: eigen may be faster: its samples were disturbed"));
}

Row gpu_row() {
  Row row = cpu_row("tiled", 1, 0.01);
  row.backend = "cuda";
  row.device = "A GPU";
  row.transfer = "pageable";
  row.upload_s = 0.008;
  row.upload_fresh_s = 0;
  row.compute_s = 0.001;
  row.download_s = 0.0005;
  row.breakeven_reuse = "4";
  return row;
}

TEST(Screen, GpuRowsShowWhatMovingCosts) {
  std::vector<Row> rows = cpu_group("tiled");
  rows.push_back(gpu_row());
  compare(rows[3], rows[2], "tiled");
  const std::string text = render_group(rows), words = flat(text);
  EXPECT_LE(widest(text), 80);
  EXPECT_TRUE(has(text, "upload"));
  EXPECT_TRUE(has(text, "cpu openmp (2)"));
  EXPECT_TRUE(has(text, "85%")) << "share of transfer: 8.5 of 10 ms";
  EXPECT_TRUE(has(text, "k*"));
  EXPECT_TRUE(has(words, "cuda tiled (pageable) is the fastest: 10.0 ms a call, 3.04x openmp (2 threads)"))
      << text;
}

TEST(Screen, RowsThatEndedOtherwiseHaveNoTimes) {
  std::vector<Row> rows = cpu_group("openmp");
  rows[1].outcome = Outcome::wrong;
  rows[1].reason = "mean[3] is 1, expected 2";
  Row refused = cpu_row("full", 1, 77);
  refused.outcome = Outcome::refused;
  refused.reason = "needs 37.25 GiB, 3 GiB are available";
  rows.push_back(refused);
  const std::string text = flat(render_group(rows));
  EXPECT_TRUE(has(text, "eigen: wrong: mean[3] is 1, expected 2"));
  EXPECT_TRUE(has(text, "full: refused: needs 37.25 GiB, 3 GiB are available"));
  EXPECT_FALSE(has(text, "77.0 s"));
  EXPECT_FALSE(has(text, "60.0 ms")) << "a wrong result has no time";
}

TEST(Screen, AnAbsentBackendIsOneLinePerRun) {
  Row absent;
  absent.backend = "cuda";
  absent.outcome = Outcome::unavailable;
  absent.reason = "built without CUDA";
  std::vector<Row> rows = cpu_group("openmp");
  rows.push_back(absent);
  EXPECT_FALSE(has(render_group(rows), "built without CUDA"));
  rows.push_back(absent);
  EXPECT_EQ(render_absences(rows), "cuda: not measured: built without CUDA\n");
  EXPECT_EQ(render_absences(cpu_group("openmp")), "");
  EXPECT_EQ(render_group(std::vector<Row>{absent}), "");
}

TEST(Screen, WarningsNameTheirRows) {
  std::vector<Row> rows = cpu_group("openmp");
  rows[0].warnings = rows[1].warnings = "the clock costs more than 5 %: raise the sizes";
  EXPECT_TRUE(has(flat(render_group(rows)),
                  "warning: serial (1), eigen (1): the clock costs more than 5 %: raise the sizes"));
}

TEST(Screen, NoLineIsWiderThanAsked) {
  std::vector<Row> rows;
  for (int i = 0; i < 4; ++i) {
    Row row = full_row();
    row.outcome = i == 3 ? Outcome::killed : Outcome::ok;
    row.backend = i < 2 ? "cpu" : "cuda";
    row.solver = std::string(static_cast<std::size_t>(20 * i), 'x') + "\xC3\xA9-solver";
    row.transfer = i == 2 ? "registered" : "pageable";
    row.reason = row.warnings = std::string(300, 'y') + " " + std::string(100, 'z');
    row.cpu = std::string(200, 'c');
    for (Number Row::*member :
         {&Row::allocate_s, &Row::pin_s, &Row::upload_s, &Row::compute_s, &Row::download_s, &Row::call_s,
          &Row::call_low_s, &Row::call_high_s, &Row::end_to_end_s, &Row::speedup_call, &Row::speedup_compute,
          &Row::speedup_end_to_end, &Row::gbytes_per_s, &Row::gflops_per_s, &Row::floor_s, &Row::one_shot_s})
      row.*member = i == 0 ? 5e-324 : i == 1 ? 1.7e308 : -123.456e-7;
    row.breakeven_reuse = "999999999999999";
    rows.push_back(row);
  }
  compare(rows[1], rows[0], "unclear (provisional)");
  rows[0].baseline_solver = rows[0].solver;
  for (const int width : {80, 60, 120}) {
    EXPECT_LE(widest(render_group(rows, {.width = width})), width);
    for (Row& row : rows) row.sizes["rows"] = std::numeric_limits<std::int64_t>::max();
    rows[3].device.clear();
    EXPECT_LE(widest(render_absences(rows, {.width = width})), width);
  }
  EXPECT_GT(render_group(rows).size(), 1000U);
}

TEST(Screen, PlanSaysWhatFits) {
  const SolverInfo solver{.problem = "row_means", .name = "a-very-long-name-of-a-solver", .strategy = ""};
  Backend backend{};
  backend.name = "cpu";
  backend.transfers = {"none"};
  Group group{&row_means_problem(), {}, Type::f64, {}, 1, 1, {}};
  group.shape[0] = 100'000;
  group.shape[1] = 1'000;
  group.cases = {{&backend, &solver, 2, "none"}, {&backend, nullptr, 1, "none"}};
  Need need;
  need.input_bytes = 800'000'000;
  need.own.host_bytes = std::size_t{40'000'000'000};
  need.available_host_bytes = std::size_t{3} << 30;
  need.limit = "cgroup v2 limit of /some/very/long/path (memory.max 3 GiB, 0.4 GiB in use) and more";
  need.fits_host = false;
  const std::string text = render_plan(group, std::vector<Need>{need, Need{}});
  EXPECT_LE(widest(text), 80);
  EXPECT_TRUE(has(text, "762.94 MiB")) << text;
  EXPECT_TRUE(has(text, "37.25 GiB")) << text;
  EXPECT_TRUE(has(text, "3 GiB")) << text;
  EXPECT_TRUE(has(text, "no\n")) << text;
  EXPECT_TRUE(has(flat(text), "available: cgroup v2 limit of /some/very/long/path")) << text;
}

TEST(Screen, PlanSaysWhatADeviceWouldNeed) {
  const SolverInfo solver{.problem = "row_means", .name = "thrust", .strategy = ""};
  Backend backend{};
  backend.name = "cuda";
  backend.transfers = {"pageable"};
  Group group{&row_means_problem(), {}, Type::f32, {}, 1, 1, {}};
  group.cases.assign(3, {&backend, &solver, 1, "pageable"});
  Need need;
  need.own.device_bytes = std::nullopt;
  need.own.least_device_bytes = std::size_t{3} << 20;
  std::vector<Need> needs(3, need);
  needs[0].available_device_bytes = needs[1].available_device_bytes = std::size_t{1} << 30;
  needs[1].cannot = "too many columns";
  const std::string text = render_plan(group, needs);
  EXPECT_TRUE(has(text, "3 MiB +")) << text;
  EXPECT_TRUE(has(text, "+: and what a library inside takes")) << text;
  EXPECT_TRUE(has(text, "yes")) << text;
  EXPECT_TRUE(has(text, "no: see below")) << text;
  EXPECT_TRUE(has(text, "thrust: too many columns")) << text;
  EXPECT_TRUE(has(text, "no device")) << text;
}

std::vector<std::string> systems(const Row& row) {
  std::vector<std::string> names;
  for (const PublishedFor& found : published_for(row)) names.push_back(found.figure->system);
  return names;
}

TEST(Published, FiguresAreFoundByProblemSizesAndType) {
  EXPECT_EQ(published_figures().size(), parse_csv(lecture_figures_csv()).records.size() - 1);
  Row row = cpu_row("serial", 1, 0.1);
  EXPECT_EQ(systems(row), (std::vector<std::string>{"numpy"}));
  EXPECT_EQ(*published_for(row).at(0).figure->seconds, 0.033);
  row.type = "f32";
  EXPECT_EQ(systems(row), (std::vector<std::string>{"pytorch gpu (Apple mps)"}));
  row.sizes["rows"] = 99'999;
  EXPECT_TRUE(systems(row).empty());

  Row similarity;
  similarity.problem = "similarity";
  similarity.type = "f32";
  similarity.sizes = {{"corpus", 1'000'000}, {"queries", 1'000}, {"dim", 100}, {"k", 3}};
  EXPECT_EQ(systems(similarity).size(), 3U);
  EXPECT_EQ(*published_for(similarity).at(0).figure->seconds, 30.882);
  EXPECT_TRUE(published_for(similarity).at(0).turned);
  similarity.sizes = {{"corpus", 1'000}, {"queries", 1'000'000}, {"dim", 100}, {"k", 3}};
  ASSERT_EQ(systems(similarity).size(), 3U) << "each of 1e6 existing texts against 1000 new ones";
  EXPECT_EQ(*published_for(similarity).at(0).figure->seconds, 30.882);
  EXPECT_FALSE(published_for(similarity).at(0).turned);
  similarity.sizes = {{"corpus", 100'000}, {"queries", 100'000}, {"dim", 1'000}, {"k", 3}};
  ASSERT_EQ(systems(similarity).size(), 3U);
  EXPECT_FALSE(published_for(similarity).at(0).figure->seconds.has_value());
  EXPECT_EQ(published_for(similarity).at(2).figure->result, "refused");

  Row sum;
  sum.problem = "sum";
  sum.type = "i64";
  sum.sizes = {{"n", 50'000'000}};
  EXPECT_EQ(systems(sum).size(), 3U);
  sum.problem = "square_sine_sum";
  sum.type = "f64";
  sum.sizes = {{"n", 1'000'000}};
  EXPECT_EQ(systems(sum).size(), 2U);
}

TEST(Published, IsCompiledInUnchanged) {
  const std::string path = CROSSOVER_TEST_DATA + "/../../results/published/lecture_figures.csv";
  EXPECT_EQ(lecture_figures_csv(), read_whole(path));
}

TEST(Published, IsNamedAsAnotherMachines) {
  const std::string text = render_group(cpu_group("openmp"));
  EXPECT_TRUE(has(text, "published, another machine (gpu-vs-cpu lecture):\n")) << text;
  EXPECT_TRUE(has(text, "  numpy 33.0 ms (vectorised mean")) << text;
  EXPECT_FALSE(has(render_group(cpu_group("openmp"), {.published = false}), "numpy"));
}

}  // namespace
}  // namespace crossover
