// A world whose clock moves only when a scripted execution takes time, and executions that take the times,
// give the results and throw the errors that a test wrote down for them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/measure/sampler.hpp"

namespace crossover {

/// Everything that happened, in order, and what time it is. The world it makes must not outlive it.
struct Script {
  double now_s = 0;
  std::vector<std::string> log;  ///< "a compute", "a wait", "pause", "flush"
  std::vector<Event> events;
  std::function<ContentionCounters(bool closely)> contention;  ///< (optional)

  World world() {
    return {.now = [this] { return now_s; },
            .pause =
                [this](double seconds) {
                  now_s += seconds;
                  log.emplace_back("pause");
                },
            .flush_caches =
                [this] {
                  now_s += 1e-3;
                  log.emplace_back("flush");
                },
            .report = [this](const Event& event) { events.push_back(event); },
            .contention = contention};
  }

  std::vector<Event> of(const std::string& kind, int id = -1) const {
    std::vector<Event> found;
    for (const Event& event : events)
      if (event.at("event") == kind && (id < 0 || event.at("case") == id)) found.push_back(event);
    return found;
  }

  /// Seconds of the samples of one kind; of a phase, where it is named.
  std::vector<double> samples(int id, const std::string& kind, const std::string& phase = "call") const {
    std::vector<double> found;
    for (const Event& event : of("sample", id))
      if (event.at("kind") == kind && event.at("seconds").contains(phase))
        found.push_back(event.at("seconds").at(phase));
    return found;
  }

  std::size_t count(const std::string& line) const {
    return static_cast<std::size_t>(std::count(log.begin(), log.end(), line));
  }
};

struct ScriptedStep {
  Phase phase;
  /// What the n-th run of the step takes, the first being 1; may throw.
  std::function<double(int n)> seconds;
};

/// A step that always takes as long.
inline ScriptedStep takes(Phase phase, double seconds) {
  return {phase, [seconds](int) { return seconds; }};
}

/// The same, but the `at`-th run throws.
template <class Error>
ScriptedStep fails(Phase phase, double seconds, int at, const Error& error) {
  return {phase, [=](int n) {
            if (n == at) throw error;
            return seconds;
          }};
}

/// Its output is one f64, `answer(n)` after the n-th call since it was opened.
class ScriptedExecution final : public Execution {
 public:
  ScriptedExecution(Script& script, std::string name, std::vector<ScriptedStep> steps)
      : script_(script), name_(std::move(name)), steps_(std::move(steps)), runs_(steps_.size(), 0) {}

  std::function<double(int n)> answer = [](int) { return 42.0; };
  std::function<bool(int n)> overruns = [](int) { return false; };  ///< the n-th call damages sentinels

  std::vector<Step> opening() override { return {}; }
  std::vector<Step> closing() override { return {}; }
  std::vector<Step> call() override {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < steps_.size(); ++i)
      steps.push_back({steps_[i].phase, 1, [this, i] { run(i); }});
    return steps;
  }
  void wait() override { script_.log.push_back(name_ + " wait"); }
  void poison() override {
    value_ = -1;
    damaged_ = false;
    script_.log.push_back(name_ + " poison");
  }
  std::string damage() override { return damaged_ ? "wrote outside output value" : ""; }
  std::span<const HostArray> outputs() override { return {&output_, 1}; }

  int calls() const { return runs_.back(); }

 private:
  void run(std::size_t i) {
    script_.log.push_back(name_ + " " + name_of(steps_[i].phase));
    script_.now_s += steps_[i].seconds(++runs_[i]);
    if (i + 1 < steps_.size()) return;
    value_ = answer(runs_[i]);
    damaged_ = damaged_ || overruns(runs_[i]);
  }

  Script& script_;
  std::string name_;
  std::vector<ScriptedStep> steps_;
  std::vector<int> runs_;
  double value_ = 0;
  bool damaged_ = false;
  HostArray output_{&value_, Type::f64, {}};
};

/// Right is 42.
inline Check expects_42(std::span<const HostArray> out) {
  const double value = vector<double>(out[0])[0];
  Check check{.ok = value == 42, .max_error = 0, .checked = 1, .of = 1, .what = {}};
  if (!check.ok) check.what = "got " + std::to_string(value);
  return check;
}

/// Cases with ids in the order in which they are added, sampled in a scripted world.
class ScriptedSampler : public testing::Test {
 protected:
  /// A case with the next id; CPU cases can be the baseline.
  ScriptedExecution& add(std::vector<ScriptedStep> steps, bool cpu = true) {
    const int id = static_cast<int>(executions_.size());
    executions_.push_back(std::make_unique<ScriptedExecution>(
        script_, std::string(1, static_cast<char>('a' + id)), std::move(steps)));
    subjects_.push_back({id, executions_.back().get(), cpu});
    return *executions_.back();
  }

  void reset() {
    script_ = {};
    executions_.clear();
    subjects_.clear();
  }

  void sample(const Sampling& how = {}) { sample_all(script_.world(), subjects_, expects_42, how); }

  /// Names of the cases in the order in which their calls were sampled.
  std::string order() const {
    std::string names;
    for (const Event& event : script_.of("sample"))
      if (event.at("kind") == "call") names += static_cast<char>('a' + event.at("case").get<int>());
    return names;
  }

  std::size_t calls(int id) const { return script_.samples(id, "call").size(); }

  /// The only failure of the case.
  Event failure(int id) const {
    const auto found = script_.of("failure", id);
    EXPECT_EQ(found.size(), 1U) << "case " << id;
    return found.empty() ? Event() : found[0];
  }

  Script script_;
  std::vector<std::unique_ptr<ScriptedExecution>> executions_;
  std::vector<Subject> subjects_;
};

inline const std::vector<ScriptedStep> four_steps = {
    takes(Phase::upload, 1e-3), takes(Phase::upload_fresh, 2e-3), takes(Phase::compute, 4e-3),
    takes(Phase::download, 8e-3)};

}  // namespace crossover
