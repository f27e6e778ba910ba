// Rooflines of the user's own workload as a table, and the sentence that it comes to.
#include <algorithm>

#include "bench/base/format.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/model/figures.hpp"
#include "bench/predict/predict.hpp"
#include "bench/worker/record.hpp"

namespace crossover {
namespace {

std::string name_of_place(const OwnPrediction& each) {
  if (each.place.backend == "cpu")
    return "cpu (" + std::to_string(each.place.threads) +
           (each.place.threads == 1 ? " thread)" : " threads)");
  return each.place.backend + ", " + each.place.transfer;
}

std::string count_text(double count) { return format_significant(count); }

std::string bytes(double count) { return bytes_text(static_cast<std::size_t>(count)); }

std::string title_of(const Profile& profile, const OwnWorkload& work) {
  std::string text = "Your workload: " + count_text(work.flops) + " operations in " + name_of(work.type) +
                     ", " + bytes(work.bytes_in) + " in";
  if (work.bytes_stationary > 0) text += " (" + bytes(work.bytes_stationary) + " of it stationary)";
  text += ", " + bytes(work.bytes_out) + " out";
  if (work.reuse > 1) text += "; " + count_text(work.reuse) + " calls";
  return text + ". Rooflines, modelled from " + text_of(profile);
}

/// From how many calls on `device` takes less than `host`.
std::string breakeven(const OwnPrediction& host, const OwnPrediction& device) {
  const double stationary_s = device.upload_s.value - device.upload_fresh_s.value;
  return breakeven_reuse(stationary_s, host.call_s.value, device.call_s.value - stationary_s);
}

TextTable table_of(const OwnWorkload& work, const std::vector<OwnPrediction>& all) {
  TextTable table;
  const auto add = [&](const std::string& header, auto&& text) {
    std::vector<std::string> cells;
    for (const OwnPrediction& each : all) cells.push_back(text(each));
    table.add(header, std::move(cells));
  };
  const auto seconds = [](const Figure& figure) {
    return figure.value > 0 ? format_seconds(figure.value) : std::string();
  };
  add("where", name_of_place);
  add("upload", [&](const OwnPrediction& each) { return seconds(each.upload_s); });
  add("of it\nfresh", [&](const OwnPrediction& each) { return seconds(each.upload_fresh_s); });
  add("compute", [&](const OwnPrediction& each) { return seconds(each.compute_s); });
  add("download", [&](const OwnPrediction& each) { return seconds(each.download_s); });
  add("first\ncall", [&](const OwnPrediction& each) { return seconds(each.call_s); });
  if (work.reuse > 1)
    add("all " + count_text(work.reuse) + "\ncalls",
        [&](const OwnPrediction& each) { return seconds(each.total_s); });
  add("reuse\nk*", [&](const OwnPrediction& each) {
    return &each == &all.front() ? std::string() : breakeven(all.front(), each);
  });
  add("limit", [](const OwnPrediction& each) { return each.bound; });
  return table;
}

std::string verdict(const Profile& profile, const OwnWorkload& work, const std::vector<OwnPrediction>& all) {
  const OwnPrediction& host = all.front();
  if (all.size() == 1)
    return "At least " + format_seconds(host.total_s.value) + " on the CPU: " + host.bound +
           " is the limit. " + no_device_text(profile);
  const OwnPrediction& device =
      *std::ranges::min_element(all.begin() + 1, all.end(), {}, [](const OwnPrediction& each) {
        return std::pair(each.place.transfer == "pinned", each.total_s.value);  // if need be
      });
  const bool device_wins = device.total_s.value < host.total_s.value;
  const OwnPrediction &best = device_wins ? device : host, &other = device_wins ? host : device;
  const double moved_s = device.total_s.value - work.reuse * device.compute_s.value;
  std::string text =
      name_of_place(best) + " is forecast to win: " + format_seconds(best.total_s.value) +
      (work.reuse > 1 ? " for all calls, " : " a call, ") +
      format_ratio(other.total_s.value / best.total_s.value) + " as fast as " + name_of_place(other) + " (" +
      format_seconds(other.total_s.value) + ")" +
      (overlap(best.total_s, other.total_s) ? "; their intervals overlap: measure both." : ".");
  text += " On the device " + format_percent(moved_s / device.total_s.value) +
          " is moving data; on the CPU " + host.bound + " is the limit.";
  const std::string uses = breakeven(host, device);
  if (work.bytes_stationary > 0)
    text += uses == "never" ? " However often the stationary inputs are used, the device does not pay."
                            : " The device pays from " + uses + (uses == "1" ? " call on." : " calls on.");
  return text;
}

}  // namespace

std::string render_own(const Profile& profile, const OwnWorkload& work, const std::vector<OwnPrediction>& all,
                       int width) {
  return wrapped(title_of(profile, work), width) + "\n" + table_of(work, all).text(width) + "\n" +
         wrapped(verdict(profile, work, all), width);
}

}  // namespace crossover
