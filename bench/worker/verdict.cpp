// From figures to statements: who is faster than whom, by how much, and what is not known.
#include <algorithm>
#include <cmath>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/rows/naming.hpp"
#include "bench/worker/record.hpp"

namespace crossover {
namespace {

/// The best pilot: noise only adds. Calls too long for pilots have one sample.
double candidate_s(const CaseRecord& record) {
  return record.pilots.empty() ? record.row.call_s.value_or(INFINITY)
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
  if (row.outcome == Outcome::too_slow || row.outcome == Outcome::not_run)
    return !row.forecast_s || *row.forecast_s <= baseline_s;
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
  return record.is_doubtful() && *std::min_element(record.calls.begin(), record.calls.end()) < call_s;
}

Number device_side_s(const Row& row) {
  if (!row.compute_s || !row.upload_s) return std::nullopt;
  return row.upload_fresh_s.value_or(0) + *row.compute_s + row.download_s.value_or(0);
}

void judge_alike(std::span<CaseRecord> cases, int min_samples);

}  // namespace

std::string breakeven_reuse(double once_s, double cpu_s, double device_s) {
  const double gain_s = cpu_s - device_s;
  if (!(gain_s > 0)) return "never";
  const double uses = std::floor(std::max(0.0, once_s) / gain_s) + 1;
  return uses < 1e15 ? std::to_string(static_cast<std::int64_t>(uses)) : "never";
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
    faster->warn("pilot samples chose " + baseline->row.solver +
                 " as the baseline; this one was then measured faster, and took its place");
    baseline = faster;
  }
  const Row& base = baseline->row;
  std::vector<const Row*> ok;
  for (const CaseRecord& record : cases)
    if (record.row.outcome == Outcome::ok) ok.push_back(&record.row);
  const bool open =
      baseline->is_doubtful() || std::any_of(cases.begin(), cases.end(), [&](const auto& record) {
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
      record.warn("a second process saw it the other way round: the verdict is unclear");
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
