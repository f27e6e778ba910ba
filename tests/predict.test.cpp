// Asserts: what `predict` says of profiles made by hand: tables, sentences, files, flags, and the exit status
// of the program. To add a sentence, give a profile in which it is due.
#include "bench/predict/predict.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/plan/plan.hpp"
#include "bench/rows/csv.hpp"
#include "handmade.hpp"
#include "invented.hpp"
#include "parsed.hpp"
#include "program.hpp"
#include "texts.hpp"

namespace crossover {
namespace {

const Problem& searched = *find_problem("similarity");

PredictedGroup group_of(const Profile& profile, const Problem& problem, const Shape& shape) {
  PredictedGroup group{&problem, shape, Type::f32, {}};
  for (const ModelCase& subject : predictable(profile, problem, shape, Type::f32))
    group.cases.push_back({subject, predict(profile, subject)});
  return group;
}

/// The device computes in 10 ms and needs 80 ms for the pageable upload; the host's seconds are given.
Profile with_both(double host_s) {
  Profile profile = with_device_solver();
  add_solver(profile, "similarity", Type::f32, "cpu", "openmp-tiled", 4, {{{1'000'000, 1'000, 100, 3}}},
             [=](const Shape&) { return host_s; });
  add_solver(profile, "similarity", Type::f32, "cpu", "serial", 1, {{{1'000'000, 1'000, 100, 3}}},
             [=](const Shape&) { return 10 * host_s; });
  return profile;
}

const Shape large{{1'000'000, 1'000, 100, 3}};

TEST(Predict, TheWinnerAndItsLimitAreSaid) {
  const Profile profile = with_both(2);
  const std::string text = flat(render_prediction(profile, group_of(profile, searched, large), 1000));
  EXPECT_TRUE(has(text,
                  "similarity corpus=1000000 queries=1000 dim=100 k=3 f32, modelled from the profile "
                  "'handmade-4c-gpu' (modelled"))
      << text;
  EXPECT_TRUE(has(text, "cuda cub, pageable is forecast to be the fastest: 90.")) << text;
  EXPECT_TRUE(has(text, "as fast as openmp-tiled (4 threads) (2.00 s)")) << text;
  EXPECT_TRUE(has(text, "cuda cub, pageable is limited by the link: upload is 89% of the call")) << text;
}

TEST(Predict, WhereTheHostWinsReuseIsSaid) {
  const Profile profile = with_both(0.6);
  Profile slow_link = what_if(profile, {.link_bytes_per_s = 0.4e9});
  const PredictedGroup group = group_of(slow_link, searched, large);
  const std::string text = flat(render_prediction(slow_link, group, 1000));
  EXPECT_TRUE(has(text, "openmp-tiled (4 threads) is forecast to be the fastest: 600 ms a call")) << text;
  EXPECT_TRUE(has(text, "openmp-tiled (4 threads) is limited by FMA f32: 83% of the call")) << text;
  const PredictedCase* device = fastest(group, false);
  ASSERT_TRUE(device);
  // (setup + 1 s) / (0.6 s - 11 ms) and rounded up
  EXPECT_EQ(breakeven_of(group, *device), "2");
  EXPECT_TRUE(has(text, "cuda cub, pageable pays from 2 calls on")) << text;
}

TEST(Predict, IntervalsThatOverlapDecideNothing) {
  const Profile profile = with_both(0.0905);
  const std::string text = flat(render_prediction(profile, group_of(profile, searched, large), 1000));
  EXPECT_TRUE(has(text, "their intervals overlap: measure both")) << text;
}

TEST(Predict, PinnedMemoryIsShownAndDoesNotWinTheHeadline) {
  const Profile profile = with_both(2);
  const PredictedGroup group = group_of(profile, searched, large);
  EXPECT_EQ(fastest(group, false)->subject.transfer, "pageable");
  EXPECT_NE(render_prediction(profile, group).find("cuda cub, pinned"), std::string::npos);
}

TEST(Predict, AProfileOfACpuSaysThatItIsOne) {
  Profile profile = with_both(2);
  profile.device.reset();
  profile.no_device = "no driver";
  const std::string text = flat(render_prediction(profile, group_of(profile, searched, large), 1000));
  EXPECT_TRUE(has(text,
                  "openmp-tiled (4 threads) is forecast to be the fastest: 2.00 s a call, 10.0x as fast as "
                  "serial (1 thread) (20.0 s)"))
      << text;
  EXPECT_TRUE(has(text, "The profile is a CPU's alone (no driver): it says nothing of a GPU.")) << text;
}

TEST(Predict, WhatDoesNotFitCannotWin) {
  Profile profile = with_both(2);
  profile.device->free_bytes = device_slack_bytes + (std::size_t{1} << 28);
  const PredictedGroup group = group_of(profile, searched, large);
  EXPECT_EQ(fastest(group, false), nullptr);
  const std::string text = flat(render_prediction(profile, group, 1000));
  EXPECT_TRUE(has(text, "on the device, which has 256 MiB")) << text;
  EXPECT_TRUE(has(text, "openmp-tiled (4 threads) is forecast to be the fastest")) << text;
}

TEST(Predict, RemarksSayHowFarBeyondTheProfile) {
  const Profile profile = with_both(2);
  const std::string text =
      flat(render_prediction(profile, group_of(profile, searched, {{4'000'000, 1'000, 100, 3}}), 1000));
  EXPECT_TRUE(has(text, "serial (1 thread): at 4.00x the largest shape measured")) << text;
}

TEST(Predict, FarBeyondTheProfileNobodyWins) {
  const Profile profile = with_both(2);
  const auto text = [&](Index corpus) {
    return flat(render_prediction(profile, group_of(profile, searched, {{corpus, 1'000, 100, 3}}), 1000));
  };
  EXPECT_TRUE(has(text(25'000'000), "is forecast to be the fastest")) << text(25'000'000);
  EXPECT_FALSE(has(text(35'000'000), "is forecast to be the fastest")) << text(35'000'000);
  EXPECT_TRUE(has(text(35'000'000), "No winner is named so far beyond what was calibrated"));
  EXPECT_TRUE(has(text(30'000), "No winner is named")) << "far below";
}

TEST(Predict, TheCsvHasEveryPhaseWithItsInterval) {
  const Profile profile = with_both(2);
  const CsvRecords csv = parse_csv(prediction_csv(profile, {group_of(profile, searched, large)}));
  ASSERT_EQ(csv.records.size(), 5U);
  const auto cell = [&](std::size_t row, const char* column) {
    const auto& header = csv.records.at(0);
    const auto at = std::ranges::find(header, column);
    EXPECT_NE(at, header.end()) << column;
    return csv.records[row].at(static_cast<std::size_t>(at - header.begin()));
  };
  for (std::size_t row = 1; row < 5; ++row) {
    EXPECT_EQ(csv.records[row].size(), csv.records.at(0).size());
    EXPECT_EQ(cell(row, "source"), "modelled");
    EXPECT_EQ(cell(row, "corpus"), "1000000");
    EXPECT_LT(std::stod(cell(row, "call_low_s")), std::stod(cell(row, "call_s")));
    EXPECT_GT(std::stod(cell(row, "call_high_s")), std::stod(cell(row, "call_s")));
  }
  EXPECT_EQ(cell(1, "transfer"), "pageable");
  EXPECT_NEAR(std::stod(cell(1, "upload_s")), 0.0801, 1e-4);
  EXPECT_EQ(cell(3, "upload_s"), "") << "a host moves nothing";
  EXPECT_EQ(cell(3, "breakeven_reuse"), "");
}

TEST(Predict, CasesAreChosenByName) {
  const Profile profile = with_both(2);
  const auto count = [&](const Arguments& flags) {
    const Options options = parsed({"predict similarity --corpus 1e6 --queries 1000 --dim 100", flags});
    return predicted_groups(profile, options).at(0).cases.size();
  };
  EXPECT_EQ(count(""), 4U);
  EXPECT_EQ(count("--backend cpu"), 2U);
  EXPECT_EQ(count("--solver serial"), 1U);
  EXPECT_EQ(count("--transfer pinned"), 3U);
  EXPECT_EQ(count("--threads all"), 4U);
  EXPECT_EQ(count("--threads 1 --solver serial"), 1U);
  EXPECT_EQ(count("--threads 77 --backend cuda"), 2U) << "they are the CPU's";
  EXPECT_THROW(count("--threads 1"), UsageError) << "openmp-tiled was not measured with one";
}

TEST(Predict, ListsOfSizesSweep) {
  const Profile profile = with_both(2);
  EXPECT_EQ(
      predicted_groups(profile, parsed("predict similarity --corpus 1e3,1e4 --queries 10,20,30")).size(), 6U);
}

TEST(PredictOwn, TheSentenceNamesWinnerLimitAndReuse) {
  const OwnWorkload work{
      .flops = 2e12, .bytes_in = 4e9, .bytes_out = 1e6, .bytes_stationary = 4e9, .reuse = 100};
  const Profile profile = handmade_profile();
  const std::string text = flat(render_own(profile, work, predict_own(profile, work), 1000));
  EXPECT_TRUE(has(
      text,
      "cuda, pageable is forecast to win: 10.8 s for all calls, 46.2x as fast as cpu (4 threads) (500 s)"))
      << text;
  EXPECT_TRUE(has(text, "on the CPU FMA f32 is the limit")) << text;
  EXPECT_TRUE(has(text, "The device pays from 1 call on.")) << text;
}

TEST(PredictOwn, IntervalsThatOverlapDecideNothing) {
  Profile profile = handmade_profile();
  const OwnWorkload work{.flops = 1e12, .bytes_in = 4e9};
  const double host_s = predict_own(profile, work).at(0).total_s.value;
  const auto said = [&](double link_s) {
    for (LinkFigures& link : profile.device->links) link.upload.bytes_per_s = about(4e9 / link_s);
    return flat(render_own(profile, work, predict_own(profile, work), 1000));
  };
  EXPECT_TRUE(has(said(host_s - 0.055), "intervals overlap: measure both.")) << said(host_s - 0.055);
  EXPECT_FALSE(has(said(host_s / 2), "overlap")) << said(host_s / 2);
}

TEST(PredictOwn, ADeviceWithoutALinkIsSaidToBeOne) {
  Profile profile = handmade_profile();
  profile.device->links.clear();
  const std::string text =
      flat(render_own(profile, {.flops = 1e9}, predict_own(profile, {.flops = 1e9}), 1000));
  EXPECT_TRUE(has(text, "The profile has no link to A handmade GPU: it says nothing of calls there."))
      << text;
  EXPECT_FALSE(has(text, "a CPU's alone")) << text;
}

TEST(PredictFlags, RatesTimesAndWorkloads) {
  const Options options =
      parsed("predict sum --link 55GB/s --device-memory 24GiB --device-bandwidth 3TB/s --launch 5us");
  EXPECT_DOUBLE_EQ(*options.what_if.link_bytes_per_s, 55e9);
  EXPECT_EQ(*options.what_if.device_memory_bytes, std::size_t{24} << 30);
  EXPECT_DOUBLE_EQ(*options.what_if.device_bandwidth_bytes_per_s, 3e12);
  EXPECT_DOUBLE_EQ(*options.what_if.launch_s, 5e-6);
  const Options own = parsed("predict --flops 2e12 --bytes-in 4GB --stationary 1GB --reuse 100 --type f64");
  ASSERT_TRUE(own.own);
  EXPECT_EQ(own.own->flops, 2e12);
  EXPECT_EQ(own.own->bytes_in, 4e9);
  EXPECT_EQ(own.own->bytes_stationary, 1e9);
  EXPECT_EQ(own.own->reuse, 100);
  EXPECT_EQ(own.own->type, Type::f64);
}

TEST(PredictFlags, WhatCannotBeMeantIsToldHow) {
  for (const auto& [flags, part] : std::vector<std::pair<Arguments, std::string>>{
           {"predict", "a problem is missing"},
           {"predict sum --budget 3", "--budget: predict runs nothing"},
           {"predict sum --link fast", "a rate is written like 55GB/s"},
           {"predict sum --flops 1e9", "leave 'sum' out"},
           {"predict --reuse 3", "needs --flops or --bytes-in"},
           {"predict --bytes-in 1kB --stationary 1MB", "more than --bytes-in"},
           {"predict sum --profile", "needs a value"}})
    expect_refused(flags, {part});
}

class PredictProgram : public ProgramTest {
 protected:
  PredictProgram() : ProgramTest(CROSSOVER_PROGRAM) {}
  const Arguments invented{"--profile", CROSSOVER_TEST_DATA + "/invented-8c-gpu.json"};
};

TEST_F(PredictProgram, WithoutAProfileItSaysHowToMakeOne) {
  const Ended ended = run("predict sum");
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "run crossover calibrate")) << ended.err;
}

TEST_F(PredictProgram, ForecastsFromAnotherMachinesProfile) {
  const Ended ended = run({"predict sum --n 1e6 --csv forecast.csv", invented});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has(ended.err, "the profile 'invented-8c-gpu' is another machine's: it is of Invented CPU"))
      << ended.err;
  EXPECT_TRUE(has(ended.out, "openmp (8 threads)")) << ended.out;
  EXPECT_TRUE(has(text("forecast.csv"), "modelled,invented-8c-gpu,sum,f32,1000000,cpu,openmp,8,none"))
      << text("forecast.csv");
  EXPECT_EQ(run({"predict sum --n 1e6 --csv forecast.csv", invented}).status, 2) << "it exists";
}

TEST_F(PredictProgram, NamesThatTheProfileLacks) {
  const Ended ended = run({"predict sum --solver openpm", invented});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "did you mean openmp?")) << ended.err;
}

}  // namespace
}  // namespace crossover
