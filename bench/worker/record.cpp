#include "bench/worker/record.hpp"

#include <algorithm>
#include <cmath>

#include "bench/base/statistics.hpp"
#include "bench/measure/sampler.hpp"
#include "bench/rows/columns.hpp"
#include "bench/rows/naming.hpp"

namespace crossover {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : "; ") + part;
  return all;
}

}  // namespace

double own_s(const Row& row, double call_s, const Contention& contention) {
  return computes_on_device(row) ? call_s : contention.without_waits(call_s);
}

bool CaseRecord::is_doubtful() const { return too_often_disturbed(disturbed, calls.size()); }

bool CaseRecord::is_cut_short() const {
  return std::ranges::any_of(warnings, [](const std::string& text) { return text.starts_with(within_flag); });
}

void CaseRecord::warn(const std::string& text) {
  if (std::find(warnings.begin(), warnings.end(), text) == warnings.end()) warnings.push_back(text);
}

GroupRecord::GroupRecord(std::vector<Row> rows, const std::vector<bool>& settled, int min_samples)
    : min_samples_(min_samples) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CaseRecord& record = cases_.emplace_back();
    record.row = std::move(rows[i]);
    record.ended = settled[i];
  }
}

void GroupRecord::apply(const Event& event) {
  const int id = event.at("case");
  if (id >= 0) return apply_to(cases_.at(static_cast<std::size_t>(id)), event);
  for (CaseRecord& record : cases_)
    if (!record.ended) apply_to(record, event);
}

void GroupRecord::apply_to(CaseRecord& record, const Event& event) {
  Row& row = record.row;
  const std::string& kind = event.at("event").get_ref<const std::string&>();
  if (kind == "begin") {
    if (!record.ended) row.phase_reached = event.at("phase");
  } else if (kind == "sample") {
    const PhaseSeconds seconds = event.at("seconds");
    const std::string& sample = event.at("kind").get_ref<const std::string&>();
    if (sample == "first") {
      row.first_call_s = seconds.at("call");
      record.first_contention = event::contention_of(event);
    }
    if (sample == "pilot") record.pilots.push_back(seconds.at("call"));
    if (sample == "call") {
      const Contention contention = event::contention_of(event);
      record.calls.push_back(seconds.at("call"));
      record.own.push_back(own_s(row, record.calls.back(), contention));
      record.energies.push_back(event::energy_of(event));
      record.disturbed += contention.disturbs(record.calls.back());
      record.watched = record.watched || contention.preemptions;
    }
    if (sample == "confirm_call" && !event::contention_of(event).disturbs(seconds.at("call")))
      record.confirming.push_back(seconds.at("call"));
    if (sample == "phases") record.phases.push_back(seconds);
    if (sample == "open" || sample == "close")
      for (const auto& [phase, value] : seconds) record.around[phase].push_back(value);
  } else if (kind == "value") {
    if (!event.at("number").is_number()) return;  // JSON has no NaN: no value
    const double number = event.at("number");
    const bool whole = number == std::floor(number) && std::fabs(number) < 0x1p53;  // bytes have no exponent
    find_column(event.at("column").get<std::string>())
        ->parse(row, whole ? std::to_string(static_cast<std::int64_t>(number)) : print_number(number));
  } else if (kind == "verified") {
    const std::int64_t checked = event.at("checked"), of = event.at("of");
    row.verified = checked == of ? "all" : "sampled " + std::to_string(checked) + " of " + std::to_string(of);
    if (event.at("max_error").is_number())
      row.max_error = std::max(row.max_error.value_or(0), event.at("max_error").get<double>());
    record.verified = true;
    if (!event.at("ok")) {
      record.ended = true;
      row.outcome = Outcome::wrong;
      row.reason = event.at("what");
    }
  } else if (kind == "failure" && !record.ended) {
    record.ended = true;
    row.outcome = *outcome_named(event.at("outcome").get<std::string>());
    row.reason = event.at("reason");
    row.phase_reached = event.at("phase");
    if (event.at("needed").get<std::int64_t>() > 0) {
      row.needed_host_bytes = event.at("needed").get<std::int64_t>();
      row.available_host_bytes = event.at("available").get<std::int64_t>();
    }
  } else if (kind == "tuned") {
    row.threads = event.at("threads");
    row.setting = event.at("text");
  } else if (kind == "baseline") {
    record.is_baseline = true;
  } else if (kind == "warning") {
    record.warn(event.at("text"));
  } else if (kind == "restart") {
    row.interleaved = event.at("interleaved");
    record.pilots.clear();
    record.calls.clear();
    record.own.clear();
    record.energies.clear();
    record.disturbed = 0;
    record.watched = false;
    record.is_baseline = false;
    record.phases.clear();
  }
}

void GroupRecord::end_all(Outcome outcome, Phase phase, const std::string& reason) {
  for (CaseRecord& record : cases_) {
    if (record.ended) continue;
    record.ended = true;
    record.row.outcome = outcome;
    record.row.reason = reason;
    record.row.phase_reached = name_of(phase);
  }
}

std::vector<Row> GroupRecord::rows(const Calibration* calibration, double working_set_bytes,
                                   const Group& group) const {
  std::vector<CaseRecord> cases = cases_;
  const Work work = group.problem->work(group.shape, group.type);
  for (CaseRecord& record : cases)
    summarise(record, min_samples_, record.row.source == "modelled" ? nullptr : calibration, work, group.type,
              working_set_bytes);
  judge(cases, min_samples_);
  std::vector<Row> rows;
  for (CaseRecord& record : cases) {
    record.row.warnings = joined(record.warnings);
    rows.push_back(std::move(record.row));
  }
  return rows;
}

Sample sample_of(const Event& event, double elapsed_s) {
  Sample sample;
  sample.kind = event.at("kind");
  sample.block = event.at("block");
  sample.seconds = event.at("seconds").get<PhaseSeconds>();
  sample.process = event.value(process_field, 0);
  sample.contention = event::contention_of(event);
  sample.elapsed_s = elapsed_s;
  return sample;
}

}  // namespace crossover
