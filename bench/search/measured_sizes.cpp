#include "bench/search/measured_sizes.hpp"

#include <algorithm>
#include <cmath>

namespace crossover {
namespace {

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void MeasuredSizes::add(Index size, const Visit& visit) {
  Size& here = sizes_[size];
  std::vector<double> logs;
  for (const TimedBlock& block : visit.blocks) {
    here.a.push_back(block.a_s);
    here.b.push_back(block.b_s);
    logs.push_back(log_ratio(block.a_s, block.b_s));
  }
  here.visit_medians.push_back(median(logs));
  here.by_blocks = compare_blocks(here.a, here.b, search_alpha, verdict_margin).verdict;
  visits_.push_back(
      {std::log(static_cast<double>(size)), here.visit_medians.back(), static_cast<int>(logs.size())});
  if (here.visits() > 1) learn_spread();
}

void MeasuredSizes::forget_from(Index size) { sizes_.erase(sizes_.lower_bound(size), sizes_.end()); }

/// From deviations within each size; their median, so that a throttled visit does not hide all crossings.
void MeasuredSizes::learn_spread() {
  std::vector<double> deviations;
  degrees_ = 0;
  for (const auto& [size, here] : sizes_) {
    if (here.visits() < 2) continue;
    const double centre = mean(here.visit_medians);
    const double count = here.visits();
    for (const double each : here.visit_medians)
      deviations.push_back(std::fabs(each - centre) * std::sqrt(count / (count - 1)));
    degrees_ += here.visits() - 1;
  }
  spread_ = 1.4826 * median(deviations);
}

double MeasuredSizes::uncertainty(const Size& here) const {
  if (degrees_ < fewest_degrees) return 0;
  return student_quantile(search_alpha, degrees_) * spread_ / std::sqrt(here.visits());
}

Faster MeasuredSizes::label(Index size) const {
  const Size& here = sizes_.at(size);
  const double centre = mean(here.visit_medians), reach = uncertainty(here),
               edge = std::log1p(verdict_margin);
  switch (here.by_blocks) {
    case Faster::a: return centre + reach < -edge ? Faster::a : Faster::undecided;
    case Faster::b: return centre - reach > edge ? Faster::b : Faster::undecided;
    case Faster::tie: return std::fabs(centre) + reach <= edge ? Faster::tie : Faster::undecided;
    case Faster::undecided: break;
  }
  return Faster::undecided;
}

std::vector<VisitMedian> MeasuredSizes::visits_within(double log_low, double log_high) const {
  std::vector<VisitMedian> all;
  for (const VisitMedian& each : visits_)
    if (each.log_size >= log_low && each.log_size <= log_high) all.push_back(each);
  return all;
}

}  // namespace crossover
