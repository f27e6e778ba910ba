// What a case would need, and whether that fits: arithmetic alone, nothing is run.
#include <map>

#include "bench/base/format.hpp"
#include "bench/base/suggest.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/plan/plan.hpp"
#include "bench/screen/screen.hpp"

namespace crossover {
namespace {

std::string bytes(std::size_t value) { return value == 0 ? std::string() : bytes_text(value); }

/// "381 MiB +": and what a library inside takes.
std::string device_text(const Footprint& own) {
  const std::string known = bytes(own.known_device_bytes());
  return own.device_bytes ? known : known.empty() ? "not known" : known + " +";
}

std::string fits_text(const Case& item, const Need& need) {
  const bool on_device = !need.own.device_bytes || *need.own.device_bytes != 0;
  if (item.solver == nullptr) return {};
  if (!need.fits_host) return "no";
  if (on_device && !need.available_device_bytes) return "no device";
  if (!need.fits_device) return "no: device";
  if (!need.cannot.empty()) return "no: see below";
  return need.chunks > 1 ? "in " + std::to_string(need.chunks) + " chunks" : "yes";
}

std::string label(const Case& item, bool several_backends) {
  if (item.solver == nullptr) return std::string(item.backend->name) + ": no solver";
  std::string text = item.solver->name;
  if (several_backends) text = std::string(item.backend->name) + ' ' + text;
  if (item.threads > 1) text += " (" + std::to_string(item.threads) + ')';
  if (item.backend->transfers.size() > 1 && item.transfer != "none") text += ' ' + item.transfer;
  return text;
}

}  // namespace

std::string render_plan(const Group& group, std::span<const Need> needs, const ScreenOptions& options) {
  std::vector<std::string> labels, inputs, own, pinned, device, total, available, fits;
  std::map<std::string, std::vector<std::string>> objectors;  // by what they say
  std::string limit;
  bool unknown = false, all_fit = true;
  for (std::size_t i = 0; i < group.cases.size() && i < needs.size(); ++i) {
    const Case& item = group.cases[i];
    const Need& need = needs[i];
    const bool several =
        item.backend != group.cases.front().backend || item.backend != group.cases.back().backend;
    labels.push_back(label(item, several));
    inputs.push_back(bytes(static_cast<std::size_t>(need.input_bytes)));
    own.push_back(bytes(need.own.host_bytes));
    pinned.push_back(bytes(need.own.pinned_bytes));
    device.push_back(item.solver ? device_text(need.own) : "");
    total.push_back(bytes(static_cast<std::size_t>(need.host_bytes())));
    available.push_back(bytes_text(need.available_host_bytes));
    fits.push_back(fits_text(item, need));
    unknown |= item.solver && !need.own.device_bytes && need.own.known_device_bytes() != 0;
    all_fit &= need.fits_host;
    if (!need.cannot.empty()) objectors[need.cannot].push_back(labels.back());
    if (limit.empty()) limit = need.limit;
  }
  TextTable table;
  table.add("solver", labels);
  table.add("inputs", inputs);
  table.add("outputs, state,\nworkspace", own);
  table.add("pinned", pinned);
  table.add("on the\ndevice", device);
  table.add("total\nin host", total, true);
  table.add("\navailable", available);
  table.add("fits", fits);
  std::string text = wrapped(title_of(*group.problem, group.shape, group.type), options.width, 2) + '\n';
  text += table.text(options.width);
  for (const auto& [why, who] : objectors) text += wrapped(joined(who) + ": " + why, options.width, 2);
  if (unknown) text += wrapped("+: and what a library inside takes, which is not known", options.width, 2);
  if (!all_fit)
    text +=
        wrapped("no: its total, and " + bytes_text(process_slack_bytes) + " for the process itself, pass it",
                options.width, 2);
  if (!limit.empty()) text += wrapped("available: " + limit, options.width, 2);
  return text;
}

}  // namespace crossover
