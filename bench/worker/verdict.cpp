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

Number ratio(Number over, Number under) {
  return over && under && *under > 0 ? Number{*over / *under} : Number{};
}

/// Whether the second process, where there was one, saw `winner` ahead as well.
bool confirmed(const CaseRecord& winner, const CaseRecord& loser) {
  if (winner.confirming.empty() || loser.confirming.empty()) return true;
  return median(winner.confirming) < median(loser.confirming);
}

/// What is known of a case that is quicker by its median, and another.
struct Lead {
  bool decided = false;        ///< it is the faster, in both processes where there were two
  bool tie = false;            ///< within 3 %
  bool contradicted = false;   ///< by the second process
  std::optional<Interval> by;  ///< other / quicker, of the same blocks
};

/// `quicker`: its median is not above that of `other`; both are medians of all samples, as they are quoted.
/// Neither those nor the same blocks' ratios may say that there is no difference, or the opposite.
Lead lead_of(const CaseRecord& quicker, const CaseRecord& other, int min_samples) {
  const double alpha = alpha_after(std::min(quicker.calls.size(), other.calls.size()), min_samples);
  const PairVerdict blocks = compare_blocks(quicker.own, other.own, alpha);
  Lead lead;
  if (blocks.ratio) lead.by = Interval{1 / blocks.ratio->high, 1 / blocks.ratio->low};
  lead.tie = blocks.verdict == Faster::tie;
  constexpr double of_one = 3, of_a_first = 40;  // a first call meets new memory, and loads code
  const bool ahead = (blocks.verdict == Faster::a ||
                      far_below(quicker.own, other.own, other.only_first ? of_a_first : of_one)) &&
                     *other.row.call_s >= *quicker.row.call_s * (1 + verdict_margin);
  lead.contradicted = ahead && !confirmed(quicker, other);
  lead.decided = ahead && !lead.contradicted;
  return lead;
}

/// A CPU solver that was measured faster than the one that pilot samples chose.
CaseRecord* measured_faster(std::span<CaseRecord> cases, const CaseRecord& chosen, int min_samples) {
  CaseRecord* best = nullptr;
  for (CaseRecord& record : cases)
    if (&record != &chosen && record.row.backend == "cpu" && record.row.outcome == Outcome::ok &&
        *record.row.call_s < *chosen.row.call_s && lead_of(record, chosen, min_samples).decided &&
        (!best || *record.row.call_s < *best->row.call_s))
      best = &record;
  return best;
}

/// The intervals alone would not say so: what does is put beside them.
void warn_of_blocks(CaseRecord& quicker, const CaseRecord& other, const Lead& lead) {
  if (!quicker.row.call_low_s || !other.row.call_low_s || *quicker.row.call_low_s <= *other.row.call_low_s)
    return;
  quicker.warn("by the same blocks it is " + format_ratio(lead.by->low) + " to " +
               format_ratio(lead.by->high) + " as fast as " + other.row.solver +
               ", though its interval begins above");
}

/// Of `all` those in `ended`, which ended well: the one with the least median, and those that it does not
/// exclude.
Verdict verdict_of(std::vector<CaseRecord*> ended, std::span<const Row* const> all, int min_samples) {
  std::ranges::stable_sort(ended, {}, [](const CaseRecord* record) { return *record->row.call_s; });
  CaseRecord& first = *ended.front();
  std::vector<const Row*> ok, members{&first.row};
  std::ranges::copy_if(all, std::back_inserter(ok),
                       [](const Row* row) { return row->outcome == Outcome::ok; });
  bool within_margin = true;
  for (CaseRecord* other : std::span(ended).subspan(1)) {
    const Lead lead = lead_of(first, *other, min_samples);
    if (lead.decided) {
      warn_of_blocks(first, *other, lead);
      continue;
    }
    if (lead.contradicted)
      other->warn("a second process saw it and " + first.row.solver + " the other way round");
    members.push_back(&other->row);
    within_margin = within_margin && lead.tie;
  }
  Verdict verdict{.unclear = members.size() == ended.size() && !within_margin};
  const bool with_pinned = std::ranges::any_of(
      ended, [](const CaseRecord* record) { return !starts_in_ordinary_memory(record->row); });
  verdict.provisional = !open_rows(all, members, with_pinned).empty();
  if (!verdict.unclear)
    for (const Row* member : members) verdict.fastest.push_back(verdict_name(*member, ok));
  return verdict;
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
  const Row base = baseline->row;
  std::vector<const Row*> all;
  std::vector<CaseRecord*> ended, ordinary;
  for (CaseRecord& record : cases) {
    Row& row = record.row;
    all.push_back(&row);
    if (row.outcome != Outcome::ok) continue;
    ended.push_back(&record);
    if (starts_in_ordinary_memory(row)) ordinary.push_back(&record);
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
  }
  const Verdict headline = verdict_of(ordinary, all, min_samples);
  const Verdict with_pinned =
      ended.size() == ordinary.size() ? headline : verdict_of(ended, all, min_samples);
  for (CaseRecord* record : ended)
    record->row.verdict = starts_in_ordinary_memory(record->row) ? headline : with_pinned;
}

}  // namespace
}  // namespace crossover
