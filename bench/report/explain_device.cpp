// Calls whose operands come over a link: what takes the time, and what would have to change for the call to
// win. Reuse and the least link are those of measuring's section on crossovers.
#include <algorithm>
#include <array>
#include <cmath>

#include "bench/base/format.hpp"
#include "bench/base/statistics.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/report/explain_parts.hpp"
#include "bench/rows/naming.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

constexpr double most_overlap = 0.10;          // of the call: phases, measured apart, hide behind each other
constexpr double compute_bound_above = 8;      // operations per byte
constexpr double mostly_startup = 0.5;         // of a script that asks once
constexpr double nearly_all_stationary = 0.1;  // of the upload is fresh, at most

std::string memory_of(const Row& row) {
  if (row.transfer == "pageable") return "ordinary memory";
  if (row.transfer == "pinned") return "pinned memory, which its producer has to write into";
  return row.transfer + " memory";
}

/// "upload at 5.10 GB/s from ordinary memory": the part of the call that takes longest, with its seconds.
std::pair<double, std::string> longest_part(const Row& row) {
  std::pair<double, std::string> longest;
  const auto offer = [&](const Number& seconds, const std::string& name) {
    if (seconds.value_or(0) > longest.first) longest = {*seconds, name};
  };
  const auto at = [](const Number& bytes, const Number& seconds) {
    return bytes && seconds.value_or(0) > 0 ? " at " + format_significant(*bytes / *seconds / 1e9) + " GB/s"
                                            : std::string();
  };
  offer(row.upload_s, "upload" + at(row.bytes_in, row.upload_s) + " from " + memory_of(row));
  const double bytes = row.bytes_in.value_or(0) + row.bytes_out.value_or(0);
  const bool arithmetic = row.flops.value_or(0) > compute_bound_above * bytes;
  const Number& rate = arithmetic ? row.gflops_per_s : row.gbytes_per_s;
  offer(
      row.compute_s,
      "computation" + (rate ? " at " + format_significant(*rate) + (arithmetic ? " GFLOP/s" : " GB/s") : ""));
  offer(row.download_s, "download" + at(row.bytes_out, row.download_s));
  offer(row.unaccounted_s, "neither moving data nor computing: launches, and waiting for them");
  return longest;
}

std::string time_sentence(const Row& row) {
  const auto [seconds, name] = longest_part(row);
  const std::string call = call_text(row);
  if (name.empty()) return "it takes " + call + "; its phases were not measured apart. ";
  const double share = seconds / *row.call_s;
  if (share > 1)
    return "of its " + call + ", all is " + name + " (" + format_seconds(seconds) + " when timed apart). ";
  return (share >= 0.5 ? format_percent(share) + " of its " + call
                       : "the largest part of its " + call + ", " + format_percent(share) + ",") +
         " is " + name + ". ";
}

/// How the row stands against its baseline: by the verdict where that says it of the two, else by intervals.
Faster against_baseline(const RowInGroup& in) {
  const Row* const base = in.baseline();
  if (in.won()) return Faster::a;
  if (in.fastest().empty() || !base) return Faster::undecided;
  const bool among = in.is_among_fastest(in.row());
  if (among && in.is_among_fastest(*base))
    return within_margin(in.fastest()) ? Faster::tie : Faster::undecided;
  return !among && in.fastest().front() == base ? Faster::b : by_intervals(in.row(), *base);
}

std::string verdict_clause(const RowInGroup& in) {
  const Row& row = in.row();
  if (row.verdict.empty() || row.baseline_solver.empty() || !row.baseline_call_s)
    return "There is no CPU time to compare the GPU with: ";
  const std::string baseline = baseline_label(row) + ", " + format_seconds(*row.baseline_call_s);
  switch (against_baseline(in)) {
    case Faster::tie: return "The GPU ties with " + baseline + ", within 3%: ";
    case Faster::undecided:
      return "Whether the GPU beats " + baseline + " is unclear (too few or too noisy samples): ";
    case Faster::b: return "The GPU loses this call to " + baseline + ": ";
    case Faster::a: break;
  }
  return "The GPU wins this call, " + format_ratio(*row.baseline_call_s / *row.call_s) + " as fast as " +
         baseline + ": ";
}

std::string chunks_sentence(const Row& row) {
  if (row.chunks.value_or(1) <= 1) return {};
  return "It is cut into " + std::to_string(*row.chunks) + " pieces to fit the device" +
         (row.available_device_bytes ? " (" +
                                           bytes_text(static_cast<std::size_t>(
                                               std::max<std::int64_t>(*row.available_device_bytes, 0))) +
                                           " available)"
                                     : std::string()) +
         "; what is cut is uploaded with every call and cannot be kept there. ";
}

