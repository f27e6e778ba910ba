// Asserts: what the tables of `choose` hold, and that the generated header compiles without warnings and
// decides as the profile does. To add a decision, add a line to `checks` and what it must print.
#include "bench/predict/policy.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/plan/plan.hpp"
#include "handmade.hpp"
#include "program.hpp"
#include "texts.hpp"

namespace crossover {
namespace {

const Problem& searched = *find_problem("similarity");

/// sum: serial takes 1 ns for each element; openmp 20 us and 0.25 ns: they change places at 26,667. A third
/// is always slower. similarity: the device computes in a tenth of the host's time, behind a slow link.
Profile two_solvers() {
  Profile profile = handmade_profile();
  std::vector<Shape> shapes;
  for (Index n = 1'000; n <= 10'000'000; n *= 10) shapes.push_back({{n}});
  add_solver(profile, "sum", Type::f32, "cpu", "serial", 1, shapes,
             [](const Shape& s) { return 1e-9 * n_of(s); });
  add_solver(profile, "sum", Type::f32, "cpu", "openmp", 4, shapes,
             [](const Shape& s) { return 20e-6 + 0.25e-9 * n_of(s); });
  add_solver(profile, "sum", Type::f32, "cpu", "eigen", 4, shapes,
             [](const Shape& s) { return 1e-3 + 2e-9 * n_of(s); });
  const std::vector<Shape> searches = {{{1'000, 10, 100, 3}}, {{100'000, 10, 100, 3}}};
  add_solver(profile, "similarity", Type::f32, "cpu", "openmp-tiled", 4, searches,
             [](const Shape& s) { return 1e-7 * n_of(s); });
  add_solver(profile, "similarity", Type::f32, "cuda", "cub", 1, searches,
             [](const Shape& s) { return 1e-8 * n_of(s); });
  return profile;
}

TEST(Policy, SolversThatNeverMatterAreLeftOut) {
  const std::vector<PolicyTable> tables = policy_tables(two_solvers());
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0].problem, &searched);
  ASSERT_EQ(tables[1].candidates.size(), 2U) << "without eigen";
  EXPECT_EQ(tables[1].candidates[0].solver, "serial");
  EXPECT_EQ(tables[1].sizes[0].size(), 5U);
}

TEST(Policy, CostsAreThePredictions) {
  const Profile profile = two_solvers();
  const PolicyTable table = policy_tables(profile).at(0);
  const PolicyCandidate& device = table.candidates[1];
  EXPECT_EQ(device.transfer, "pageable");
  const PolicyCost cost = device.costs[1].value();
  const Prediction prediction = prediction_of(profile, device_case(searched, {{100'000, 10, 100, 3}}));
  EXPECT_DOUBLE_EQ(cost.again_s, prediction.reuse_call_s.value);
  EXPECT_NEAR(cost.stationary_s, 10e-6 + 4e7 / 5e9, 1e-9);
  EXPECT_NEAR(cost.setup_s, 2e-6, 1e-12);
  EXPECT_NEAR(cost.low, 0.99, 1e-3);
}

TEST(Policy, WhatDoesNotFitIsUnknown) {
  Profile profile = two_solvers();
  profile.device->free_bytes = device_slack_bytes + 10'000'000;  // of 40 MB
  const PolicyTable table = policy_tables(profile).at(0);
  EXPECT_TRUE(table.candidates[1].costs[0]);
  EXPECT_FALSE(table.candidates[1].costs[1]);
}

class PolicyProgram : public ProgramTest {
 protected:
  PolicyProgram() : ProgramTest(CROSSOVER_PROGRAM, place_of_programs()) {
    std::ofstream(path("profile.json")) << profile_text(two_solvers());
  }

  /// What a program that includes policy.h prints.
  std::string compiled(const std::string& statements) const {
    std::ofstream(path("use.cpp")) << "#include \"policy.h\"\n#include \"policy.h\"\n#include <cstdio>\n"
                                      "using namespace crossover_policy;\n"
                                      "[[maybe_unused]] static void tell(const Decision& d) {\n"
                                      "  std::printf(\"%s %s%s\\n\", d.best.solver, d.runner_up.solver,\n"
                                      "              d.contested ? \" contested\" : \"\");\n"
                                      "}\n"
                                      "int main() {\n"
                                   << statements << "}\n";
    const Ended compiler = finish(start_program(
        CROSSOVER_COMPILER,
        "-std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror use.cpp -o use", folder_));
    EXPECT_EQ(compiler.status, 0) << compiler.err;
    return finish(start_program("./use", {}, folder_)).out;
  }
};

TEST_F(PolicyProgram, TheHeaderDecidesAsTheProfileDoes) {
  const Ended ended = run("choose --profile profile.json -o policy.h");
  ASSERT_EQ(ended.status, 0) << ended.err;
  const std::string checks = R"(
  tell(sum("f32", 1000));
  tell(sum("f32", 10000));
  tell(sum("f32", 100000));
  tell(sum("f32", 5000000));
  tell(sum("f32", 999));
  tell(sum("f32", 10000001));
  tell(sum("f64", 1000));
  tell(similarity("f32", 100000, 10, 100, 3));
  tell(similarity("f32", 100000, 10, 100, 3, 1e6));
  tell(similarity("f32", 100000, 10, 100, 3, 0, "pinned"));
  tell(similarity("f32", 100000, 10, 200, 3));
  std::printf("%s %.3g %.3g %.3g\n", machine.label, sum("f32", 1000000).best.seconds,
              sum("f32", 1000000).best.low_s, sum("f32", 1000000).best.high_s);
)";
  EXPECT_EQ(compiled(checks),
            "serial openmp\n"
            "serial openmp\n"
            "openmp serial\n"
            "openmp serial\n"
            "unknown unknown\n"
            "unknown unknown\n"
            "unknown unknown\n"
            "cub openmp-tiled\n"
            "cub openmp-tiled\n"
            "cub openmp-tiled\n"
            "unknown unknown\n"
            "handmade-4c-gpu 0.00027 0.000267 0.000273\n");
}

TEST_F(PolicyProgram, OverlappingIntervalsAreContested) {
  Profile profile = two_solvers();
  for (SolverPoint& point : profile.solvers[0].points)
    point.compute_s = point.call_s = {point.call_s.value, 0.2 * point.call_s.value, 3 * point.call_s.value};
  std::ofstream(path("profile.json")) << profile_text(profile);
  ASSERT_EQ(run("choose --profile profile.json -o policy.h").status, 0);
  EXPECT_EQ(compiled("tell(sum(\"f32\", 10000));"), "serial openmp contested\n");
}

TEST_F(PolicyProgram, BetweenCalibratedSizesTheIntervalHoldsThatOfThePrediction) {
  const Profile profile = two_solvers();
  ASSERT_EQ(run("choose --profile profile.json -o policy.h").status, 0);
  const std::string said = compiled(R"(
  for (const std::int64_t n : {3162, 31623, 316228, 100000}) {
    const Decision d = sum("f32", n);
    for (const Choice& c : {d.best, d.runner_up}) std::printf("%d %.9g %.9g\n", c.threads, c.low_s, c.high_s);
  }
)");
  std::istringstream lines(said);
  for (const Index n : {3'162, 31'623, 316'228, 100'000})
    for (int i = 0; i < 2; ++i) {
      int threads = 0;
      double low_s = 0, high_s = 0;
      ASSERT_TRUE(lines >> threads >> low_s >> high_s) << said;
      const Figure call_s = prediction_of(profile, {find_problem("sum"),
                                                    {{n}},
                                                    Type::f32,
                                                    "cpu",
                                                    threads == 1 ? "serial" : "openmp",
                                                    threads,
                                                    "none"})
                                .call_s;
      EXPECT_NEAR(low_s / call_s.low, 1, 0.01) << n << " with " << threads;
      EXPECT_NEAR(high_s / call_s.high, 1, 0.01) << n << " with " << threads;
    }
}

TEST_F(PolicyProgram, AThirdWhoseIntervalOverlapsContestsToo) {
  Profile profile = two_solvers();
  for (SolverPoint& point : profile.solvers[2].points) {  // eigen: behind openmp at 10,000, before it never
    const double seconds = 35e-6 + 0.5e-9 * n_of(point.shape);
    point.compute_s = point.call_s = {seconds, 0.1 * seconds, 2 * seconds};
  }
  std::ofstream(path("profile.json")) << profile_text(profile);
  ASSERT_EQ(run("choose --profile profile.json -o policy.h").status, 0);
  EXPECT_EQ(compiled("tell(sum(\"f32\", 10000));"), "serial openmp contested\n");
}

TEST_F(PolicyProgram, JsonHasTheSameTables) {
  ASSERT_EQ(run("choose --profile profile.json -o policy.json").status, 0);
  const nlohmann::json json = nlohmann::json::parse(text("policy.json"));
  EXPECT_EQ(json.at("kind"), "crossover-policy");
  EXPECT_EQ(json.at("machine").at("label"), "handmade-4c-gpu");
  const nlohmann::json& sum = json.at("tables").at(1);
  EXPECT_EQ(sum.at("problem"), "sum");
  EXPECT_EQ(sum.at("axes").at(0).at("sizes").size(), 5U);
  EXPECT_NEAR(sum.at("candidates").at(0).at("costs").at(0).at(2).get<double>(), 1e-6, 1e-12);
  const nlohmann::json& bent = sum.at("candidates").at(1).at("costs");
  EXPECT_GT(bent.at(1).at(5).at(0).get<double>(), 0.05) << "openmp's fixed cost ends behind 10,000";
  EXPECT_EQ(bent.at(4).at(5).at(0), 0) << "behind the last there is nothing";
}

TEST_F(PolicyProgram, WarningsOfTheProfileAreSaidAndGoAlong) {
  nlohmann::json profile = nlohmann::json::parse(text("profile.json"));
  profile.at("warnings") = {"other work had the processors for 65 % of the time\n#error"};
  std::ofstream(path("busy.json")) << profile;
  for (const Arguments& command :
       std::vector<Arguments>{"choose -o busy.h", "choose -o out.json", "predict sum --n 1000"}) {
    const Ended ended = run({command, "--profile busy.json"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_TRUE(has(ended.err, "': other work had the processors for 65 % of the time #error\n"))
        << ended.err;
  }
  EXPECT_TRUE(has(text("busy.h"), "// The profile's warning: other work had the processors"))
      << text("busy.h");
  EXPECT_FALSE(has(text("busy.h"), "\n#error"));
  EXPECT_EQ(nlohmann::json::parse(text("out.json")).at("warnings").size(), 1U);
}

TEST_F(PolicyProgram, RefusesOtherNamesAndFilesThatExist) {
  EXPECT_EQ(run("choose --profile profile.json").status, 2);
  EXPECT_TRUE(has(run("choose --profile profile.json -o policy.txt").err, "ends in .h, .hpp or .json"));
  EXPECT_EQ(run("choose --profile profile.json -o policy.h").status, 0);
  EXPECT_EQ(run("choose --profile profile.json -o policy.h").status, 2);
  EXPECT_EQ(run("choose --profile profile.json -o policy.h --force").status, 0);
  EXPECT_TRUE(has(run("choose -o other.h").err, "run crossover calibrate"));
}

}  // namespace
}  // namespace crossover
