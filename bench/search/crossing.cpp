// The difference of two solvers at a size is d = ln(t_a / t_b), block by block, so that what slows both
// cancels. Far from a crossing few blocks decide; sizes that stay undecided get more, from other processes.
// Inside a bracket sizes are drawn at random, a process and a few blocks for each, and a line through their
// medians over ln(size) says where d is 0: steps of the curve, layouts of memory and slow spells are then
// noise that the interval knows of.
#include "bench/search/crossing.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "bench/search/bracket.hpp"
#include "bench/search/wall_search.hpp"

namespace crossover {
namespace {

constexpr double points_per_octave = 2;
constexpr int label_blocks = 32;  // the most that a label is worth
constexpr int confirming_visits = 2;
constexpr int round_sizes = 4, round_blocks = 4;
constexpr double neighbours = 2;       // of a whole number: a small crossing is not known any better
constexpr int fewest_rounds = 6;       // a narrow interval of few processes is luck
constexpr double shortest_regime = 2;  // ratio of sizes: a shorter one of small differences is no regime
constexpr double small_difference = 0.1;

class Finder {
 public:
  explicit Finder(const CrossingSearch& search) : search_(search), high_(search.high), random_(search.seed) {
    if (search.low < 1 || search.high < search.low)
      throw std::invalid_argument("a range of sizes begins at 1 or more and does not end before it begins");
  }

  CrossingFindings find() {
    bound_by_prediction();
    label_grid();
    confirm_changes();
    const std::vector<Bracket> open = merged(brackets());
    for (std::size_t i = 0; i < open.size(); ++i) {
      const int left = std::max(search_.most_runs - found_.runs, 0);
      refine(open[i], found_.runs + left / static_cast<int>(open.size() - i));
    }
    name_regimes();
    return found_;
  }

 private:
  /// The largest size that fits, by arithmetic.
  void bound_by_prediction() {
    if (!search_.wall) return;
    const Boundary end =
        boundary_of(search_.low, high_, [&](Index size) { return search_.wall(size).empty(); });
    if (end.fails) hit_wall(*end.fails, search_.wall(*end.fails));
  }

  void hit_wall(Index size, const std::string& why) {
    high_ = std::min(high_, size - 1);
    found_.first_wall = size;
    found_.wall = why;
    measured_.forget_from(size);
  }

  /// One more process at a size. False where it met the wall, or the runs are spent.
  bool visit(Index size, int blocks, int most_runs) {
    blocks = std::min(blocks, most_runs - found_.runs);
    if (blocks <= 0) return false;
    const Visit visit = search_.visit(size, blocks);
    if (!visit.wall.empty()) {
      hit_wall(size, visit.wall);
      return false;
    }
    if (visit.blocks.empty()) throw std::runtime_error("a visit measured nothing, and met no wall");
    measured_.add(size, visit);
    found_.runs += static_cast<int>(visit.blocks.size());
    return true;
  }

  std::vector<Index> grid() const {
    std::vector<Index> sizes = {search_.low, high_};
    const double step = std::exp2(1 / points_per_octave);
    for (double size = static_cast<double>(search_.low) * step; size < static_cast<double>(high_) / 1.2;
         size *= step)
      sizes.push_back(std::llround(size));
    for (const Index probe : search_.probes)
      if (probe > search_.low && probe < high_) sizes.push_back(probe);
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return sizes;
  }

  /// Sizes in random order, so that a machine that drifts does not look like a size that matters.
  void label_grid() {
    if (high_ < search_.low) return;
    std::vector<Index> sizes = grid();
    std::shuffle(sizes.begin(), sizes.end(), random_);
    for (const Index size : sizes)
      if (size <= high_ && !visit(size, look_blocks, search_.most_runs) && size <= high_) ++found_.unseen;
    if (!measured_.contains(high_) && high_ >= search_.low) visit(high_, look_blocks, search_.most_runs);
    // What is nearest to being decided gets more first: it says soonest where the crossings are.
    while (const auto size = most_wanted())
      if (!grow(*size, 2 * measured_.at(*size).blocks(), search_.most_runs * 2 / 3)) break;
  }

  /// Visits until a size has so many blocks.
  bool grow(Index size, int blocks, int most_runs) {
    while (!measured_.contains(size) || measured_.at(size).blocks() < blocks)
      if (!visit(size, look_blocks, most_runs)) return false;
    return true;
  }

  /// The undecided size with the largest difference, of those with few blocks.
  std::optional<Index> most_wanted() const {
    std::optional<Index> best;
    double largest = 0;
    for (const auto& [size, here] : measured_.all()) {
      if (here.blocks() >= label_blocks || measured_.label(size) != Faster::undecided) continue;
      const double distance = std::fabs(here.d());
      if (!best || distance > largest) {
        best = size;
        largest = distance;
      }
    }
    return best;
  }

  /// Neighbouring wins of different solvers; ties and undecided sizes may lie between.
  std::vector<Bracket> brackets() const {
    std::vector<Bracket> all;
    std::optional<Index> last;
    for (const auto& [size, here] : measured_.all()) {
      const Faster label = measured_.label(size);
      if (!is_win(label)) continue;
      if (last && measured_.label(*last) != label)
        all.push_back({*last, size, measured_.label(*last), label});
      last = size;
    }
    return all;
  }

  /// A change of regime is looked at once more, by other processes; what they contradict is none.
  void confirm_changes() {
    for (bool looked = true; looked;) {
      looked = false;
      for (const Bracket& bracket : brackets())
        for (const Index size : {bracket.below, bracket.above})
          if (measured_.contains(size) && measured_.at(size).visits() < confirming_visits)
            looked |= visit(size, look_blocks, search_.most_runs);
    }
  }

