#include "bench/search/pair_search.hpp"

#include <algorithm>
#include <csignal>
#include <limits>

#include "bench/base/interrupt.hpp"
#include "bench/machine/memory_guard.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/measure/process.hpp"
#include "bench/plan/sim_backend.hpp"
#include "bench/search/capacities.hpp"
#include "bench/worker/record.hpp"
#include "bench/worker/sim_worker.hpp"

namespace crossover {
namespace {

constexpr int break_even_blocks = 16;
constexpr double calls_at_once = 3;  // between two events

double own_bytes(std::span<const Need> needs) {
  double bytes = 0;
  for (const Need& need : needs)
    bytes += static_cast<double>(need.own.host_bytes + need.own.pinned_bytes + need.own.known_device_bytes());
  return bytes;
}

/// A visit holds the outputs and workspaces of both at once. Empty where there is room.
std::string refusal_together(std::span<const Need> both) {
  if (that_fit_together(std::array{0, 1}, both).size() == 1) return {};
  const Need &a = both[0], &b = both[1];
  const auto too_much = [](std::size_t needed, std::size_t available, const std::string& of) {
    return "both at once need " + bytes_text(needed) + ", more than " + bytes_text(available) + ", " + of;
  };
  const std::size_t host_bytes =
      static_cast<std::size_t>(a.host_bytes()) + b.own.host_bytes + b.own.pinned_bytes + process_slack_bytes;
  if (host_bytes > a.available_host_bytes) return too_much(host_bytes, a.available_host_bytes, a.limit);
  return too_much(a.own.known_device_bytes() + b.own.known_device_bytes(),
                  b.available_device_bytes.value_or(0), "what is free and allowed on the device");
}

/// Collects what the process of a pair tells.
class PairListener {
 public:
  /// `split`: devices' blocks are samples of phases; those taken beside calls are not asked for.
  PairListener(const std::vector<Case>& cases, bool split) : cases_(cases), split_(split) {}

  void hear(const Event& event) {
    const int id = event.at("case");
    const auto side = static_cast<std::size_t>(std::max(id, 0));
    const std::string& kind = event.at("event").get_ref<const std::string&>();
    if (kind == "sample") hear_sample(side, event);
    if (kind == "warning" && cases_[side].simulated) hear_doubt(event.at("text"));
    if (kind == "verified" && !event.at("ok"))
      failure_ = label_of(cases_[side]) + " is wrong: " + event.at("what").get<std::string>();
    if (kind == "begin") phase_ = event.at("phase");
    if (kind == "begin" && id >= 0) began_ = label_of(cases_[side]) + ": ";
    if (kind == "failure") {
      const Outcome outcome = *outcome_named(event.at("outcome").get<std::string>());
      (outcome == Outcome::failed || outcome == Outcome::wrong ? failure_ : samples_.wall) =
          label_of(cases_[side]) + ": " + event.at("reason").get<std::string>();
    }
  }

  /// Throws SearchFailed where one of the two was wrong or failed for no good reason.
  PairSamples samples(const ChildEnd& end) {
    if (!failure_.empty()) throw SearchFailed(failure_);
    if (samples_.wall.empty() && end.timed_out)
      samples_.wall = began_ + "the process " + describe(end) + " in " + phase_ + " (--timeout allows more)";
    else if (samples_.wall.empty() && end.signal == SIGKILL && end.error.empty())
      samples_.wall = "the process was killed: probably out of memory";
    else if (samples_.wall.empty() && !end.clean())
      throw SearchFailed("the process that measured " + describe(end));
    for (std::size_t side = 0; side < 2; ++side)
      for (const auto& [phase, seconds] : around_[side]) samples_.around[side][phase] = median(seconds);
    const std::size_t both = std::min(samples_.blocks[0].size(), samples_.blocks[1].size());
    for (std::size_t side = 0; side < 2; ++side) {
      samples_.blocks[side].resize(both);
      if (split_ && both > 0 && is_on_device(cases_[side]) &&
          !samples_.blocks[side].front().contains(name_of(Phase::compute)))
        throw SearchFailed(label_of(cases_[side]) +
                           " does everything at once, its phases are not known: --question call is all "
                           "that it answers");
    }
    return samples_;
  }

