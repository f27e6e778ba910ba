#include "bench/base/noise.hpp"

#include <cmath>

namespace crossover {
namespace {

constexpr double drift_calls = 600, spike = 5;
constexpr int stretch_calls = 20, stretches = 5;

}  // namespace

NoiseSource::NoiseSource(const Noise& noise, std::uint64_t seed) : noise_(noise), random_(seed) {
  state_ = normal_(random_);
  new_process();
}

double NoiseSource::next() {
  const double rho = noise_.correlation;
  state_ = rho * state_ + std::sqrt(1 - rho * rho) * normal_(random_);
  const bool is_spike = std::uniform_real_distribution<double>(0, 1)(random_) < noise_.spikes;
  const bool is_slow = calls_ / stretch_calls % stretches == stretches - 1;
  const double drift = noise_.drift * calls_ / drift_calls;
  ++calls_;
  return std::exp(noise_.spread * state_ + process_ + drift) * (is_spike ? spike : 1) *
         (is_slow ? noise_.throttle : 1);
}

void NoiseSource::new_process() { process_ = noise_.process > 0 ? noise_.process * normal_(random_) : 0; }

}  // namespace crossover
