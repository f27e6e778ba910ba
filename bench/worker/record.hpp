// Events of one group -> rows of the CSV.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/machine/calibration.hpp"
#include "bench/measure/events.hpp"
#include "bench/plan/plan.hpp"
#include "bench/rows/sample.hpp"

namespace crossover {

/// What one case has told so far.
struct CaseRecord {
  Row row;
  bool ended = false;  ///< it has an outcome that is not ok
  bool verified = false;
  std::vector<double> pilots, calls;  ///< seconds
  std::vector<double> own;            ///< `calls` without their waits for a processor, seconds
  std::vector<double> confirming;     ///< calls in a second process that nothing disturbed, seconds
  std::int64_t disturbed = 0;         ///< of `calls`
  bool only_first = false;            ///< `calls` is its first call: there was no time for a second
  bool watched = false;               ///< what disturbed them was looked at
  Contention first_contention{};
  std::vector<Energy> energies;  ///< of `calls`
  bool is_baseline = false;      ///< of the cases that were sampled with it
  std::vector<PhaseSeconds> phases;
  std::map<std::string, std::vector<double>> around;  ///< opening and closing steps, seconds by phase
  std::vector<std::string> warnings;

  /// Too many of its samples were disturbed: it may be faster than they say.
  bool is_doubtful() const;
  /// --within left less time than the budget: a warning says so.
  bool is_cut_short() const;
  /// Once, however often it is said.
  void warn(const std::string& text);
};

class GroupRecord {
 public:
  /// `rows`: one per case, as planned; those whose outcome is settled already have `settled`.
  GroupRecord(std::vector<Row> rows, const std::vector<bool>& settled, int min_samples);

  void apply(const Event&);
  /// The group's process died, or could not go on: what has no outcome yet gets this one.
  void end_all(Outcome, Phase, const std::string& reason);

  /// Medians, intervals, floors, baseline, speed-ups and verdicts.
  std::vector<Row> rows(const Calibration*, double working_set_bytes, const Group&) const;

  const Row& row(int case_id) const { return cases_[static_cast<std::size_t>(case_id)].row; }

 private:
  void apply_to(CaseRecord&, const Event&);

  std::vector<CaseRecord> cases_;
  int min_samples_;
};

/// The event as a line of samples.csv.
Sample sample_of(const Event&, double elapsed_s);

/// A call without its waits for a processor; the whole of one on a device, which went on meanwhile.
double own_s(const Row&, double call_s, const Contention&);

/// Of buffers: what is paid once around the calls.
double setup_s(const Row&);

/// Fills medians, intervals and derived figures of a case that ended well.
void summarise(CaseRecord&, int min_samples, const Calibration*, const Work&, Type, double working_set_bytes);

/// Baseline, speed-ups, reuse and verdict of a whole group; summarise() comes first. Measured and modelled
/// cases are judged apart, as if the others were not there.
void judge(std::span<CaseRecord>, int min_samples);

/// Smallest whole number of uses above `once_s` / (`cpu_s` - `device_s`), or "never": `once_s` = setup and
/// upload of stationary inputs, `device_s` = upload of fresh inputs, compute and download.
std::string breakeven_reuse(double once_s, double cpu_s, double device_s);

}  // namespace crossover
