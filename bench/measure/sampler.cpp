#include "bench/measure/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "bench/base/statistics.hpp"

namespace crossover {
namespace {

constexpr double pilot_share = 0.1;   // of the budget, for pilots after the first
constexpr double short_call_s = 0.1;  // below: an untimed call before each sample
constexpr double quiet_gap_s = 2e-3;  // an idle OpenMP team spins for about a millisecond
constexpr double far_slower = 2;      // than a sample: a first call that says nothing of the others
constexpr int phase_samples_per_look = 8;

struct Track {
  Subject subject;
  std::vector<Step> steps;
  std::vector<double> pilots, calls;
  std::vector<double> own;  ///< `calls` without their waits for a processor
  double spent_s = 0;
  double first_s = 0;  ///< of the process: its memory is new, nothing is cached
  int phase_samples = 0, disturbed = 0;
  bool active = true, failed = false;

  double typical_s() const { return median(pilots); }  // of a few: asked before every sample
  double best_s() const { return *std::min_element(pilots.begin(), pilots.end()); }
  bool doubtful() const { return too_often_disturbed(disturbed, calls.size()); }
};

bool precise(std::span<const double> samples, double alpha, double precision) {
  const auto interval = call_interval(samples, alpha);
  return interval && 0.5 * (interval->high - interval->low) <= precision * median(samples);
}

class Sampler {
 public:
  Sampler(const World& world, std::vector<Subject> subjects, const Oracle& oracle, const Sampling& how)
      : world_(world), oracle_(oracle), how_(how), random_(how.seed) {
    world_.report = [this, report = world.report](const Event& event) {
      if (event.at("event") == "begin") phase_ = phase_named(event.at("phase").get<std::string>());
      report(event);
    };
    for (const Subject& subject : subjects)
      tracks_.push_back({subject, subject.execution->call(), {}, {}, {}, subject.spent_s});
  }

  void run() {
    for (Track& track : tracks_) guarded(track, [&] { pilot(track); });
    choose_baseline();
    for (int target = std::max(1, how_.min_samples); anyone_active(); target *= 2) {
      sample_up_to(target);
      decide(alpha_after(static_cast<std::size_t>(target), how_.min_samples));
      if (target >= how_.most_samples) break;
    }
    for (Track& track : tracks_)
      if (!track.failed) guarded(track, [&] { verify_again(track); });
  }

 private:
  /// Runs `work` for a case; what it throws becomes the case's failure.
  template <class Work>
  void guarded(Track& track, Work&& work) {
    const double start = world_.now();
    try {
      work();
    } catch (const DeviceLost&) {
      world_.report(event::failure_in_flight(track.subject.id, phase_));
      throw;
    } catch (...) {
      world_.report(event::failure_in_flight(track.subject.id, phase_));
      track.failed = true;
      track.active = false;
    }
    track.spent_s += world_.now() - start;
  }

  /// Threads to the CPUs of the case that is next, where it is another than before. Untimed.
  void bring(const Track& track) {
    if (placed_ != &track && track.subject.take_places) track.subject.take_places();
    placed_ = &track;
  }

  void pilot(Track& track) {
    bring(track);
    TimedCall last;
    const auto keep = [&](const TimedCall& call) {
      last = call;
      track.pilots.push_back(call.seconds);
    };
    if (!verify_call(world_, track.subject, oracle_, keep)) {
      track.failed = true;
      track.active = false;
      return;
    }
    const auto say = [&](int i) {
      world_.report(event::sample(track.subject.id, "pilot", i, {{"call", last.seconds}}, last.contention));
    };
    const double gap_s = tracks_.size() > 1 ? quiet_gap_s : 0;  // spread, or one disturbance spoils them all
    for (int i = 1; i < how_.pilots && (last.seconds + gap_s) * (i + 1) < pilot_share * how_.budget_s; ++i) {
      world_.report(event::begin(track.subject.id, Phase::call));
      if (gap_s > 0) world_.pause(gap_s);
      keep(watched_call(world_, track.subject, track.steps, last.seconds >= close_look_s));
      say(i);
    }
    track.first_s = track.pilots[0];
    if (track.pilots.size() == 1)
      say(0);
    else
      track.pilots.erase(track.pilots.begin());  // the verified one met spoiled outputs and cold caches
  }

  void choose_baseline() {
    for (Track& track : tracks_)
      if (track.subject.baseline_candidate && !track.failed &&
          (!baseline_ || track.best_s() < baseline_->best_s()))
        baseline_ = &track;
    if (baseline_) world_.report(event::baseline(baseline_->subject.id));
  }

  bool anyone_active() const {
    return std::any_of(tracks_.begin(), tracks_.end(), [](const Track& t) { return t.active; });
  }

  template <class Wanted>
  std::vector<Track*> shuffled(Wanted wanted) {
    std::vector<Track*> order;
    for (Track& track : tracks_)
      if (wanted(track)) order.push_back(&track);
    std::shuffle(order.begin(), order.end(), random_);
    return order;
  }
  std::vector<Track*> shuffled_active() {
    return shuffled([](const Track& track) { return track.active; });
  }

  void sample_up_to(int target) {
    if (how_.interleave) {
      for (int block = fewest_calls(); block < target && anyone_active(); ++block)
        for (Track* track : shuffled_active()) guarded(*track, [&] { sample_once(*track, true); });
    } else {
      for (int end = fewest_calls() + samples_in_a_row; end - samples_in_a_row < target && anyone_active();
           end += samples_in_a_row)
        for (Track* track : shuffled_active())
          for (bool first = true;
               track->active && static_cast<int>(track->calls.size()) < std::min(end, target); first = false)
            guarded(*track, [&] { sample_once(*track, first); });
    }
    if (how_.split) return;
    const auto unsplit = [](const Track& t) { return t.active || (!t.failed && t.phase_samples == 0); };
    for (Track* track : shuffled(unsplit))
      if (track->steps.size() > 1) guarded(*track, [&] { sample_phases(*track); });
  }