 private:
  /// Both sides often say the same.
  void hear_doubt(const std::string& text) {
    std::string& doubt = samples_.doubt;
    if (doubt.find(text) == std::string::npos) doubt += (doubt.empty() ? "" : "; ") + text;
  }

  void hear_sample(std::size_t side, const Event& event) {
    const PhaseSeconds seconds = event.at("seconds");
    const std::string& kind = event.at("kind").get_ref<const std::string&>();
    if (kind == "call" || (split_ && kind == "phases")) {
      samples_.blocks[side].push_back(seconds);
      double total_s = 0;
      for (const auto& [phase, value] : seconds) total_s += value;
      samples_.disturbed[side] += event::contention_of(event).disturbs(total_s);
    }
    if (kind == "open" || kind == "close")
      for (const auto& [phase, value] : seconds) around_[side][phase].push_back(value);
  }

  const std::vector<Case>& cases_;
  const bool split_;
  PairSamples samples_;
  std::array<std::map<std::string, std::vector<double>>, 2> around_;
  std::string failure_, began_, phase_ = name_of(Phase::startup);
};

}  // namespace

ChildEnd measure_or_simulate(const PairJob& job, const std::function<void(const Event&)>& hear) {
  ChildEnd end;
  if (job.group.cases.front().simulated) {
    simulate_pair(job, hear);
  } else {
    Watch watch;
    watch.interrupted = interrupted;
    watch.on_event = [&](const Event& event) {
      hear(event);
      return event.at("event") == "begin" && event.at("phase") == name_of(Phase::call)
                 ? calls_at_once * job.options.timeout_s
                 : step_limit_s(job.group, data_bytes(job.group) + own_bytes(job.needs));
    };
    end = run_child(
        [&](const Report& report) {
          static_cast<void>(apply_memory_guard(no_memory_limit));  // for its order of the killed
          measure_pair(job, report);
        },
        watch);
  }
  if (end.interrupted || interrupted()) throw SearchInterrupted();
  return end;
}

PairSearch::PairSearch(const Options& options, const Machine& machine, std::span<const ProbedDevice> devices,
                       const std::vector<Case>& two)
    : options_(options), machine_(machine), devices_(devices), cases_(two), progress_(!options.quiet) {}

const Axis& PairSearch::axis() const {
  return options_.problem->axes[static_cast<std::size_t>(options_.vary)];
}

std::string PairSearch::title() const {
  std::string text = options_.problem->name;
  for (std::size_t i = 0; i < options_.problem->axes.size(); ++i)
    if (static_cast<int>(i) != options_.vary)
      text +=
          std::string(" ") + options_.problem->axes[i].name + "=" + std::to_string(options_.sizes[i].front());
  return text + " " + name_of(options_.types.front());
}

Group PairSearch::group_at(Index size) const {
  Shape shape;
  for (std::size_t i = 0; i < options_.problem->axes.size(); ++i)
    shape[static_cast<int>(i)] = static_cast<int>(i) == options_.vary ? size : options_.sizes[i].front();
  return {options_.problem, shape, options_.types.front(), cases_, options_.budget_s, options_.timeout_s, {}};
}

std::vector<Need> PairSearch::needs(const Group& group) const {
  return needs_of(group, options_, machine_, host_memory_limits("/", options_.host_memory_limit), devices_);
}

std::string PairSearch::wall(Index size) const {
  const Group group = group_at(size);
  std::vector<Need> needed;
  try {
    needed = needs(group);
  } catch (const std::overflow_error& error) {
    return error.what();
  }
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    Row row = planned_row(options_, group, cases_[i]);
    if (settle(row, cases_[i], group, needed[i], report_of(devices_, cases_[i].backend), options_))
      return label_of(cases_[i]) + ": " + row.reason;
  }
  return refusal_together(needed);
}

