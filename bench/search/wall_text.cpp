#include "bench/base/format.hpp"
#include "bench/rows/columns.hpp"
#include "bench/rows/screen_labels.hpp"
#include "bench/search/wall.hpp"

namespace crossover {
namespace {

/// "ok, 1.2 s", "too_slow", "ok in 2 pieces"; empty where nothing was seen.
std::string seen_text(const std::optional<WallSide>& side) {
  if (!side || !side->seen) return {};
  const Row& row = *side->seen;
  std::string text = name_of(row.outcome);
  if (row.outcome == Outcome::ok && row.call_s) text += ", " + format_seconds(*row.call_s);
  if (row.outcome == Outcome::ok && row.chunks.value_or(1) > 1)
    text += ", " + std::to_string(*row.chunks) + " pieces";
  return text;
}

std::string size_text(const std::optional<WallSide>& side) {
  return side ? std::to_string(side->size) : std::string();
}

std::string needed_text(const std::optional<WallSide>& side) {
  return side ? bytes_text(static_cast<std::size_t>(side->needed_bytes)) : std::string();
}

std::string available_text(const Wall& wall) {
  std::string text = bytes_text(static_cast<std::size_t>(wall.available_bytes)) + " available";
  if (wall.slack_bytes > 0)
    text += ", " + bytes_text(static_cast<std::size_t>(wall.slack_bytes)) + " of it for the process itself";
  return text;
}

std::string ended_text(const Row& row) {
  std::string text = name_of(row.outcome);
  if (!row.phase_reached.empty()) text += " in " + row.phase_reached;
  return row.reason.empty() ? text : text + ": " + row.reason;
}

/// What the table cannot say of a wall, in sentences.
std::vector<std::string> remarks(const Wall& wall, const std::string& axis) {
  std::vector<std::string> said;
  if (!wall.unknown.empty()) return {"not foretold: " + wall.unknown};
  if (const std::string why = wall.contradiction(); !why.empty()) said.push_back("NOT CONFIRMED: " + why);
  if (!wall.first)
    said.push_back("no wall in this range: " + needed_text(wall.last) + " of " +
                   bytes_text(static_cast<std::size_t>(wall.available_bytes)) + " at " + axis + " = " +
                   size_text(wall.last) + " (" + wall.strategy + ")");
  else if (!wall.last)
    said.push_back("not even " + axis + " = " + size_text(wall.first) + " fits: " + available_text(wall) +
                   ": " + wall.limit);
  else if (wall.last->seen && wall.contradiction().empty() && wall.last->seen->outcome != Outcome::ok)
    said.push_back(axis + " = " + size_text(wall.last) + " fits: " + ended_text(*wall.last->seen));
  if (wall.first && wall.first->seen && wall.first->seen->outcome == Outcome::ok)
    said.push_back("goes on in pieces: " + axis + " = " + size_text(wall.first) + " is answered in " +
                   std::to_string(wall.first->seen->chunks.value_or(1)));
  if (wall.over && wall.over->seen)
    said.push_back("over the wall, " + axis + " = " + size_text(wall.over) + " (" + needed_text(wall.over) +
                   ") ended " +
                   (wall.over->seen->outcome == Outcome::ok
                        ? "ok all the same: the limit is not as tight as it was taken to be"
                        : ended_text(*wall.over->seen)));
  if (!wall.cliff.empty())
    said.push_back("at " + axis + " = " + std::to_string(wall.cliff_size) + ", " + wall.cliff);
  return said;
}

/// Each memory's limit once.
std::string limits_text(const std::vector<Wall>& walls, int width) {
  std::string text;
  for (const WallMemory memory : {WallMemory::host, WallMemory::device})
    for (const Wall& wall : walls) {
      if (wall.memory != memory) continue;
      text += wrapped(std::string("  ") + name_of(memory) + ": " + available_text(wall) +
                          (wall.limit.empty() ? "" : ": " + wall.limit),
                      width, 4);
      break;
    }
  return text;
}

std::string axis_of(const Options& options) {
  return options.problem->axes[static_cast<std::size_t>(options.vary)].name;
}

}  // namespace

const char* name_of(WallMemory memory) {
  switch (memory) {
    case WallMemory::host: return "host";
    case WallMemory::device: return "device";
    case WallMemory::device_in_pieces: break;
  }
  return "device in pieces";
}

std::string Wall::contradiction() const {
  // Refused: for the other memory, or the solver's own limit; this one's was asked.
  if (last && last->seen && last->seen->outcome != Outcome::ok && last->seen->outcome != Outcome::too_slow &&
      last->seen->outcome != Outcome::refused && last->seen->outcome != Outcome::unavailable)
    return std::to_string(last->size) + " should fit and ended " + ended_text(*last->seen);
  if (!first || !first->seen) return {};
  const Outcome outcome = first->seen->outcome;
  const bool cut = memory == WallMemory::device && first->seen->chunks.value_or(1) > 1;
  const bool expected = outcome == Outcome::refused || outcome == Outcome::unavailable ||
                        outcome == Outcome::too_slow || (cut && outcome == Outcome::ok);
  return expected ? std::string()
                  : std::to_string(first->size) + " should not fit and ended " + ended_text(*first->seen);
}

std::string walls_title(const Options& options, Index low, Index high) {
  std::string title = options.problem->name;
  for (std::size_t axis = 0; axis < options.problem->axes.size(); ++axis)
    if (static_cast<int>(axis) != options.vary)
      title += std::string(" ") + options.problem->axes[axis].name + "=" +
               std::to_string(options.sizes[axis].front());
  return wrapped(title + " " + name_of(options.types.front()) + ", " + axis_of(options) + " varied from " +
                     std::to_string(low) + " to " + std::to_string(high),
                 80, 2);
}

std::string render_walls(const std::vector<Wall>& walls, const Options& options, int width) {
  std::string text = limits_text(walls, width) + "\n";
  TextTable table;
  const auto add = [&](const char* header, auto&& cell) {
    std::vector<std::string> cells;
    for (const Wall& wall : walls) cells.push_back(cell(wall));
    table.add(header, std::move(cells));
  };
  add("solver", [](const Wall& wall) { return long_label(wall.planned); });
  add("memory", [](const Wall& wall) { return std::string(name_of(wall.memory)); });
  add("last\nthat fits", [](const Wall& wall) { return size_text(wall.last); });
  add("needs", [](const Wall& wall) { return needed_text(wall.last); });
  add("ended", [](const Wall& wall) { return seen_text(wall.last); });
  add("first that\ndoes not", [](const Wall& wall) { return size_text(wall.first); });
  add("ended", [](const Wall& wall) { return seen_text(wall.first); });
  if (!walls.empty()) text += table.text(width) + "\n";
  for (const Wall& wall : walls)
    for (const std::string& remark : remarks(wall, axis_of(options)))
      text += wrapped(long_label(wall.planned) + ", " + name_of(wall.memory) + ": " + remark, width, 2);
  return text;
}

std::vector<std::string> wall_header(const Options& options) {
  std::vector<std::string> header = {"problem",      "type",         "axis",
                                     "from",         "to",           "backend",
                                     "solver",       "threads",      "transfer",
                                     "memory",       "last_size",    "last_bytes",
                                     "last_outcome", "last_call_s",  "last_reason",
                                     "first_size",   "first_bytes",  "first_outcome",
                                     "first_chunks", "first_reason", "available_bytes",
                                     "slack_bytes",  "limit",        "over_size",
                                     "over_bytes",   "over_outcome", "over_phase",
                                     "over_reason",  "cliff_size",   "cliff",
                                     "note",         "source",       "label"};
  for (std::size_t axis = 0; axis < options.problem->axes.size(); ++axis)
    if (static_cast<int>(axis) != options.vary) header.emplace_back(options.problem->axes[axis].name);
  return header;
}

std::vector<std::string> wall_record(const Wall& wall, const Options& options, const std::string& label) {
  const auto seen = [](const std::optional<WallSide>& side, auto&& cell) {
    return side && side->seen ? cell(*side->seen) : std::string();
  };
  const auto bytes = [](const std::optional<WallSide>& side) {
    return side ? std::to_string(side->needed_bytes) : std::string();
  };
  const auto outcome = [](const Row& row) { return std::string(name_of(row.outcome)); };
  const auto reason = [](const Row& row) { return row.reason; };
  std::string note = wall.unknown.empty() ? wall.contradiction() : wall.unknown;
  if (note.empty() && !wall.first) note = "no wall in this range";
  std::vector<std::string> record = {
      options.problem->name,
      name_of(options.types.front()),
      axis_of(options),
      std::to_string(options.vary_from),
      std::to_string(options.vary_to),
      wall.planned.backend,
      wall.planned.solver,
      std::to_string(wall.planned.threads),
      wall.planned.transfer,
      name_of(wall.memory),
      size_text(wall.last),
      bytes(wall.last),
      seen(wall.last, outcome),
      seen(wall.last, [](const Row& row) { return row.call_s ? print_number(*row.call_s) : std::string(); }),
      seen(wall.last, reason),
      size_text(wall.first),
      bytes(wall.first),
      seen(wall.first, outcome),
      seen(wall.first,
           [](const Row& row) {
             return row.outcome == Outcome::ok ? std::to_string(row.chunks.value_or(1)) : "";
           }),
      seen(wall.first, reason),
      std::to_string(wall.available_bytes),
      std::to_string(wall.slack_bytes),
      wall.limit,
      size_text(wall.over),
      bytes(wall.over),
      seen(wall.over, outcome),
      seen(wall.over, [](const Row& row) { return row.phase_reached; }),
      seen(wall.over, reason),
      wall.cliff.empty() ? "" : std::to_string(wall.cliff_size),
      wall.cliff,
      note,
      wall.planned.source,
      label};
  for (std::size_t axis = 0; axis < options.problem->axes.size(); ++axis)
    if (static_cast<int>(axis) != options.vary) record.push_back(std::to_string(options.sizes[axis].front()));
  return record;
}

}  // namespace crossover