/// Other transfers of the same solver that are faster: the best from ordinary memory, and pinned.
std::string transfers_sentence(const RowInGroup& in) {
  const Row& row = in.row();
  const Row* ordinary = nullptr;
  const Row* pinned = nullptr;
  for (const Row* other : in.ok()) {
    if (other->backend != row.backend || other->solver != row.solver || other->transfer == row.transfer ||
        *other->call_s * (1 + verdict_margin) >= *row.call_s)
      continue;
    const Row*& best = starts_in_ordinary_memory(*other) ? ordinary : pinned;
    if (!best || *other->call_s < *best->call_s) best = other;
  }
  const auto ends = [&](const Row& other) {
    const Number ratio = other.speedup_call;
    return !ratio || in.won() || row.verdict.empty() ? ""
           : *ratio > 1 + verdict_margin             ? ", and wins"
           : *ratio < 1 / (1 + verdict_margin)       ? ", and still loses"
                                                     : "";
  };
  std::string text;
  if (ordinary)
    text = "With " + ordinary->transfer + " memory it takes " + format_seconds(*ordinary->call_s) + " (" +
           in.number(*ordinary) + ")" + ends(*ordinary) + ". ";
  if (pinned)
    text += "Where the producer writes into pinned memory it takes " + format_seconds(*pinned->call_s) +
            " (" + in.number(*pinned) + ")" + ends(*pinned) + ". ";
  return text;
}

/// The upload bandwidth at which a call would be as fast as the baseline's, GB/s, both directions faster by
/// the same ratio; empty where no link is fast enough, or phases overlap and the sum says nothing.
Number least_link(const Row& row) {
  const double moving_s = row.upload_s.value_or(0) + row.download_s.value_or(0);
  const double left_s = row.baseline_call_s.value_or(0) - row.compute_s.value_or(0);
  if (row.upload_s.value_or(0) <= 0 || !row.bytes_in || !row.compute_s || left_s <= 0) return {};
  if (row.unaccounted_s.value_or(0) < -most_overlap * *row.call_s || moving_s <= left_s) return {};
  return *row.bytes_in / *row.upload_s * (moving_s / left_s) / 1e9;
}

/// For a call that lost: with the data already there, kept there, or brought faster.
std::string remedy_sentences(const Row& row) {
  if (!row.compute_s || !row.baseline_call_s) return {};
  if (*row.compute_s >= *row.baseline_call_s)
    return "No link and no reuse would help: its computation alone takes " + format_seconds(*row.compute_s) +
           ". ";
  std::string text;
  if (row.speedup_compute && *row.speedup_compute > 1 + verdict_margin)
    text = "With the data already there it is " + format_ratio(*row.speedup_compute) + " as fast. ";
  const bool all = row.upload_fresh_s.value_or(0) <= nearly_all_stationary * row.upload_s.value_or(0);
  const std::string data = all ? "the data" : "the inputs that stay";
  const Number link = least_link(row);
  const std::string come = link ? " over a link of " + format_significant(*link) + " GB/s. " : "";
  const std::string& uses = row.breakeven_reuse;
  if (uses == "never")
    return text + "Keeping " + data + " on the device is not enough, however often used" +
           (link ? "; it would have to come" + come : ". ");
  if (uses.empty() || uses == "1") return text + (link ? "The data would have to come" + come : "");
  return text + "Kept on the device, " + data + " would have to be used " + uses + " times" +
         (link ? ", or come" + come : ". ");
}

/// For a call that won: buffers of its own may cost the win.
std::string end_to_end_sentence(const Row& row) {
  if (!row.end_to_end_s || !row.baseline_end_to_end_s || row.speedup_end_to_end.value_or(1) >= 1) return {};
  return "Called once, with buffers of its own, it loses: " + format_seconds(*row.end_to_end_s) +
         " against " + format_seconds(*row.baseline_end_to_end_s) + ". ";
}

std::string startup_sentence(const RowInGroup& in) {
  const Row& row = in.row();
  if (!row.startup_s || row.one_shot_s.value_or(0) <= 0) return {};
  const double share = *row.startup_s / *row.one_shot_s;
  if (share < mostly_startup) return {};
  std::string text = "A script that asks once waits " + format_seconds(*row.one_shot_s) + ", " +
                     format_percent(std::min(share, 1.0)) + " of it start-up";
  const std::array parts = {
      std::pair{row.startup_driver_s, "the driver"}, std::pair{row.startup_context_s, "the context"},
      std::pair{row.startup_kernel_s, "the first kernel"}, std::pair{row.startup_library_s, "the library"},
      std::pair{row.startup_product_s, "its first product"}};
  const auto& [seconds, name] =
      *std::ranges::max_element(parts, {}, [](const auto& part) { return part.first.value_or(0); });
  if (seconds.value_or(0) > 0)
    text += " (most for " + std::string(name) + ", " + format_seconds(*seconds) + ")";
  const Row* const base = in.baseline();
  if (base && base->one_shot_s) text += "; with " + in.named(*base) + " " + format_seconds(*base->one_shot_s);
  return text + ". ";
}

}  // namespace

std::string device_sentences(const RowInGroup& in) {
  const Row& row = in.row();
  const Faster standing = row.verdict.empty() ? Faster::undecided : against_baseline(in);
  return verdict_clause(in) + time_sentence(row) + provisional_sentence(in) + chunks_sentence(row) +
         transfers_sentence(in) + (standing == Faster::b ? remedy_sentences(row) : "") +
         (standing == Faster::a ? end_to_end_sentence(row) : "") + startup_sentence(in);
}

}  // namespace crossover