PairSamples PairSearch::sample(Index size, int blocks, bool split) {
  if (interrupted()) throw SearchInterrupted();
  const Group group = group_at(size);
  progress_.show(title() + ", " + axis().name + " = " + std::to_string(size) + ": " + std::to_string(runs_) +
                 " of at most " + std::to_string(options_.most_runs) + " runs of each");
  const PairJob job{group, options_, machine_, needs(group), blocks, split};
  PairListener listener(cases_, split);
  const auto hear = [&](const Event& event) { listener.hear(event); };
  const ChildEnd end = measure_or_simulate(job, hear);
  PairSamples samples = listener.samples(end);
  runs_ += static_cast<int>(samples.blocks[0].size());
  for (std::size_t side = 0; side < 2; ++side) disturbed_[side] += samples.disturbed[side];
  if (!samples.doubt.empty()) doubts_.insert_or_assign(size, samples.doubt);
  return samples;
}

/// Sizes at which the inputs fill a cache: curves bend there.
std::vector<Index> PairSearch::probes() const {
  std::vector<std::size_t> capacities;
  if (cases_.front().simulated)
    capacities = cache_capacities(cases_.front().simulated->profile());
  else
    capacities = cache_capacities(machine_, devices_);
  const Group group = group_at(options_.vary_from);
  return sizes_at_capacities(*group.problem, group.shape, group.type, options_.vary,
                             {options_.vary_from, options_.vary_to}, capacities);
}

double PairSearch::weight(std::size_t side, const Question& question) const {
  if (question.kind != Question::Kind::cost) return 1;
  const auto price = [&](const Case& subject) {
    return *(is_on_device(subject) ? options_.prices.gpu_per_s : options_.prices.cpu_per_s);
  };
  return price(cases_[side]) / price(cases_[1]);
}

std::array<double, 2> PairSearch::disturbed_shares() const {
  const auto share = [this](std::int64_t count) { return static_cast<double>(count) / std::max(1, runs_); };
  return {share(disturbed_[0]), share(disturbed_[1])};
}

CrossingFindings PairSearch::find(const Question& question) {
  runs_ = 0;
  disturbed_ = {};
  doubts_.clear();
  const std::array weights = {weight(0, question), weight(1, question)};
  const auto visit = [&](Index size, int blocks) {
    const PairSamples samples = sample(size, blocks, question.of_phases());
    Visit result{{}, samples.wall};
    for (std::size_t i = 0; i < samples.blocks[0].size(); ++i)
      result.blocks.push_back({weights[0] * seconds_for(question, samples.blocks[0][i], samples.around[0]),
                               weights[1] * seconds_for(question, samples.blocks[1][i], samples.around[1])});
    return result;
  };
  return find_crossings({.low = options_.vary_from,
                         .high = options_.vary_to,
                         .visit = visit,
                         .wall = [this](Index size) { return wall(size); },
                         .probes = probes(),
                         .most_runs = options_.most_runs,
                         .precision = options_.precision,
                         .seed = options_.seed});
}

std::optional<BreakEven> PairSearch::break_even_at(Index size) {
  if (is_on_device(cases_[0]) == is_on_device(cases_[1]) || size < 1) return std::nullopt;
  const std::size_t device = is_on_device(cases_[0]) ? 0 : 1, cpu = 1 - device;
  const PairSamples samples = sample(size, break_even_blocks, true);
  std::vector<BreakEvenBlock> blocks;
  for (std::size_t i = 0; i < samples.blocks[0].size(); ++i)
    blocks.push_back({seconds_for({}, samples.blocks[cpu][i], {}), samples.blocks[device][i]});
  if (blocks.empty()) return std::nullopt;
  const Group group = group_at(size);
  return break_even(blocks, setup_of(samples.around[device]) - setup_of(samples.around[cpu]),
                    static_cast<double>(bytes_of(group.problem->in, group.shape, group.type)));
}

}  // namespace crossover
