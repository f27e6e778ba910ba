// An execution on the simulated machine: its steps do nothing, and waiting for them moves the clock.
#include <algorithm>

#include "bench/plan/sim_backend.hpp"

namespace crossover {
namespace {

class SimulatedExecution final : public Execution {
 public:
  SimulatedExecution(const Task& task, const Prediction& prediction)
      : machine_(*task.simulated),
        prediction_(prediction),
        on_device_(task.transfer != "none"),
        noise_(machine_.noise_of(task)) {}

  std::vector<Step> opening() override {
    std::vector<Step> steps = {{Phase::allocate, 1, [this] {
                                  check_memory();
                                  queued_.push_back(Phase::allocate);
                                }}};
    if (prediction_.pin_s) steps.push_back(step(Phase::pin));
    return steps;
  }

  std::vector<Step> call() override {
    if (!on_device_) return {step(Phase::compute)};
    std::vector<Step> steps;
    if (prediction_.bytes_up > prediction_.bytes_up_fresh) steps.push_back(step(Phase::upload));
    if (prediction_.bytes_up_fresh > 0) steps.push_back(step(Phase::upload_fresh));
    steps.push_back(step(Phase::compute));
    steps.push_back(step(Phase::download));
    return steps;
  }

  std::vector<Step> closing() override { return {step(Phase::release)}; }

  /// Several steps at once are a whole call, with one synchronisation.
  void wait() override {
    if (queued_.empty()) return;
    const bool is_call = queued_.size() > 1 || (!on_device_ && queued_.front() == Phase::compute);
    double seconds = is_call && queued_.back() != Phase::pin ? prediction_.call_s.value : 0;
    if (seconds == 0)
      for (const Phase phase : queued_) seconds += seconds_of(phase);
    machine_.clock().advance(seconds * noise_.next());
    queued_.clear();
  }

  std::optional<std::size_t> peak_elsewhere_bytes() const override {
    return prediction_.needed_host_bytes.value_or(0);
  }

  void poison() override {}
  std::string damage() override { return {}; }
  std::span<const HostArray> outputs() override { return {}; }

 private:
  Step step(Phase phase) {
    return {phase, 1, [this, phase] { queued_.push_back(phase); }};
  }

  double seconds_of(Phase phase) const {
    const auto of = [](const std::optional<Figure>& figure) { return figure ? figure->value : 0; };
    switch (phase) {
      case Phase::allocate: return of(prediction_.allocate_s);
      case Phase::pin: return of(prediction_.pin_s);
      case Phase::upload: return std::max(0.0, of(prediction_.upload_s) - of(prediction_.upload_fresh_s));
      case Phase::upload_fresh: return of(prediction_.upload_fresh_s);
      case Phase::compute: return of(prediction_.compute_s);
      case Phase::download: return of(prediction_.download_s);
      case Phase::release: return of(prediction_.release_s);
      default: return 0;
    }
  }

  /// The wall: whoever comes here was not refused before.
  void check_memory() const {
    const auto check = [](std::optional<std::size_t> needed, std::size_t available, Space space) {
      if (needed && *needed > available)
        throw OutOfMemory(std::string("the simulated ") + (space == Space::host ? "host" : "device") +
                              " has no room for " + bytes_text(*needed) + ": " + bytes_text(available) +
                              " available",
                          *needed, available, space);
    };
    check(prediction_.needed_host_bytes, machine_.host_memory().tightest().available_bytes, Space::host);
    if (on_device_)
      check(prediction_.needed_device_bytes, machine_.device_bytes().value_or(0), Space::device);
  }

  SimulatedMachine& machine_;
  const Prediction prediction_;
  const bool on_device_;
  NoiseSource& noise_;
  std::vector<Phase> queued_;
};

}  // namespace

std::unique_ptr<Execution> open_simulated(const Task& task) {
  const Predicted found = predict(task.simulated->profile(), model_case_of(task));
  if (!found.prediction) throw Unavailable(found.reason);
  return std::make_unique<SimulatedExecution>(task, *found.prediction);
}

}  // namespace crossover
