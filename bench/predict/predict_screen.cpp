// The table of one group of predictions, and the sentence that it comes to.
#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/base/format.hpp"
#include "bench/model/figures.hpp"
#include "bench/model/roofline.hpp"
#include "bench/plan/plan.hpp"
#include "bench/predict/predict.hpp"

namespace crossover {
namespace {

/// "12.3 ms +-4%": half the interval over the value, rounded up. "12.3 ms x/ 3.20": up to so many times as
/// much, or as little.
std::string cell(const Figure& figure) {
  if (!(figure.value > 0)) return {};
  const double half_width = std::ceil(50 * (figure.high - figure.low) / figure.value - 1e-6);
  if (half_width < 100)
    return format_seconds(figure.value) + " +-" + std::to_string(std::llround(half_width)) + "%";
  const double factor = std::max(figure.high / figure.value, figure.value / figure.low);
  return format_seconds(figure.value) + (factor < 100 ? " x/ " + format_significant(factor) : " ?");
}

std::string cell(const std::optional<Figure>& figure) { return figure ? cell(*figure) : std::string(); }

TextTable table_of(const PredictedGroup& group) {
  std::vector<const PredictedCase*> shown;
  std::vector<std::string> names;
  for (const PredictedCase& each : group.cases)
    if (each.prediction()) {
      shown.push_back(&each);
      names.push_back(name_of(each.subject));
    }
  TextTable table;
  const auto add = [&](const char* header, const std::function<std::string(const PredictedCase&)>& text,
                       bool breaks = false) {
    std::vector<std::string> cells;
    for (const PredictedCase* each : shown) cells.push_back(text(*each));
    table.add(header, std::move(cells), breaks);
  };
  const auto phase = [&](const char* header, std::optional<Figure> Prediction::*member) {
    add(header, [member](const PredictedCase& each) { return cell(each.prediction()->*member); });
  };
  // Where nothing moves, compute is the call, and has no column of its own.
  const bool moves = std::ranges::any_of(
      shown, [](const PredictedCase* each) { return each->prediction()->upload_s.has_value(); });
  table.add("solver", names);
  phase("startup", &Prediction::startup_s);
  phase("allocate", &Prediction::allocate_s);
  phase("pin", &Prediction::pin_s);
  phase("release", &Prediction::release_s);
  if (moves) {
    phase("upload", &Prediction::upload_s);
    phase("of it fresh", &Prediction::upload_fresh_s);
    phase("compute", &Prediction::compute_s);
    phase("download", &Prediction::download_s);
  }
  add(
      "call", [](const PredictedCase& each) { return cell(each.prediction()->call_s); }, moves);
  add("end to end", [](const PredictedCase& each) { return cell(each.prediction()->end_to_end_s); });
  add("reuse\nk*", [&](const PredictedCase& each) { return breakeven_of(group, each); });
  return table;
}

/// Why rows say less than they seem to, each remark once.
std::string remarks(const PredictedGroup& group, int width) {
  std::vector<std::pair<std::string, std::string>> lines;  // remark, whose
  for (const PredictedCase& each : group.cases) {
    const Prediction* prediction = each.prediction();
    std::string remark =
        prediction ? (prediction->basis == "interpolated" ? "" : prediction->basis) : each.predicted.reason;
    if (prediction && !prediction->warning.empty())
      remark += (remark.empty() ? "" : "; ") + prediction->warning;
    if (remark.empty()) continue;
    const auto same = std::ranges::find(lines, remark, &std::pair<std::string, std::string>::first);
    if (same == lines.end())
      lines.emplace_back(remark, name_of(each.subject));
    else
      same->second += "; " + name_of(each.subject);
  }
  std::string text;
  for (const auto& [remark, whose] : lines) text += wrapped(whose + ": " + remark, width, 2);
  return text;
}

/// What limits the call.
std::string limit_text(const Profile& profile, const PredictedCase& each) {
  const Prediction& prediction = *each.prediction();
  const auto share = [&](double seconds) { return format_percent(seconds / prediction.call_s.value); };
  const std::string limited = " " + name_of(each.subject) + " is limited by ";
  if (each.subject.backend == "cpu") {
    const Work work = each.subject.problem->work(each.subject.shape, each.subject.type);
    const Roofline least = host_roofline(profile, each.subject.type, each.subject.threads,
                                         work.bytes_in + work.bytes_out, work.flops);
    if (least.bound.empty()) return {};
    const bool bounded = least.seconds.value > 0.5 * prediction.call_s.value;
    return limited +
           (bounded ? least.bound + ": " + share(std::min(least.seconds.value, prediction.call_s.value)) +
                          " of the call."
                    : "its own program: " + least.bound + " would allow " +
                          format_seconds(least.seconds.value) + ".");
  }
  const double upload_s = prediction.upload_s->value, compute_s = prediction.compute_s->value,
               download_s = prediction.download_s->value;
  if (compute_s >= upload_s + download_s)
    return limited + "its computation: " + share(compute_s) + " of the call.";
  return limited + "the link: upload is " + share(upload_s) + " of the call, computation " +
         share(compute_s) + ".";
}

std::string comparison(const PredictedCase& best, const PredictedCase& other) {
  const Figure &fast = best.prediction()->call_s, &slow = other.prediction()->call_s;
  const std::string text = ", " + format_ratio(slow.value / fast.value) + " as fast as " +
                           name_of(other.subject) + " (" + format_seconds(slow.value) + ")";
  return overlap(fast, slow) ? text + "; their intervals overlap: measure both" : text;
}

/// Of the loser's side: from how many calls on the device pays.
std::string reuse_text(const PredictedGroup& group, const PredictedCase& device) {
  const std::string uses = breakeven_of(group, device);
  if (uses == "never") return " Keeping data on the device would not help " + name_of(device.subject) + ".";
  return " With its stationary inputs kept there, " + name_of(device.subject) + " pays from " + uses +
         (uses == "1" ? " call on." : " calls on.");
}

const PredictedCase* second(const PredictedGroup& group, const PredictedCase& best) {
  PredictedGroup others = group;
  std::erase_if(others.cases,
                [&](const PredictedCase& each) { return name_of(each.subject) == name_of(best.subject); });
  const PredictedCase* found = fastest(others, true);
  if (!found) return nullptr;
  return &*std::ranges::find_if(group.cases, [&](const PredictedCase& each) {
    return name_of(each.subject) == name_of(found->subject);
  });
}

std::string verdict(const Profile& profile, const PredictedGroup& group) {
  const PredictedCase *host = fastest(group, true), *device = fastest(group, false);
  if (!host && !device) return "Nothing fits, or can be predicted.";
  const PredictedCase* best =
      !host || (device && device->prediction()->call_s.value < host->prediction()->call_s.value) ? device
                                                                                                 : host;
  if (std::ranges::any_of(group.cases, [](const PredictedCase& each) {
        return each.prediction() && each.prediction()->fits && each.prediction()->far;
      }))
    return "No winner is named so far beyond what was calibrated: run it, or calibrate larger shapes.";
  const PredictedCase* other = best == host ? (device ? device : second(group, *host)) : host;
  std::string text = name_of(best->subject) +
                     " is forecast to be the fastest: " + format_seconds(best->prediction()->call_s.value) +
                     " a call";
  if (other) text += comparison(*best, *other);
  text += "." + limit_text(profile, *best);
  if (host && device && best == host) text += limit_text(profile, *device) + reuse_text(group, *device);
  if (!profile.device) text += " " + no_device_text(profile);
  return text;
}

}  // namespace

std::string render_prediction(const Profile& profile, const PredictedGroup& group, int width) {
  const std::string title = title_of(*group.problem, group.shape, group.type);
  return wrapped(title + ", modelled from " + text_of(profile), width) + "\n" + table_of(group).text(width) +
         "\n" + remarks(group, width) + wrapped(verdict(profile, group), width);
}

}  // namespace crossover