  /// A win between two changes that is neither wide nor clear: the curves touch, and the changes are one.
  bool is_no_regime(Index first, Index last) const {
    if (static_cast<double>(last) >= shortest_regime * static_cast<double>(first)) return false;
    for (const auto& [size, here] : measured_.all())
      if (size >= first && size <= last && std::fabs(here.d()) > small_difference) return false;
    return true;
  }

  std::vector<Bracket> merged(const std::vector<Bracket>& brackets) const {
    std::vector<Bracket> all;
    for (const Bracket& bracket : brackets) {
      if (all.empty() || !is_no_regime(all.back().above, bracket.below)) {
        all.push_back(bracket);
      } else {
        all.back().above = bracket.above;
        all.back().after = bracket.after;
        all.back().alternates = true;
      }
    }
    return all;
  }

  void refine(Bracket bracket, int most_runs) {
    Index &below = bracket.below, &above = bracket.above;
    if (!measured_.contains(below) || !measured_.contains(above)) return;  // a wall came
    if (!bracket.alternates) bisect(bracket, most_runs);
    std::optional<Crossing> crossing;
    for (int rounds = 0; !bracket.alternates && !tie_within(measured_, bracket) && !is_narrow(bracket);
         ++rounds) {
      const std::optional<ZeroOfLine> line = line_within(measured_, bracket);
      crossing = estimate_within(measured_, bracket, line);
      const bool is_precise = rounds >= fewest_rounds && crossing && !crossing->is_unclear &&
                              crossing->interval.high - crossing->interval.low <=
                                  std::max(2 * search_.precision * crossing->size, neighbours);
      if (is_precise || !sample_around(bracket, line, crossing, most_runs)) break;
    }
    if (measured_.contains(below) && measured_.contains(above)) {  // else a wall came meanwhile
      const std::optional<Regime> plateau = tie_within(measured_, bracket);
      if (!crossing || plateau) crossing = bracket_alone(measured_, bracket);
      crossing->plateau = plateau;
    }
    if (crossing) found_.crossings.push_back(*crossing);
  }

  /// Halves the bracket while sizes are decided, each by two processes at least. Curves that cross smoothly
  /// soon come too near for that; a jump, which no line goes through, is followed to its place.
  void bisect(Bracket& bracket, int most_runs) {
    Index &below = bracket.below, &above = bracket.above;
    while (!is_narrow(bracket)) {
      const Index middle =
          std::llround(std::sqrt(static_cast<double>(below)) * std::sqrt(static_cast<double>(above)));
      if (middle <= below || middle >= above) return;
      if (!grow(middle, confirming_visits * look_blocks, most_runs)) return;
      if (measured_.label(middle) == Faster::undecided && !grow(middle, label_blocks, most_runs)) return;
      const Faster label = measured_.label(middle);
      if (label == bracket.before)
        below = middle;
      else if (label == bracket.after)
        above = middle;
      else
        return;
    }
  }

  /// A few blocks, a process for each size, in strata on either side of where the crossing seems to be.
  bool sample_around(const Bracket& bracket, const std::optional<ZeroOfLine>& line,
                     const std::optional<Crossing>& crossing, int most_runs) {
    const auto [below, above] = std::pair(bracket.below, bracket.above);
    const double low = std::log(static_cast<double>(below)), high = std::log(static_cast<double>(above));
    const double widest = 0.5 * (high - low);
    const double wanted =
        line ? std::max(2 * line->spread / std::fabs(line->slope), std::log(finest_ratio)) : widest;
    const double reach = std::min(wanted, widest), half = 0.5 * (low + high);
    const double middle = crossing && !crossing->is_unclear ? std::log(crossing->size) : half;
    const double centre = std::clamp(middle, std::min(low + reach, half), std::max(high - reach, half));
    std::vector<Index> sizes;
    for (int i = 0; i < round_sizes; ++i) {
      const double place = (i + std::uniform_real_distribution<double>(0, 1)(random_)) / round_sizes;
      sizes.push_back(
          std::clamp<Index>(std::llround(std::exp(centre + (2 * place - 1) * reach)), below, above));
    }
    std::shuffle(sizes.begin(), sizes.end(), random_);
    for (const Index size : sizes)
      if (!visit(size, round_blocks, most_runs)) return false;
    return true;
  }

  void name_regimes() {
    for (const auto& [size, here] : measured_.all()) {
      const Faster label = measured_.label(size);
      if (found_.regimes.empty() || found_.regimes.back().faster != label)
        found_.regimes.push_back({size, size, label});
      found_.regimes.back().last = size;
      found_.last_size = size;
      ++found_.sizes;
      found_.wins += is_win(label);
    }
    std::sort(found_.crossings.begin(), found_.crossings.end(),
              [](const Crossing& a, const Crossing& b) { return a.size < b.size; });
  }

  const CrossingSearch& search_;
  Index high_;
  std::mt19937_64 random_;
  MeasuredSizes measured_;
  CrossingFindings found_;
};

}  // namespace

bool is_settled(const CrossingFindings& found) {
  return found.unseen == 0 && !found.regimes.empty() && found.regimes.front().faster != Faster::undecided &&
         found.regimes.back().faster != Faster::undecided;
}

CrossingFindings find_crossings(const CrossingSearch& search) { return Finder(search).find(); }

}  // namespace crossover
