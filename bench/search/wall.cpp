#include "bench/search/wall.hpp"

#include <array>
#include <cstdio>

#include "bench/base/interrupt.hpp"
#include "bench/base/printable.hpp"
#include "bench/base/progress.hpp"
#include "bench/rows/cliff.hpp"
#include "bench/rows/csv.hpp"
#include "bench/rows/screen_labels.hpp"
#include "bench/screen/screen.hpp"
#include "bench/search/wall_probe.hpp"
#include "bench/search/wall_search.hpp"

namespace crossover {
namespace {

/// Of what the last size needs: where the cliff before the wall is looked for.
constexpr std::array before_the_wall = {0.5, 0.7, 0.8, 0.9, 0.95};
constexpr double far_over = 1.25;  // of the size at which even the slack is used up

class WallSearch {
 public:
  explicit WallSearch(const Options& options)
      : options_(options), probe_(options), range_(range_of(options)) {}

  const SizeRange& range() const { return range_; }
  const WallProbe& probe() const { return probe_; }

  /// `told` is called with each wall as soon as it is confirmed.
  template <class Told>
  void find(Told&& told) {
    for (const Case& subject : probe_.cases()) {
      const Row planned = probe_.planned(subject, range_.low);
      if (planned.outcome == Outcome::unavailable && probe_.need(subject, range_.low, false).cannot.empty()) {
        absent_.push_back(planned);
        continue;
      }
      for (const WallMemory memory : memories_of(subject)) {
        Wall wall = predicted(subject, memory);
        if (wall.first && wall.last) confirm(subject, wall);
        const bool goes_on = memory == WallMemory::device && !wall.first;
        told(std::move(wall));
        if (goes_on) break;  // nothing has to be cut
      }
    }
  }

  /// Cases that cannot run here at all.
  const std::vector<Row>& absent() const { return absent_; }

 private:
  std::vector<WallMemory> memories_of(const Case& subject) const {
    if (!probe_.report_of(subject)) return {WallMemory::host};
    return {WallMemory::host, WallMemory::device, WallMemory::device_in_pieces};
  }

  Need need(const Case& subject, WallMemory memory, Index size) const {
    return probe_.need(subject, size, memory == WallMemory::device);
  }

  Wall predicted(const Case& subject, WallMemory memory) const {
    return wall_by_arithmetic(probe_.planned(subject, range_.low), subject, memory, options_, range_.low,
                              range_.high, [&](Index size) { return need(subject, memory, size); });
  }

  Row run(const Case& subject, Index size, bool over_the_wall) {
    progress_.show(long_label(probe_.planned(subject, size)) + ": " + axis_name() + " = " +
                   std::to_string(size) + (over_the_wall ? ", over the wall" : ""));
    const Row row = probe_.run(subject, size, over_the_wall);
    progress_.clear();
    return row;
  }

  /// Runs sizes up to the last one that fits, and what comes behind it.
  void confirm(const Case& subject, Wall& wall) {
    const auto bytes = [&](Index size) {
      return static_cast<double>(needed_bytes(need(subject, wall.memory, size), wall.memory));
    };
    std::vector<Row> smaller;
    for (const Index size : sizes_before(range_.low, wall.last->size, before_the_wall, bytes)) {
      const bool too_slow = !smaller.empty() && smaller.back().outcome == Outcome::too_slow;
      const bool is_last = size == wall.last->size;
      if (too_slow && !is_last) continue;
      Row row = too_slow ? slower_than(smaller.back(), subject, size) : run(subject, size, false);
      if (const std::string cliff = cliff_before_wall(row, smaller); wall.cliff.empty() && !cliff.empty()) {
        wall.cliff = cliff;
        wall.cliff_size = size;
      }
      if (is_last) wall.last->seen = row;
      smaller.push_back(std::move(row));
    }
    const bool in_time = wall.last->seen->outcome != Outcome::too_slow;
    const bool refused = wall.memory != WallMemory::device;
    if (refused || in_time) wall.first->seen = run(subject, wall.first->size, false);
    if (options_.over_the_wall && in_time && wall.memory != WallMemory::device_in_pieces)
      wall.over = over(subject, wall);
  }

  /// A larger size is not forecast again where a smaller one was too slow.
  Row slower_than(const Row& smaller, const Case& subject, Index size) const {
    Row row = probe_.planned(subject, size);
    row.outcome = Outcome::too_slow;
    row.forecast_s = smaller.forecast_s;
    row.reason = "not run: at " + axis_name() + " = " + std::to_string(smaller.sizes.at(axis_name())) + ", " +
                 smaller.reason;
    return row;
  }

  /// One element over the wall the slack may still be enough: then the first size for which it is not, and
  /// one well beyond.
  WallSide over(const Case& subject, const Wall& wall) {
    const Index first = wall.first->size;
    const auto needed = [&](Index size) {
      return needed_bytes(need(subject, wall.memory, size), wall.memory);
    };
    const Index full = boundary_of(first, range_.high, [&](Index size) {
                         return needed(size) <= wall.available_bytes;
                       }).fails.value_or(range_.high);
    const auto beyond =
        static_cast<Index>(std::min(far_over * static_cast<double>(full), static_cast<double>(range_.high)));
    WallSide tried;
    for (const Index size : {first, full, beyond}) {
      if (size <= tried.size) continue;
      tried = {size, needed(size), run(subject, size, true)};
      if (tried.seen->outcome != Outcome::ok) break;
    }
    return tried;
  }

  std::string axis_name() const {
    return options_.problem->axes[static_cast<std::size_t>(options_.vary)].name;
  }

  const Options& options_;
  WallProbe probe_;
  const SizeRange range_;
  Progress progress_{!options_.quiet};
  std::vector<Row> absent_;
};

}  // namespace

int wall_command(const Options& options) {
  note_interrupts();
  WallSearch search(options);
  std::FILE* const stream = options.csv == "-" ? stderr : stdout;
  std::optional<OutputFile> file;
  if (!options.csv.empty()) {
    file.emplace(options.csv, options.force ? Existing::replace : Existing::refuse);
    file->write(csv_record(wall_header(options)));
  }
  std::vector<Wall> walls;
  bool stopped = false;
  try {
    search.find([&](Wall wall) {
      if (file) file->write(csv_record(wall_record(wall, options, search.probe().label())));
      walls.push_back(std::move(wall));
    });
  } catch (const WallInterrupted&) {
    stopped = true;
  }
  const SizeRange& range = search.range();
  std::string text = walls_title(options, range.low, range.high) + render_walls(walls, options);
  if (!range.end.empty()) text += "  the range ends there: " + range.end + "\n";
  print(stream, text + render_absences(search.absent()));
  if (stopped) {
    print(stderr, "crossover: interrupted: walls that were found before are above\n");
    return interrupted_status;
  }
  for (const Wall& wall : walls)
    if (!wall.contradiction().empty()) return 1;
  return 0;
}

}  // namespace crossover