  int fewest_calls() const {
    int fewest = how_.most_samples;
    for (const Track& track : tracks_)
      if (track.active) fewest = std::min(fewest, static_cast<int>(track.calls.size()));
    return fewest;
  }

  /// `after_others`: another case ran since, so idle threads are given time to sleep. Short calls are
  /// repeated once untimed, to bring their own data, code and threads back.
  void sample_once(Track& track, bool after_others) {
    world_.report(event::begin(track.subject.id, Phase::call));  // whoever reads it is done after the pause
    if (after_others && tracks_.size() > 1) world_.pause(quiet_gap_s);
    bring(track);
    if (how_.cache == Cache::cold)
      world_.flush_caches();
    else if (track.typical_s() < short_call_s)
      timed_call(world_, *track.subject.execution, track.steps);
    const int block = static_cast<int>(track.calls.size());
    if (how_.split && track.steps.size() > 1) {
      double call_s = 0;
      for (const auto& [phase, seconds] :
           timed_steps(world_, track.subject.id, "phases", block, *track.subject.execution, track.steps))
        call_s += seconds;
      track.calls.push_back(call_s);
      track.own.push_back(call_s);
      return;
    }
    const EnergyCounters energy_before = world_.energy ? world_.energy->read() : EnergyCounters{};
    const auto [call_s, contention] =
        watched_call(world_, track.subject, track.steps, track.typical_s() >= close_look_s);
    const Energy energy =
        world_.energy ? world_.energy->between(energy_before, world_.energy->read()) : Energy{};
    track.calls.push_back(call_s);
    track.own.push_back(track.subject.baseline_candidate ? contention.without_waits(call_s) : call_s);
    if (track.calls.size() == 1) forget_first_calls(track);
    track.disturbed += contention.disturbs(call_s);
    Event sample = event::sample(track.subject.id, "call", block, {{"call", call_s}}, contention);
    event::add_energy(sample, energy);
    world_.report(sample);
    if (track.spent_s + 0.5 * call_s > how_.budget_s) track.active = false;
  }

  /// What first calls took beyond the first sample is not the case's to pay: it is left its samples.
  static void forget_first_calls(Track& track) {
    const double call_s = track.calls[0];
    for (const double first_s : {track.subject.spent_s, track.first_s})
      if (first_s > far_slower * call_s) track.spent_s -= first_s - call_s;
    if (track.pilots.size() == 1) track.pilots[0] = std::min(track.pilots[0], call_s);
  }

  /// Calls of several steps: where the time goes, from samples of their own with a wait after each step. The
  /// first is taken in any case.
  void sample_phases(Track& track) {
    const double start = world_.now();
    world_.report(event::begin(track.subject.id, Phase::call));
    for (int i = 0; i < phase_samples_per_look; ++i) {
      if (i == 0 && tracks_.size() > 1) world_.pause(quiet_gap_s);
      bring(track);
      if (how_.cache == Cache::cold)
        world_.flush_caches();
      else if (i == 0 && track.typical_s() < short_call_s)
        timed_call(world_, *track.subject.execution, track.steps);
      timed_steps(world_, track.subject.id, "phases", track.phase_samples++, *track.subject.execution,
                  track.steps);
      if (track.spent_s + world_.now() - start > how_.budget_s) break;
    }
  }

  /// Against the baseline the ratio is what must be known; a case alone is known by its own median.
  bool settled(const Track& track, double alpha) const {
    if (track.doubtful() || (baseline_ && baseline_->active && baseline_->doubtful())) return false;
    if (!baseline_ || !baseline_->active || &track == baseline_)  // no further blocks to pair
      return precise(track.calls, alpha, how_.precision);
    const PairVerdict pair = compare_blocks(track.own, baseline_->own, alpha);
    if (pair.verdict != Faster::undecided) return true;
    return pair.ratio && 0.5 * std::log(pair.ratio->high / pair.ratio->low) <= how_.precision;
  }

  void decide(double alpha) {
    for (Track& track : tracks_)
      if (track.active && &track != baseline_ && settled(track, alpha)) track.active = false;
    if (!baseline_ || !baseline_->active) return;
    const bool needed = std::any_of(tracks_.begin(), tracks_.end(),
                                    [&](const Track& t) { return t.active && &t != baseline_; });
    if (!needed && settled(*baseline_, alpha)) baseline_->active = false;
  }

  /// The timed calls must have been right too: short ones are poisoned and called once more.
  void verify_again(Track& track) {
    if (!oracle_) return;
    bring(track);
    if (track.typical_s() < short_call_s) {
      verify_call(world_, track.subject, oracle_);
      return;
    }
    world_.report(event::begin(track.subject.id, Phase::verify));
    const Check check = check_of(track.subject, oracle_);
    if (!check.ok) world_.report(event::verified(track.subject.id, check));
  }

  World world_;  // its report notes the phase, so that a failure says where it happened
  Phase phase_ = Phase::call;
  const Oracle& oracle_;
  const Sampling how_;
  std::mt19937_64 random_;
  std::vector<Track> tracks_;
  Track* baseline_ = nullptr;
  const Track* placed_ = nullptr;  ///< whose threads are where they belong
};

}  // namespace

void sample_all(const World& world, std::vector<Subject> subjects, const Oracle& oracle,
                const Sampling& how) {
  Sampler(world, std::move(subjects), oracle, how).run();
}

}  // namespace crossover
