// Asserts: work that another process does counts with that process's seconds and with what disturbed it
// there, and a time that cannot be true is a failure.
#include <cmath>

#include "tests/scripted.hpp"

namespace crossover {
namespace {

/// Takes 5 ms here; there it took what is written down.
class FarExecution final : public Execution {
 public:
  explicit FarExecution(Script& script) : script_(script) {}
  Elsewhere there{.seconds = 2e-3, .preemptions = 7, .waited_s = 1e-3};

  std::vector<Step> opening() override { return {}; }
  std::vector<Step> call() override {
    return {{Phase::compute, 1, [] {}}};
  }
  std::vector<Step> closing() override { return {}; }
  void wait() override { script_.now_s += 5e-3; }
  std::optional<Elsewhere> elsewhere() const override { return there; }
  void poison() override {}
  std::string damage() override { return {}; }
  std::span<const HostArray> outputs() override { return {&output_, 1}; }

 private:
  Script& script_;
  double value_ = 42;
  HostArray output_{&value_, Type::f64, {}};
};

TEST(Elsewhere, SecondsAndDisturbancesAreTheOtherProcesss) {
  Script script;
  script.contention = [](bool) {
    return ContentionCounters{
        .preemptions = 1, .waited_s = {{1, 9.0}}, .stolen_s = {}, .throttled_periods = {}};
  };
  FarExecution execution(script);
  const Subject subject{0, &execution, false};
  const TimedCall call = watched_call(script.world(), subject, execution.call(), true);
  EXPECT_DOUBLE_EQ(call.seconds, 2e-3);
  EXPECT_EQ(call.contention.preemptions, 7);
  EXPECT_EQ(call.contention.waited_s, 1e-3);
  EXPECT_TRUE(call.contention.disturbs(call.seconds));
  const PhaseSeconds phases = timed_steps(script.world(), 0, "phases", 0, execution, execution.call());
  EXPECT_DOUBLE_EQ(phases.at("compute"), 2e-3);
}

TEST(Elsewhere, ATimeThatCannotBeTrueFails) {
  Script script;
  FarExecution execution(script);
  for (const double seconds : {6e-3, -1e-3, std::nan("")}) {
    execution.there.seconds = seconds;
    script.events.clear();
    sample_all(script.world(), {{0, &execution, false}}, expects_42, {});
    ASSERT_EQ(script.of("failure", 0).size(), 1U) << seconds;
    EXPECT_EQ(script.of("failure", 0).at(0).at("outcome"), "failed");
    EXPECT_TRUE(script.samples(0, "call").empty());
  }
}

}  // namespace
}  // namespace crossover
