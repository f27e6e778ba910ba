#include "bench/predict/predict.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "bench/base/output_file.hpp"
#include "bench/base/printable.hpp"
#include "bench/base/suggest.hpp"
#include "bench/model/profile_threads.hpp"
#include "bench/plan/plan.hpp"
#include "bench/predict/chosen_profile.hpp"
#include "bench/worker/record.hpp"

namespace crossover {
namespace {

bool is_host(const ModelCase& subject) { return subject.backend == "cpu"; }

template <class T>
bool chosen(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

/// Those of `wanted` that no case has are told with the nearest that one has.
void check_names(const std::string& kind, const std::vector<std::string>& wanted,
                 const std::vector<ModelCase>& cases, std::string ModelCase::*member) {
  std::set<std::string> known;
  for (const ModelCase& subject : cases) known.insert(subject.*member);
  const std::vector<std::string> names(known.begin(), known.end());
  for (const std::string& name : wanted)
    if (!known.contains(name)) throw UsageError(unknown(kind + " of the profile", name, names));
}

/// Without --threads, each solver with the most that it was measured with.
std::vector<int> threads_of(const Profile& profile, const Options& options, const ModelCase& subject,
                            const std::vector<ModelCase>& cases) {
  std::vector<int> threads;
  for (const int count : options.threads) threads.push_back(count == 0 ? profile.threads : count);
  if (!threads.empty()) {
    const bool threaded = std::ranges::any_of(cases, [&](const ModelCase& other) {
      return other.backend == subject.backend && other.solver == subject.solver && other.threads > 1;
    });
    return threaded ? threads : std::vector<int>{};
  }
  int most = 1;
  for (const ModelCase& other : cases)
    if (other.backend == subject.backend && other.solver == subject.solver)
      most = std::max(most, other.threads);
  return {most};
}

std::vector<ModelCase> chosen_cases(const Profile& profile, const Options& options, const Problem& problem,
                                    const Shape& shape, Type type) {
  const std::vector<ModelCase> all = predictable(profile, problem, shape, type);
  if (all.empty())
    throw UsageError("the profile '" + profile.label + "' has no solver for " +
                     title_of(problem, shape, type));
  check_names("backend", options.backends, all, &ModelCase::backend);
  check_names("solver", options.solvers, all, &ModelCase::solver);
  check_names("transfer mode", options.transfers, all, &ModelCase::transfer);
  if (chosen(options.backends, std::string("cpu")))
    check_threads(profile, problem, type, options.solvers, options.threads);
  std::vector<ModelCase> left;
  for (const ModelCase& subject : all)
    if (chosen(options.backends, subject.backend) && chosen(options.solvers, subject.solver) &&
        (is_host(subject) || chosen(options.transfers, subject.transfer)) &&
        chosen(threads_of(profile, options, subject, all), subject.threads))
      left.push_back(subject);
  if (left.empty())
    throw UsageError("the profile '" + profile.label +
                     "' has nothing that --backend, --solver, --threads and --transfer leave for " +
                     title_of(problem, shape, type));
  return left;
}

/// What a device pays once, before the first of many calls.
double setup_s(const Prediction& prediction) {
  const auto seconds = [](const std::optional<Figure>& figure) { return figure ? figure->value : 0; };
  return seconds(prediction.allocate_s) + seconds(prediction.pin_s) + seconds(prediction.release_s);
}

}  // namespace

std::string name_of(const ModelCase& subject) {
  if (!is_host(subject)) return subject.backend + " " + subject.solver + ", " + subject.transfer;
  return subject.solver + " (" + std::to_string(subject.threads) +
         (subject.threads == 1 ? " thread)" : " threads)");
}

std::string text_of(const Profile& profile) {
  return "the profile '" + profile.label + "' (" + profile.source + " " + profile.date_utc.substr(0, 10) +
         ")";
}

std::string no_device_text(const Profile& profile) {
  if (profile.device)
    return "The profile has no link to " + profile.device->name + ": it says nothing of calls there.";
  return "The profile is a CPU's alone (" + profile.no_device.substr(0, profile.no_device.find(':')) +
         "): it says nothing of a GPU.";
}

const PredictedCase* fastest(const PredictedGroup& group, bool host) {
  const PredictedCase* best = nullptr;
  const auto rank = [](const PredictedCase& each) {  // page-locked memory must be known to who fills it
    return std::pair(each.subject.transfer == "pinned", each.prediction()->call_s.value);
  };
  for (const PredictedCase& each : group.cases)
    if (each.prediction() && each.prediction()->fits && is_host(each.subject) == host &&
        (!best || rank(each) < rank(*best)))
      best = &each;
  return best;
}

std::string breakeven_of(const PredictedGroup& group, const PredictedCase& device) {
  const PredictedCase* host = fastest(group, true);
  const Prediction* own = device.prediction();
  if (is_host(device.subject) || !host || !own) return {};
  const double once_s =
      setup_s(*own) - setup_s(*host->prediction()) + own->upload_s->value - own->upload_fresh_s->value;
  return breakeven_reuse(once_s, host->prediction()->call_s.value, own->reuse_call_s.value);
}

std::vector<PredictedGroup> predicted_groups(const Profile& profile, const Options& options) {
  std::vector<PredictedGroup> groups;
  for (const Shape& shape : sweep(options.sizes))
    for (const Type type : options.types) {
      PredictedGroup& group = groups.emplace_back(PredictedGroup{options.problem, shape, type, {}});
      for (const ModelCase& subject : chosen_cases(profile, options, *options.problem, shape, type))
        group.cases.push_back({subject, predict(profile, subject)});
    }
  return groups;
}

int predict_command(const Options& options) {
  const Profile profile = what_if(chosen_profile(options, machine_facts()), options.what_if);
  std::string text, csv;
  if (options.own) {
    const std::vector<OwnPrediction> all = predict_own(profile, *options.own);
    text = render_own(profile, *options.own, all);
    csv = own_csv(profile, *options.own, all);
  } else {
    const std::vector<PredictedGroup> groups = predicted_groups(profile, options);
    for (const PredictedGroup& group : groups)
      text += (text.empty() ? "" : "\n") + render_prediction(profile, group);
    csv = prediction_csv(profile, groups);
  }
  if (!options.csv.empty())
    OutputFile(options.csv, options.force ? Existing::replace : Existing::refuse).write(csv);
  print(options.csv == "-" ? stderr : stdout, text);
  return 0;
}

}  // namespace crossover
