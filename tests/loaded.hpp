// A scripted machine that other work shares: its clock moves as computations take their time, wait for a
// processor, and meet another offset after each change of case. Groups are sampled on it as a worker does.
#pragma once

#include <cmath>
#include <random>

#include "bench/worker/record.hpp"
#include "tests/scripted.hpp"

namespace crossover {

/// Of a processor that a thread shares; the defaults are those of four programs that compute, on two.
struct Load {
  double mean_rivals = 2;    ///< programs on the same processor: redrawn every fifth of a second or so
  double slice_s = 3e-3;     ///< until the scheduler takes the processor away
  double noise = 0.02;       ///< standard deviation of ln(time), call by call
  double slow_noise = 0.05;  ///< the same, over a tenth of a second: shared caches and clocks
  double offset = 0.03;      ///< the same, from one change of case to the next: caches, pages, layout
  double switch_s = 0;       ///< mean seconds from one regime to the other; 0: there is one
  double regime = 1.6;       ///< how much longer everything takes in the other
  bool counted = true;       ///< the kernel says who waited
};

/// One processor: who computes when.
class LoadedProcessor {
 public:
  LoadedProcessor(const Load& load, std::uint64_t seed) : load_(load), random_(seed) {}

  /// Seconds until `work_s` of computation are done, from `now_s` on; counts the waits.
  double until_done(double now_s, double work_s) {
    double elapsed_s = 0;
    for (double left_s = work_s; left_s > 0;) {
      if (now_s + elapsed_s > rivals_until_s_) redraw(now_s + elapsed_s);
      if (rivals_ == 0) return elapsed_s + left_s;
      if (slice_left_s_ <= 0) slice_left_s_ = drawn(load_.slice_s);
      const double ran_s = std::min(left_s, slice_left_s_);
      elapsed_s += ran_s;
      left_s -= ran_s;
      slice_left_s_ -= ran_s;
      if (slice_left_s_ > 0) break;
      double wait_s = 0;
      for (int i = 0; i < rivals_; ++i) wait_s += drawn(load_.slice_s);
      elapsed_s += wait_s;
      waited_s += wait_s;
      ++preemptions;
    }
    return elapsed_s;
  }
  /// Whoever slept is served first.
  void slept() { slice_left_s_ = drawn(load_.slice_s); }

  double waited_s = 0;
  std::int64_t preemptions = 0;

 private:
  double drawn(double mean) { return std::exponential_distribution<double>(1 / mean)(random_); }
  void redraw(double now_s) {
    rivals_ = load_.mean_rivals > 0 ? std::poisson_distribution<int>(load_.mean_rivals)(random_) : 0;
    rivals_until_s_ = now_s + drawn(0.2);
  }

  const Load load_;
  std::mt19937_64 random_;
  int rivals_ = 0;
  double rivals_until_s_ = -1, slice_left_s_ = 0;
};

/// A case of a loaded group.
struct LoadedCase {
  double call_s;    ///< undisturbed
  int threads = 1;  ///< 1 or 2: the slower one ends the call
};

/// Samples cases as a worker does: together, then short ones a second time in another process.
class LoadedMachine {
 public:
  LoadedMachine(const Load& load, std::uint64_t seed)
      : load_(load), random_(seed), processors_{{load, seed + 1}, {load, seed + 2}} {}

  std::vector<Row> measure(const std::vector<LoadedCase>& cases, Sampling how) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      Row& row = rows.emplace_back();
      row.backend = "cpu";
      row.transfer = "none";
      row.solver = std::string(1, static_cast<char>('a' + i));
      row.threads = cases[i].threads;
    }
    GroupRecord record(rows, std::vector<bool>(rows.size()), how.min_samples);
    sample(cases, how, [&](const Event& event) { record.apply(event); });
    if (std::ranges::all_of(cases, [&](const LoadedCase& each) { return 16 * each.call_s < how.budget_s; })) {
      Sampling again = how;
      again.budget_s *= 0.5;
      again.precision = 1;
      ++again.seed;
      sample(cases, again, [&](Event event) {
        if (event.at("event") != "sample" || event.at("kind") != "call") return;
        event["kind"] = "confirm_call";
        record.apply(event);
      });
    }
    const Problem* problem = find_problem("row_means");
    return record.rows(nullptr, 8e5, {problem, {{1000, 100}}, Type::f64, {}, 1, 1, {}});
  }

 private:
  void sample(const std::vector<LoadedCase>& cases, const Sampling& how, const Report& report) {
    Script script;
    script.now_s = now_s_;
    if (load_.counted) script.contention = [this](bool closely) { return counters(closely); };
    std::vector<std::unique_ptr<ScriptedExecution>> executions;
    std::vector<Subject> subjects;
    last_ = -1;
    for (int id = 0; id < static_cast<int>(cases.size()); ++id) {
      const LoadedCase& each = cases[static_cast<std::size_t>(id)];
      executions.push_back(std::make_unique<ScriptedExecution>(
          script, "x", std::vector<ScriptedStep>{{Phase::compute, [&, id](int) {
                                                    return call(each, id, script.now_s);
                                                  }}}));
      subjects.push_back({id, executions.back().get(), true});
    }
    World world = script.world();
    world.report = report;
    world.pause = [&](double seconds) {
      script.now_s += seconds;
      for (LoadedProcessor& processor : processors_) processor.slept();
    };
    sample_all(world, subjects, expects_42, how);
    now_s_ = script.now_s;
  }

  double call(const LoadedCase& each, int id, double now_s) {
    if (last_ != id) offset_ = load_.offset * normal_(random_);
    last_ = id;
    const double passed_s = now_s - seen_s_, kept = std::exp(-passed_s / 0.1);
    slow_ = kept * slow_ + std::sqrt(1 - kept * kept) * normal_(random_);
    seen_s_ = now_s;
    while (load_.switch_s > 0 && now_s > regime_until_s_) {
      in_other_regime_ = !in_other_regime_;
      regime_until_s_ += std::exponential_distribution<double>(1 / load_.switch_s)(random_);
    }
    const double work_s = each.call_s * (in_other_regime_ ? load_.regime : 1) *
                          std::exp(offset_ + load_.slow_noise * slow_ + load_.noise * normal_(random_));
    double elapsed_s = 0;
    for (int thread = 0; thread < each.threads; ++thread)
      elapsed_s = std::max(elapsed_s, processors_[thread].until_done(now_s, work_s));
    return elapsed_s;
  }

  ContentionCounters counters(bool closely) const {
    ContentionCounters found;
    found.preemptions = processors_[0].preemptions + processors_[1].preemptions;
    if (closely) found.waited_s = {{0, processors_[0].waited_s}, {1, processors_[1].waited_s}};
    return found;
  }

  const Load load_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  LoadedProcessor processors_[2];
  double now_s_ = 0, seen_s_ = 0, slow_ = 0, offset_ = 0, regime_until_s_ = 0;
  int last_ = -1;
  bool in_other_regime_ = true;
};

}  // namespace crossover
