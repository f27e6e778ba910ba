// Rows that are not ok: what happened, the bytes it needed and had, and what to do.
#include <algorithm>

#include "bench/base/format.hpp"
#include "bench/machine/memory_limits.hpp"
#include "bench/report/explain_parts.hpp"
#include "bench/rows/screen_labels.hpp"

namespace crossover {
namespace {

std::string bytes(std::int64_t count) {
  return bytes_text(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
}

std::string what_happened(const Row& row) {
  std::string text;
  switch (row.outcome) {
    case Outcome::wrong: text = "Its answer is not the oracle's, so its time counts for nothing"; break;
    case Outcome::refused: text = "It was not run, since it would not fit"; break;
    case Outcome::out_of_memory: text = "It was run, and memory ran out"; break;
    case Outcome::killed: text = "Its process was killed"; break;
    case Outcome::too_slow: text = "It was given up as too slow"; break;
    case Outcome::not_run: text = "The run had no time for it"; break;
    case Outcome::failed: text = "It failed"; break;
    case Outcome::unavailable: text = "It cannot run here"; break;
    case Outcome::ok: break;
  }
  if (!row.phase_reached.empty()) text += " in " + row.phase_reached;
  if (!row.reason.empty()) text += ": " + row.reason;
  return text + (text.ends_with('.') ? " " : ". ");
}

/// Bytes that the reason has not told already, and how they compare.
std::string bytes_sentence(const Row& row, const Bytes& needed, const Bytes& available, const char* where) {
  if (!needed || *needed <= 0) return {};
  if (!available || *available <= 0) return "It needs " + bytes(*needed) + " of " + where + " memory. ";
  const std::string ratio = format_ratio(static_cast<double>(*needed) / static_cast<double>(*available));
  if (row.reason.find(bytes(*needed)) != std::string::npos)
    return "That is " + ratio + " what was available. ";
  return "It needs " + bytes(*needed) + " of " + where + " memory, " + ratio + " the " + bytes(*available) +
         " that was available. ";
}

bool is_about_memory(Outcome outcome) {
  return outcome == Outcome::refused || outcome == Outcome::out_of_memory || outcome == Outcome::killed;
}

/// Of the rows with an answer, the one that needs least host memory.
const Row* smallest(const RowInGroup& in) {
  const Row* best = nullptr;
  for (const Row* other : in.ok())
    if (other->needed_host_bytes && (!best || *other->needed_host_bytes < *best->needed_host_bytes))
      best = other;
  return best;
}

std::string memory_advice(const RowInGroup& in) {
  const bool refused = in.row().outcome == Outcome::refused;
  const std::string anyway = refused ? " --over-the-wall runs it all the same, under a guard. " : " ";
  if (const Row* other = smallest(in))
    return in.named(*other) + " answers the same question with " + bytes(*other->needed_host_bytes) + " in " +
           format_seconds(*other->call_s) + "." + anyway;
  return "Nothing else here answers it: ask for smaller sizes, or allow more memory." + anyway;
}

std::string time_advice(const RowInGroup& in) {
  const Row& row = in.row();
  if (in.ok().empty())
    return row.reason.find("--timeout") == std::string::npos && row.outcome == Outcome::too_slow
               ? "A longer --timeout or smaller sizes give it a chance. "
               : "";
  const Row& best = **std::ranges::min_element(in.ok(), {}, [](const Row* other) { return *other->call_s; });
  std::string text = in.named(best) + " answers the same question in " + format_seconds(*best.call_s);
  if (row.forecast_s)
    text += ", " + format_ratio(*row.forecast_s / *best.call_s) + " as fast as forecast here";
  return text + ". ";
}

std::string advice(const RowInGroup& in) {
  const Row& row = in.row();
  switch (row.outcome) {
    case Outcome::wrong:
      return (row.max_error
                  ? "The largest error is " + format_significant(*row.max_error) + " of the problem's scale. "
                  : std::string()) +
             "Do not use it for this; --result DIR writes its outputs, to be looked at. ";
    case Outcome::refused:
    case Outcome::out_of_memory: return memory_advice(in);
    case Outcome::killed:
      return "The kernel's log (dmesg) says whether memory was the cause; run it alone, with --solver " +
             row.solver + ", to see whether it happens again. ";
    case Outcome::too_slow:
    case Outcome::not_run: return time_advice(in);
    case Outcome::failed:
      return "Run it alone, with --solver " + row.solver + ", to see whether it happens again. ";
    case Outcome::ok:
    case Outcome::unavailable: break;  // its reason says what to do
  }
  return {};
}

}  // namespace

std::string ending_sentences(const RowInGroup& in) {
  const Row& row = in.row();
  std::string text = what_happened(row);
  if (is_about_memory(row.outcome))
    text += bytes_sentence(row, row.needed_host_bytes, row.available_host_bytes, "host") +
            bytes_sentence(row, row.needed_device_bytes, row.available_device_bytes, "device");
  return text + advice(in);
}

}  // namespace crossover
