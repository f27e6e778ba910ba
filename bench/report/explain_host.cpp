// Calls that move nothing: how near the machine's limit, what sets that limit, and who is faster.
#include <algorithm>

#include "bench/base/format.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/report/explain_parts.hpp"
#include "bench/rows/naming.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

constexpr double little_left = 0.8, mostly_other = 0.5;  // of the limit

std::string opening(const Row& row) {
  std::string text = "A call takes " + call_text(row);
  if (row.backend == "cpu" && row.cores)
    text += *row.cores >= row.threads
                ? " on " + std::to_string(row.threads) + " of " + std::to_string(*row.cores) + " cores"
                : " with " + std::to_string(row.threads) + " threads on " + std::to_string(*row.cores) +
                      (*row.cores == 1 ? " core" : " cores");
  return text + ". ";
}

/// What its limit is, by operations per byte, and the part of the call that the limit explains.
std::string limit_sentence(const Row& row) {
  if (row.backend != "cpu" || row.compute_s.value_or(0) <= 0) return {};
  if (!row.floor_s && row.source != "measured") return {};
  if (!row.floor_s) return "The machine was not calibrated: how near its limit that is, is not known. ";
  const double bytes = row.bytes_in.value_or(0) + row.bytes_out.value_or(0);
  const bool memory = row.floor_name.ends_with(" read");
  std::string text = memory ? "Memory is its limit" : "Arithmetic is its limit";
  if (row.flops && bytes > 0) text += " (" + format_significant(*row.flops / bytes) + " operations per byte)";
  text += memory ? ": " + bytes_text(static_cast<std::size_t>(std::clamp(bytes, 0.0, 1e18))) + " at " +
                       row.floor_name + " speed take "
                 : ": at this machine's " + row.floor_name + " rate that takes ";
  text += format_seconds(*row.floor_s);
  const double share = *row.floor_s / *row.compute_s;
  const std::string of_call = format_percent(share) + " of the call";
  if (share > 1) return text + ", more than the call: that limit is not the right one. ";
  if (share >= little_left) return text + ", " + of_call + "; little is left to gain. ";
  if (share >= mostly_other) return text + ", " + of_call + ". ";
  return text + ", only " + of_call + ": most of it has another cause. ";
}

/// The fastest of the others, but for those that ask for a pinned producer.
const Row* rival_of(const RowInGroup& in) {
  const Row* best = nullptr;
  for (const Row* other : in.ok())
    if (other != &in.row() && starts_in_ordinary_memory(*other) && (!best || *other->call_s < *best->call_s))
      best = other;
  return best;
}

/// "3.68x as fast".
std::string as_fast(const Row& row, const Row& other) {
  return format_ratio(*other.call_s / *row.call_s) + " as fast";
}

std::string timed(const RowInGroup& in, const Row& other) {
  return long_label(other) + " (" + format_seconds(*other.call_s) + ", " + in.number(other) + ")";
}

/// `other`: the first of the verdict, or where that is the row itself the quickest of all others.
std::string verdict_sentence(const RowInGroup& in, const Row* other) {
  if (in.row().verdict.empty()) return {};
  if (!other)
    return in.ok().size() == 1 ? "Nothing else here has a time to compare it with. "
                               : "The row that it was compared with is not in this file. ";
  if (in.row().verdict.unclear)
    return "Whether it or " + timed(in, *other) +
           " is faster is unclear: too few or too noisy samples; a longer " + samples_flag(in.row()) +
           " may tell. ";
  if (in.won())
    return "It is the fastest here, " + as_fast(in.row(), *other) + " as " + timed(in, *other) + ". ";
  std::string others;
  for (const Row* row : in.fastest())
    if (row != &in.row()) others += (others.empty() ? "" : ", ") + timed(in, *row);
  if (in.is_among_fastest(in.row()))
    return within_margin(in.fastest())
               ? "It and " + others + " are the fastest here, within 3%. "
               : "Whether it or " + others + " is the fastest is not known; no other row is. ";
  if (in.fastest().size() > 1) return others + " are faster, the first " + as_fast(*other, in.row()) + ". ";
  return in.named(*other) + " is " + as_fast(*other, in.row()) + ": " + format_seconds(*other->call_s) + ". ";
}

/// Against fewer threads of its own, or else against serial. `said`: the row that was spoken of already.
std::string threads_sentence(const RowInGroup& in, const Row* said) {
  const Row& row = in.row();
  const Row* fewer = nullptr;
  const Row* serial = nullptr;
  for (const Row* other : in.ok()) {
    if (other->backend != "cpu") continue;
    if (other->solver == row.solver && other->threads < row.threads &&
        (!fewer || other->threads < fewer->threads))
      fewer = other;
    if (other->solver == "serial" && other != &row) serial = other;
  }
  if (row.backend == "cpu" && fewer)
    return "Its " + std::to_string(row.threads) + " threads are " + as_fast(row, *fewer) + " as " +
           std::to_string(fewer->threads) + " (" + format_seconds(*fewer->call_s) + ", " + in.number(*fewer) +
           "). ";
  return serial && serial != said ? "It is " + as_fast(row, *serial) + " as " + timed(in, *serial) + ". "
                                  : "";
}

}  // namespace

std::string host_sentences(const RowInGroup& in) {
  const std::vector<const Row*>& fastest = in.fastest();
  const bool against_rival = fastest.empty() ? in.row().verdict.unclear : fastest.front() == &in.row();
  const Row* const other = against_rival ? rival_of(in) : fastest.empty() ? nullptr : fastest.front();
  return opening(in.row()) + limit_sentence(in.row()) + verdict_sentence(in, other) +
         provisional_sentence(in) + threads_sentence(in, other);
}

}  // namespace crossover
