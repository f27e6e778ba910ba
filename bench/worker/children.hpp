// The children of a group's process: how long and how much they may take, and who is blamed when one dies.
#pragma once

#include <functional>
#include <vector>

#include "bench/measure/process.hpp"
#include "bench/worker/worker.hpp"

namespace crossover {

class Children {
 public:
  /// Both outlive it.
  Children(const GroupJob&, const Report&);

  /// The case has no failure yet, and was to be run.
  bool alive(int id) const { return alive_[static_cast<std::size_t>(id)]; }
  /// Seconds of the case's first call; 0 where there was none.
  double first_call_s(int id) const { return first_call_s_[static_cast<std::size_t>(id)]; }
  /// The same; of its second where that was shorter.
  double typical_call_s(int id) const { return typical_call_s_[static_cast<std::size_t>(id)]; }
  bool called_once(int id) const;
  /// What tuning found for the case; empty where there was none.
  const std::string& setting(int id) const { return settings_[static_cast<std::size_t>(id)]; }
  /// What one call of the case may take that begins now. A case that has answered is not stopped because the
  /// run's time is over: that would lose what was measured.
  CallLimit call_limit(int id) const;
  /// The case ends so, without another process.
  void fail(int id, Outcome, Phase, const std::string& reason);
  /// How long the oracle took to be made: no check takes much longer.
  void note_oracle(double seconds) { oracle_s_ = seconds; }
  /// Whether the run has time left. Where it has none, the case is not_run.
  bool in_time(int id);

  /// Runs a child for one case or several; passes its events on, and turns its death into a failure of
  /// the case it was in, `first_case` before any began. Returns that case, or -1. `calls_at_once`: between
  /// two events.
  int attend(int first_case, const std::function<void(const Report&)>& body, double calls_at_once);

  /// Called in a child that may meet the memory wall: limits it, where the user asked for that. What could
  /// not be set becomes a warning of case `id`.
  void guard(const Report&, int id) const;

 private:
  struct Allowance {
    double seconds;
    bool ends_with_run;  ///< else with the solver's own timeout, or in silence
  };
  /// How long the next event may take to come, after a `begin` of this phase.
  Allowance allowance(int id, Phase, double calls_at_once) const;
  /// The least of it for a case that has answered, when the run's time is over.
  double late_s(int id, Phase, double calls_at_once) const;
  void note_call(std::size_t id, double seconds, bool is_first);
  void report_death(int id, Phase, const ChildEnd&, bool out_of_memory, const Allowance&);
  std::size_t guard_bytes() const;

  const GroupJob& job_;
  const Report& report_;
  std::vector<bool> alive_;
  std::vector<double> first_call_s_, typical_call_s_;
  std::vector<std::string> settings_;
  int processes_ = 0;
  double oracle_s_ = 0;
};

}  // namespace crossover
