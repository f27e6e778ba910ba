// Asserts, with a scripted clock: what a case that throws, or is wrong, at first or later, costs itself and
// the others. To add an error, add it to `Errors`.
#include <gtest/gtest.h>

#include <algorithm>
#include <new>

#include "tests/scripted.hpp"

namespace crossover {
namespace {

using SamplerTest = ScriptedSampler;

/// In each step, the first call (pilot) or a later one (sample, phases): the right failure, and no more of
/// it.
template <class Error>
class Throwing : public ScriptedSampler {};

struct Memory {
  static OutOfMemory error() { return {"no room", 3 << 20, 1 << 20}; }
  static constexpr const char* outcome = "out_of_memory";
};
struct Library {
  static std::bad_alloc error() { return {}; }
  static constexpr const char* outcome = "out_of_memory";
};
struct Other {
  static std::runtime_error error() { return std::runtime_error("it broke"); }
  static constexpr const char* outcome = "failed";
};
using Errors = testing::Types<Memory, Library, Other>;
TYPED_TEST_SUITE(Throwing, Errors);

constexpr int first_phases = pilot_samples + 2 * 8 + 2;  // the call that is the first sample of phases

TYPED_TEST(Throwing, CostsItsCaseAlone) {
  for (std::size_t step = 0; step < four_steps.size(); ++step)
    for (const int at : {1, 2, 5, first_phases}) {
      this->reset();
      this->add({takes(Phase::compute, 1e-3)});
      std::vector<ScriptedStep> steps = four_steps;
      steps[step] = fails(steps[step].phase, 1e-3, at, TypeParam::error());
      this->add(steps);
      this->add({takes(Phase::compute, 9e-3)});
      this->sample();
      const Event failure = this->failure(1);
      EXPECT_EQ(failure.at("outcome"), TypeParam::outcome) << step << " " << at;
      EXPECT_FALSE(failure.at("reason").template get<std::string>().empty());
      const std::string phase = at == first_phases ? name_of(steps[step].phase) : "call";
      EXPECT_EQ(failure.at("phase"), phase) << step << " " << at;
      EXPECT_EQ(this->executions_[1]->calls() + (step < 3), at) << "never called again";
      for (const int id : {0, 2}) {
        EXPECT_TRUE(this->script_.of("failure", id).empty());
        EXPECT_EQ(this->calls(id), 8U) << "the others go on";
      }
    }
}

TEST_F(SamplerTest, AShortageSaysNeededAndFree) {
  add({fails(Phase::compute, 1e-3, 1, OutOfMemory("no room", 3 << 20, 1 << 20))});
  sample();
  EXPECT_EQ(failure(0).at("needed"), 3 << 20);
  EXPECT_EQ(failure(0).at("available"), 1 << 20);
}

TEST_F(SamplerTest, TheOthersAreComparedWithAnotherBaselineWhenItFails) {
  add({fails(Phase::compute, 1e-3, 1, std::runtime_error("it broke"))});
  add({takes(Phase::compute, 2e-3)});
  add({takes(Phase::compute, 9e-3)});
  sample();
  EXPECT_EQ(script_.of("baseline").at(0).at("case"), 1);
}

TEST_F(SamplerTest, ALostDeviceEndsTheWhole) {
  for (const int at : {1, 6}) {
    reset();
    add({takes(Phase::compute, 1e-3)});
    add({fails(Phase::compute, 1e-3, at, DeviceLost("gone"))}, false);
    EXPECT_THROW(sample(), DeviceLost);
    EXPECT_EQ(failure(1).at("outcome"), "failed");
    EXPECT_NE(failure(1).at("reason").get<std::string>().find("gone"), std::string::npos);
    EXPECT_EQ(executions_[1]->calls(), at);
  }
}

TEST_F(SamplerTest, AnOracleThatThrowsIsTheCasesFailure) {
  add({takes(Phase::compute, 1e-3)});
  sample_all(script_.world(), subjects_, [](auto) -> Check { throw std::runtime_error("no reference"); }, {});
  EXPECT_EQ(failure(0).at("phase"), "verify");
}

TEST_F(SamplerTest, WrongOutputIsSaidAndNeverTimed) {
  add({takes(Phase::compute, 1e-3)}).answer = [](int) { return 41.0; };
  add({takes(Phase::compute, 2e-3)});
  sample();
  const auto verified = script_.of("verified", 0);
  ASSERT_EQ(verified.size(), 1U);
  EXPECT_FALSE(verified[0].at("ok"));
  EXPECT_EQ(verified[0].at("what"), "got 41.000000");
  EXPECT_EQ(calls(0), 0U);
  EXPECT_EQ(script_.of("baseline").at(0).at("case"), 1);
  EXPECT_EQ(calls(1), 8U);
}

TEST_F(SamplerTest, AnOutputThatIsNotWrittenIsWrong) {
  ScriptedExecution& lazy = add({takes(Phase::compute, 1e-3)});
  lazy.answer = [](int) { return -1.0; };  // what poison() leaves
  sample();
  EXPECT_FALSE(script_.of("verified", 0).at(0).at("ok"));
  const auto poisoned = std::find(script_.log.begin(), script_.log.end(), "a poison");
  EXPECT_LT(poisoned, std::find(script_.log.begin(), script_.log.end(), "a compute"));
}

TEST_F(SamplerTest, WritingOutsideTheOutputsIsWrong) {
  add({takes(Phase::compute, 1e-3)}).overruns = [](int) { return true; };
  sample();
  EXPECT_FALSE(script_.of("verified", 0).at(0).at("ok"));
  EXPECT_EQ(script_.of("verified", 0).at(0).at("what"), "wrote outside output value");
}

TEST_F(SamplerTest, WhatGoesWrongLaterIsWrong) {
  for (const double seconds : {1e-3, 0.2})  // short calls are called once more, long ones checked as they are
    for (const bool overrun : {false, true}) {
      reset();
      ScriptedExecution& execution = add({takes(Phase::compute, seconds)});
      if (overrun)
        execution.overruns = [](int n) { return n > 10; };
      else
        execution.answer = [](int n) { return n > 10 ? 41.0 : 42.0; };
      sample({.budget_s = 100});
      ASSERT_FALSE(script_.of("verified", 0).empty());
      EXPECT_TRUE(script_.of("verified", 0).at(0).at("ok"));
      EXPECT_FALSE(script_.of("verified", 0).back().at("ok")) << seconds << " " << overrun;
    }
}

}  // namespace
}  // namespace crossover
