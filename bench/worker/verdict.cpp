// From samples to statements: medians and intervals of each case, then who is faster than whom.
#include <algorithm>
#include <cmath>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/rows/naming.hpp"
#include "bench/worker/record.hpp"

namespace crossover {
namespace {

constexpr double noticeable = 0.10;     // of the call unaccounted for
constexpr double timer_share = 0.05;    // of the shortest phase
constexpr double slow_first_call = 40;  // times the median

/// Too many of its samples were disturbed: it may be faster than they say.
bool is_doubtful(const CaseRecord& record) {
  return too_often_disturbed(record.disturbed, record.calls.size());
}

void warn(CaseRecord& record, const std::string& text) { record.warnings.push_back(text); }

double total(const PhaseSeconds& seconds) {
  double sum = 0;
  for (const auto& [phase, value] : seconds) sum += value;
  return sum;
}

Number around_s(const CaseRecord& record, Phase phase) {
  const auto found = record.around.find(name_of(phase));
  if (found == record.around.end() || found->second.empty()) return std::nullopt;
  return median(found->second);
}

Number phase_s(const PhaseSeconds& seconds, Phase phase) {
  const auto found = seconds.find(name_of(phase));
  return found == seconds.end() ? Number{} : Number{found->second};
}

/// The phases of the sample whose total is the median one; calls of a single step have nothing to split.
void fill_phases(CaseRecord& record) {
  Row& row = record.row;
  if (record.phases.empty()) {
    if (row.transfer != "none") return;  // never sampled apart
    row.compute_s = row.call_s;
    row.unaccounted_s = 0;
    return;
  }
  std::sort(record.phases.begin(), record.phases.end(),
            [](const PhaseSeconds& a, const PhaseSeconds& b) { return total(a) < total(b); });
  const PhaseSeconds& middle = record.phases[(record.phases.size() - 1) / 2];
  row.upload_fresh_s = phase_s(middle, Phase::upload_fresh);
  row.upload_s = phase_s(middle, Phase::upload);
  if (row.upload_fresh_s) row.upload_s = row.upload_s.value_or(0) + *row.upload_fresh_s;
  row.compute_s = phase_s(middle, Phase::compute);
  row.download_s = phase_s(middle, Phase::download);
  row.unaccounted_s = *row.call_s - total(middle);
  if (std::fabs(*row.unaccounted_s) > noticeable * *row.call_s)
    warn(record, "phases and call differ by " + format_percent(*row.unaccounted_s / *row.call_s) +
                     " of the call: overlap, or synchronisation that a call does not pay");
}

void fill_floor(CaseRecord& record, const Calibration& calibration, const Work& work, Type type,
                double working_set_bytes) {
  Row& row = record.row;
  if (row.transfer != "none") return;
  const auto floor = floor_of(calibration, work, type, row.threads, working_set_bytes);
  if (floor) {
    row.floor_s = floor->seconds;
    row.floor_name = floor->name;
    if (row.compute_s && *row.compute_s < floor->seconds)
      warn(record, "faster than its floor (" + floor->name +
                       "): the data lies nearer than assumed, or the calibration is stale");
  }
  if (row.compute_s && calibration.timer_s > timer_share * *row.compute_s)
    warn(record, "the clock costs more than 5 % of this call: raise the sizes");
}

/// The mean of a part of every call's energy, J; empty where a call lacks it, or all are too short to tell.
Number mean_energy(const CaseRecord& record, std::optional<double> Energy::*part, double resolve_s) {
  double sum_j = 0, sum_s = 0;
  for (std::size_t i = 0; i < record.energies.size(); ++i) {
    if (!(record.energies[i].*part)) return std::nullopt;
    sum_j += *(record.energies[i].*part);
    sum_s += record.calls[i];
  }
  if (sum_s < resolve_s) return std::nullopt;
  return sum_j / static_cast<double>(record.energies.size());
}

void fill_energy(CaseRecord& record) {
  Row& row = record.row;
  row.energy_j = mean_energy(record, &Energy::packages_j, packages_resolve_s);
  if (!computes_on_device(row)) return;
  row.energy_device_j = mean_energy(record, &Energy::device_j, device_resolve_s);
  row.energy_j =
      row.energy_j && row.energy_device_j ? Number{*row.energy_j + *row.energy_device_j} : Number{};
}

/// The best pilot: noise only adds.
double candidate_s(const CaseRecord& record) {
  return record.pilots.empty() ? record.row.first_call_s.value_or(INFINITY)
                               : *std::min_element(record.pilots.begin(), record.pilots.end());
}

/// The fastest valid CPU solver by pilot samples, the sampler's choice where it made one; the figures
/// quoted for it are other samples.
CaseRecord* choose_baseline(std::span<CaseRecord> cases) {
  CaseRecord* best = nullptr;
  for (CaseRecord& record : cases) {
    if (record.row.backend != "cpu" || record.row.outcome != Outcome::ok) continue;
    const bool nearer = best && record.is_baseline != best->is_baseline
                            ? record.is_baseline
                            : !best || candidate_s(record) < candidate_s(*best);
    if (nearer) best = &record;
  }
  return best;
}

/// A CPU solver that might have been the baseline, had it not ended otherwise.
bool missed_candidate(const CaseRecord& record, double baseline_s) {
  const Row& row = record.row;
  if (row.backend != "cpu") return false;
  if (row.outcome == Outcome::too_slow) return !row.forecast_s || *row.forecast_s <= baseline_s;
  return row.outcome == Outcome::killed || row.outcome == Outcome::failed || row.outcome == Outcome::wrong ||
         row.outcome == Outcome::out_of_memory;
}

Number ratio(Number over, Number under) {
  return over && under && *under > 0 ? Number{*over / *under} : Number{};
}

/// Whether the second process, where there was one, saw `winner` ahead as well.
bool confirmed(const CaseRecord& winner, const CaseRecord& loser) {
  if (winner.confirming.empty() || loser.confirming.empty()) return true;
  return median(winner.confirming) < median(loser.confirming);
}

/// Who of the two was faster, in both processes where there were two.
struct Decision {
  Faster faster = Faster::undecided;
  bool contradicted = false;  ///< by the second process
};

Decision decision_between(const CaseRecord& a, const CaseRecord& b, int min_samples) {
  const double alpha = alpha_after(std::min(a.calls.size(), b.calls.size()), min_samples);
  const Faster faster = compare_blocks(a.calls, b.calls, alpha).verdict;
  if (faster == Faster::tie || faster == Faster::undecided) return {faster};
  const bool holds = faster == Faster::a ? confirmed(a, b) : confirmed(b, a);
  return holds ? Decision{faster} : Decision{Faster::undecided, true};
}

/// A CPU solver that was measured faster than the one that pilot samples chose.
CaseRecord* measured_faster(std::span<CaseRecord> cases, const CaseRecord& chosen, int min_samples) {
  CaseRecord* best = nullptr;
  for (CaseRecord& record : cases)
    if (&record != &chosen && record.row.backend == "cpu" && record.row.outcome == Outcome::ok &&
        decision_between(record, chosen, min_samples).faster == Faster::a &&
        (!best || *record.row.call_s < *best->row.call_s))
      best = &record;
  return best;
}

/// Too often disturbed to be known, and perhaps faster than `call_s`.
bool might_beat(const CaseRecord& record, double call_s) {
  return is_doubtful(record) && *std::min_element(record.calls.begin(), record.calls.end()) < call_s;
}

Number device_side_s(const Row& row) {
  if (!row.compute_s || !row.upload_s) return std::nullopt;
  return row.upload_fresh_s.value_or(0) + *row.compute_s + row.download_s.value_or(0);
}

double setup_s(const Row& row) {
  return row.allocate_s.value_or(0) + row.pin_s.value_or(0) + row.release_s.value_or(0);
}

void judge_alike(std::span<CaseRecord> cases, int min_samples);

}  // namespace

std::string breakeven_reuse(double once_s, double cpu_s, double device_s) {
  const double gain_s = cpu_s - device_s;
  if (!(gain_s > 0)) return "never";
  const double uses = std::floor(std::max(0.0, once_s) / gain_s) + 1;
  return uses < 1e15 ? std::to_string(static_cast<std::int64_t>(uses)) : "never";
}

void summarise(CaseRecord& record, int min_samples, const Calibration* calibration, const Work& work,
               Type type, double working_set_bytes) {
  Row& row = record.row;
  row.allocate_s = around_s(record, Phase::allocate);
  row.pin_s = around_s(record, Phase::pin);
  row.release_s = around_s(record, Phase::release);
  if (record.ended) return;
  const bool answered = record.verified || row.source == "modelled";  // a model has no result to verify
  if (!answered || (record.calls.empty() && !row.first_call_s)) {
    row.outcome = Outcome::failed;
    row.reason = "the worker ended without a result";
    return;
  }
  row.outcome = Outcome::ok;
  row.reason.clear();
  row.phase_reached.clear();
  if (record.calls.empty()) {
    record.calls.push_back(*row.first_call_s);
    record.watched = record.first_contention.preemptions.has_value();
    record.disturbed = record.first_contention.disturbs(*row.first_call_s);
    warn(record, "one sample, its first call: raise --budget for more");
  }
  row.samples = static_cast<std::int64_t>(record.calls.size());
  if (record.watched) row.disturbed_samples = record.disturbed;
  if (is_doubtful(record))
    warn(record, std::to_string(record.disturbed) + " of " + std::to_string(record.calls.size()) +
                     (record.calls.size() == 1 ? " sample was" : " samples were") +
                     " disturbed: other programs had the processors, or a quota ended; measure again on a "
                     "quiet machine");
  row.outliers = count_outliers(record.calls);
  row.call_s = median(record.calls);
  const std::vector<double> batches = decorrelated(record.calls);
  if (const auto interval = median_interval(batches, alpha_after(record.calls.size(), min_samples))) {
    row.call_low_s = interval->low;
    row.call_high_s = interval->high;
  }
  if (record.calls.size() >= 8) row.lag1_correlation = lag1_correlation(record.calls);
  if (batches.size() < record.calls.size())
    warn(record, "neighbouring samples correlate: the interval is that of batch medians");
  fill_phases(record);
  fill_energy(record);
  row.end_to_end_s = setup_s(row) + *row.call_s;
  if (row.compute_s && *row.compute_s > 0) {
    row.gbytes_per_s = (work.bytes_in + work.bytes_out) / *row.compute_s / 1e9;
    row.gflops_per_s = work.flops / *row.compute_s / 1e9;
  }
  if (row.first_call_s && *row.first_call_s > slow_first_call * *row.call_s)
    warn(record, "the first call took " + format_ratio(*row.first_call_s / *row.call_s) +
                     " as long: start-up costs and cold caches, repeat the call to escape them");
  if (calibration) fill_floor(record, *calibration, work, type, working_set_bytes);
}

void judge(std::span<CaseRecord> cases, int min_samples) {
  const auto is_modelled = [](const CaseRecord& record) { return record.row.source == "modelled"; };
  std::vector<CaseRecord> measured, modelled;
  for (CaseRecord& record : cases) (is_modelled(record) ? modelled : measured).push_back(record);
  judge_alike(measured, min_samples);
  judge_alike(modelled, min_samples);
  auto next_measured = measured.begin(), next_modelled = modelled.begin();
  for (CaseRecord& record : cases)
    record = std::move(*(is_modelled(record) ? next_modelled++ : next_measured++));
}

namespace {

/// Of one source: what was modelled says nothing of what was measured.
void judge_alike(std::span<CaseRecord> cases, int min_samples) {
  CaseRecord* baseline = choose_baseline(cases);
  if (!baseline) return;
  if (CaseRecord* faster = measured_faster(cases, *baseline, min_samples)) {
    warn(*faster, "pilot samples chose " + baseline->row.solver +
                      " as the baseline; this one was then measured faster, and took its place");
    baseline = faster;
  }
  const Row& base = baseline->row;
  std::vector<const Row*> ok;
  for (const CaseRecord& record : cases)
    if (record.row.outcome == Outcome::ok) ok.push_back(&record.row);
  const bool open =
      is_doubtful(*baseline) || std::any_of(cases.begin(), cases.end(), [&](const auto& record) {
        const bool rival =
            &record != baseline && record.row.backend == "cpu" && record.row.outcome == Outcome::ok;
        return missed_candidate(record, *base.call_s) || (rival && might_beat(record, *base.call_s));
      });
  const CaseRecord* rival = nullptr;  // the fastest of the others
  for (CaseRecord& record : cases) {
    Row& row = record.row;
    if (row.outcome != Outcome::ok) continue;
    row.baseline_solver = base.solver;
    row.baseline_threads = base.threads;
    row.baseline_compute_s = base.compute_s;
    row.baseline_call_s = base.call_s;
    row.baseline_end_to_end_s = base.end_to_end_s;
    row.speedup_compute = ratio(base.compute_s, row.compute_s);
    row.speedup_call = ratio(base.call_s, row.call_s);
    row.speedup_end_to_end = ratio(base.end_to_end_s, row.end_to_end_s);
    if (const Number device_s = device_side_s(row))
      row.breakeven_reuse =
          breakeven_reuse(setup_s(row) - setup_s(base) + *row.upload_s - row.upload_fresh_s.value_or(0),
                          *base.call_s, *device_s);
    if (&record == baseline) continue;
    const Decision decision = decision_between(record, *baseline, min_samples);
    if (decision.contradicted)
      warn(record, "a second process saw it the other way round: the verdict is unclear");
    row.verdict = decision.faster == Faster::tie ? "tie"
                  : decision.faster == Faster::undecided
                      ? "unclear"
                      : verdict_name(decision.faster == Faster::a ? row : base, ok);
    if (open || might_beat(record, *base.call_s)) row.verdict += " (provisional)";
    if (starts_in_ordinary_memory(row) && (!rival || *row.call_s < *rival->row.call_s)) rival = &record;
  }
  // The baseline's own row says how the whole group ended.
  baseline->row.verdict =
      rival ? rival->row.verdict : verdict_name(base, ok) + (open ? " (provisional)" : "");
}

}  // namespace
}  // namespace crossover
