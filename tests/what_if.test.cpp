// Asserts: what changes in a profile, and in predictions from it, with another link, memory, bandwidth or
// launch cost; rooflines of workloads that no problem of this program describes.
#include <gtest/gtest.h>

#include "bench/model/model.hpp"
#include "bench/plan/options.hpp"
#include "handmade.hpp"

namespace crossover {
namespace {

const Problem& sum = *find_problem("sum");
const Problem& searched = *find_problem("similarity");

TEST(WhatIf, ALinkChangesTransfersAlone) {
  const Profile before = with_device_solver();
  const Profile after = what_if(before, {.link_bytes_per_s = 50e9});
  EXPECT_EQ(after.source, "modelled");
  const ModelCase subject = device_case(searched, {{1'000'000, 1'000, 100, 3}});
  EXPECT_NEAR(prediction_of(after, subject).upload_s->value, 20e-6 + 4.004e8 / 50e9, 1e-9);
  EXPECT_EQ(prediction_of(after, subject).compute_s->value, prediction_of(before, subject).compute_s->value);
}

TEST(WhatIf, BandwidthSpeedsUpWhatItBounds) {
  Profile before = handmade_profile();
  const std::vector<Shape> shapes = {{{1'000}}, {{100'000'000}}};
  add_solver(before, "sum", Type::f32, "cuda", "cub", 1, shapes,
             [](const Shape& shape) { return 5e-6 + 4 * n_of(shape) / 0.8e12; });
  const Profile after = what_if(before, {.device_bandwidth_bytes_per_s = 2e12});
  const auto ratio = [&](const Shape& shape) {
    return prediction_of(after, device_case(sum, shape)).compute_s->value /
           prediction_of(before, device_case(sum, shape)).compute_s->value;
  };
  EXPECT_NEAR(ratio(shapes[0]), 1, 1e-9) << "in L2";
  EXPECT_NEAR(ratio(shapes[1]), 0.5, 1e-9);
}

TEST(WhatIf, LaunchesAndMemory) {
  Profile before = with_device_solver();
  before.solvers[0].points[0].compute_s = about(8e-6);
  const Profile after = what_if(before, {.device_memory_bytes = 1000, .launch_s = 2e-6});
  EXPECT_EQ(after.device->total_bytes, 1000U);
  EXPECT_NEAR(after.solvers[0].points[0].compute_s.value, 5e-6, 1e-12);
}

TEST(WhatIf, NeedsADevice) {
  Profile profile = handmade_profile();
  profile.device.reset();
  EXPECT_THROW(what_if(profile, {.launch_s = 1e-6}), UsageError);
  EXPECT_EQ(what_if(handmade_profile(), {}).label, "handmade-4c-gpu");
}

TEST(OwnWorkload, RooflinesOfBothSides) {
  const OwnWorkload work{
      .flops = 2e12, .bytes_in = 4e9, .bytes_out = 1e6, .bytes_stationary = 4e9, .reuse = 100};
  const std::vector<OwnPrediction> all = predict_own(handmade_profile(), work);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_NEAR(all[0].call_s.value, 5 + 2e-6, 1e-9);  // 2e12 / 400e9, and a team
  EXPECT_EQ(all[0].bound, "FMA f32");
  EXPECT_NEAR(all[0].total_s.value, 500 + 2e-4, 1e-9);
  EXPECT_NEAR(all[1].compute_s.value, 0.1, 1e-4);  // 2e12 / 2e13
  EXPECT_NEAR(all[1].upload_s.value, 0.8, 1e-4);   // 4e9 / 5e9
  EXPECT_EQ(all[1].upload_fresh_s.value, 0);
  EXPECT_NEAR(all[1].total_s.value, 0.8 + 100 * (0.1 + 5e-6 + 10e-6 + 1e6 / 5e9), 1e-4);
  EXPECT_NEAR(all[2].upload_s.value, 0.4, 1e-4);
}

TEST(OwnWorkload, LittleWorkIsALaunchOrATeam) {
  const std::vector<OwnPrediction> all = predict_own(handmade_profile(), {.flops = 1e3, .bytes_in = 4e3});
  EXPECT_EQ(all[1].bound, "kernel launch");
  EXPECT_EQ(all[0].bound, "starting threads");
  EXPECT_NEAR(all[0].call_s.value, 2e-6 + 4e3 / 400e9, 1e-12);
}

}  // namespace
}  // namespace crossover
