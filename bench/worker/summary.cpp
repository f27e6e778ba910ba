// From samples to figures: medians, intervals, phases, floors and energy of each case.
#include <algorithm>
#include <cmath>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/rows/naming.hpp"
#include "bench/worker/record.hpp"

namespace crossover {
namespace {

constexpr double noticeable = 0.10;     // of the call unaccounted for
constexpr double timer_share = 0.05;    // of the shortest phase
constexpr double slow_first_call = 40;  // times the median

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
    record.warn("phases and call differ by " + format_percent(*row.unaccounted_s / *row.call_s) +
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
      record.warn("faster than its floor (" + floor->name +
                  "): the data lies nearer than assumed, or the calibration is stale");
  }
  if (row.compute_s && calibration.timer_s > timer_share * *row.compute_s)
    record.warn("the clock costs more than 5 % of this call: raise the sizes");
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

}  // namespace

double setup_s(const Row& row) {
  return row.allocate_s.value_or(0) + row.pin_s.value_or(0) + row.release_s.value_or(0);
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
  const bool is_first_call = record.calls.empty();
  record.only_first = is_first_call;
  if (is_first_call) {
    record.calls.push_back(*row.first_call_s);
    record.own.push_back(own_s(row, *row.first_call_s, record.first_contention));
    record.watched = record.first_contention.preemptions.has_value();
    record.disturbed = record.first_contention.disturbs(*row.first_call_s);
  }
  if (record.calls.size() == 1 && row.first_call_s)
    record.warn(std::string("one sample") + (is_first_call ? ", its first call" : "") +
                (record.is_cut_short() ? "" : ": raise --budget for more"));
  row.samples = static_cast<std::int64_t>(record.calls.size());
  if (record.watched) row.disturbed_samples = record.disturbed;
  if (record.is_doubtful())
    record.warn(std::to_string(record.disturbed) + " of " + std::to_string(record.calls.size()) +
                (record.calls.size() == 1 ? " sample was" : " samples were") +
                " disturbed: other programs had the processors, or a quota ended; measure again on a "
                "quiet machine");
  row.outliers = count_outliers(record.calls);
  row.call_s = median(record.calls);
  const std::vector<double> batches = decorrelated(record.calls);
  if (const auto interval = call_interval(record.calls, alpha_after(record.calls.size(), min_samples))) {
    row.call_low_s = interval->low;
    row.call_high_s = interval->high;
  }
  if (record.calls.size() >= 8) row.lag1_correlation = lag1_correlation(record.calls);
  if (batches.size() < record.calls.size())
    record.warn("neighbouring samples correlate: the interval is that of batch medians");
  fill_phases(record);
  fill_energy(record);
  row.end_to_end_s = setup_s(row) + *row.call_s;
  if (row.compute_s && *row.compute_s > 0) {
    row.gbytes_per_s = (work.bytes_in + work.bytes_out) / *row.compute_s / 1e9;
    row.gflops_per_s = work.flops / *row.compute_s / 1e9;
  }
  if (row.first_call_s && *row.first_call_s > slow_first_call * *row.call_s)
    record.warn("the first call took " + format_ratio(*row.first_call_s / *row.call_s) +
                " as long: start-up costs and cold caches, repeat the call to escape them");
  if (calibration) fill_floor(record, *calibration, work, type, working_set_bytes);
}

}  // namespace crossover
