// The difference of two solvers at a size is d = ln(t_a / t_b), block by block, so that what slows both
// cancels. Far from a crossing few blocks decide; sizes that stay undecided get more. Inside a bracket a line
// is fitted through the medians of d over ln(size), and each block then implies a crossing of its own,
// ln(size) - d / slope: their median is the estimate, and its rank interval, widened where blocks correlate,
// is the interval.
#include "bench/crossing.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <stdexcept>

namespace crossover {
namespace {

constexpr double points_per_octave = 2;
constexpr int look_blocks = 8;    // the fewest that an interval can be had from
constexpr int label_blocks = 32;  // and the most that a label is worth
constexpr double finest_ratio = 1.05;
constexpr double alpha = 0.01;

double logarithm(Index size) { return std::log(static_cast<double>(size)); }

bool is_win(Faster faster) { return faster == Faster::a || faster == Faster::b; }

/// One block at one size, in the order in which they were taken.
struct Observation {
  double log_size, d;
};

struct Point {
  std::vector<double> a, b;
  Faster label = Faster::undecided;

  int blocks() const { return static_cast<int>(a.size()); }
  double d() const {
    std::vector<double> logs;
    for (std::size_t i = 0; i < a.size(); ++i) logs.push_back(log_ratio(a[i], b[i]));
    return median(logs);
  }
};

class Finder {
 public:
  explicit Finder(const CrossingSearch& search) : search_(search), high_(search.high), random_(search.seed) {
    if (search.low < 1 || search.high < search.low)
      throw std::invalid_argument("a range of sizes begins at 1 or more and does not end before it begins");
  }

  CrossingFindings find() {
    bound_by_prediction();
    label_grid();
    for (const auto& [below, above] : brackets()) confirm(below, above);
    const std::vector<std::pair<Index, Index>> open = brackets();
    for (std::size_t i = 0; i < open.size(); ++i) {
      const int left = std::max(search_.most_runs - found_.runs, 0);
      refine(open[i].first, open[i].second, found_.runs + left / static_cast<int>(open.size() - i));
    }
    name_regimes();
    return found_;
  }

 private:
  /// The largest size that fits, by arithmetic.
  void bound_by_prediction() {
    if (!search_.wall) return;
    const std::string at_high = search_.wall(high_);
    if (at_high.empty()) return;
    Index fits = search_.low - 1, walled = high_;
    while (walled - fits > 1) {
      const Index middle = fits + (walled - fits) / 2;
      (search_.wall(middle).empty() ? fits : walled) = middle;
    }
    hit_wall(walled, search_.wall(walled));
  }

  void hit_wall(Index size, const std::string& why) {
    high_ = std::min(high_, size - 1);
    found_.first_wall = size;
    found_.wall = why;
    points_.erase(points_.lower_bound(size), points_.end());
  }

  /// More blocks at a size, and its label anew. False where it met the wall, or the runs are spent.
  bool visit(Index size, int blocks, int most_runs) {
    blocks = std::min(blocks, most_runs - found_.runs);
    if (blocks <= 0) return false;
    const Visit visit = search_.visit(size, blocks);
    if (!visit.wall.empty()) {
      hit_wall(size, visit.wall);
      return false;
    }
    if (visit.blocks.empty()) throw std::runtime_error("a visit measured nothing, and met no wall");
    Point& point = points_[size];
    for (const TimedBlock& block : visit.blocks) {
      point.a.push_back(block.a_s);
      point.b.push_back(block.b_s);
      observations_.push_back({logarithm(size), log_ratio(block.a_s, block.b_s)});
    }
    found_.runs += static_cast<int>(visit.blocks.size());
    point.label = compare_blocks(point.a, point.b, alpha).verdict;
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
      if (size <= high_) visit(size, look_blocks, search_.most_runs);
    if (!points_.contains(high_) && high_ >= search_.low) visit(high_, look_blocks, search_.most_runs);
    // What is nearest to being decided gets more first: it says soonest where the crossings are.
    while (const auto size = most_wanted())
      if (!visit(*size, points_.at(*size).blocks(), search_.most_runs * 2 / 3)) break;
  }

  /// The undecided size with the largest difference, of those with few blocks.
  std::optional<Index> most_wanted() const {
    std::optional<Index> best;
    double largest = 0;
    for (const auto& [size, point] : points_) {
      if (point.label != Faster::undecided || point.blocks() >= label_blocks) continue;
      const double distance = std::fabs(point.d());
      if (!best || distance > largest) {
        best = size;
        largest = distance;
      }
    }
    return best;
  }

  /// Neighbouring wins of different solvers; ties and undecided sizes may lie between.
  std::vector<std::pair<Index, Index>> brackets() const {
    std::vector<std::pair<Index, Index>> all;
    std::optional<Index> last;
    for (const auto& [size, point] : points_) {
      if (!is_win(point.label)) continue;
      if (last && points_.at(*last).label != point.label) all.emplace_back(*last, size);
      last = size;
    }
    return all;
  }

  /// A change of regime is looked at once more, in other processes.
  void confirm(Index below, Index above) {
    for (const Index size : {below, above})
      if (points_.contains(size)) visit(size, look_blocks, search_.most_runs);
  }

  struct Line {
    double crossing, slope, spread;  // spread: of a block around the line
  };

  /// Through the medians of the sizes in the bracket, each with the weight of its blocks.
  std::optional<Line> fit(Index below, Index above) const {
    double weights = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (auto point = points_.find(below); point != points_.end() && point->first <= above; ++point) {
      const double weight = point->second.blocks(), log_size = logarithm(point->first), d = point->second.d();
      weights += weight;
      x += weight * log_size;
      y += weight * d;
      xx += weight * log_size * log_size;
      xy += weight * log_size * d;
    }
    const double variance = xx / weights - x / weights * (x / weights);
    if (!(variance > 0)) return std::nullopt;
    const double slope = (xy / weights - x / weights * (y / weights)) / variance;
    if (slope == 0) return std::nullopt;
    const double crossing = x / weights - y / weights / slope;
    std::vector<double> residuals;
    for (const Observation& each : inside(below, above))
      residuals.push_back(std::fabs(each.d - slope * (each.log_size - crossing)));
    return Line{crossing, slope, 1.5 * median(residuals)};
  }

  std::vector<Observation> inside(Index below, Index above) const {
    std::vector<Observation> all;
    for (const Observation& each : observations_)
      if (each.log_size >= logarithm(below) && each.log_size <= logarithm(above)) all.push_back(each);
    return all;
  }

  void refine(Index below, Index above, int most_runs) {
    if (!points_.contains(below) || !points_.contains(above)) return;  // a wall came
    const Faster before = points_.at(below).label, after = points_.at(above).label;
    bisect(below, above, most_runs);
    std::optional<Crossing> crossing;
    while (!tie_between(below, above) && !is_narrow(below, above)) {
      crossing = estimate(below, above, before, after);
      const bool is_precise = crossing && crossing->interval.high - crossing->interval.low <=
                                              2 * search_.precision * crossing->size;
      if (is_precise || !sample_around(below, above, crossing, most_runs)) break;
    }
    if (points_.contains(below) && points_.contains(above)) {  // else a wall came meanwhile
      const std::optional<Regime> plateau = tie_between(below, above);
      if (!crossing || plateau) crossing = bracket_alone(below, above, before, after);
      crossing->plateau = plateau;
    }
    if (crossing) found_.crossings.push_back(*crossing);
  }

  /// Halves the bracket while sizes are decided. Curves that cross smoothly soon come too near for that; a
  /// jump, which no line goes through, is followed to its place.
  void bisect(Index& below, Index& above, int most_runs) {
    while (!is_narrow(below, above)) {
      const Index middle =
          std::llround(std::sqrt(static_cast<double>(below)) * std::sqrt(static_cast<double>(above)));
      if (middle <= below || middle >= above) return;
      if (!points_.contains(middle) && !visit(middle, look_blocks * 2, most_runs)) return;
      if (points_.at(middle).label == Faster::undecided && points_.at(middle).blocks() < label_blocks &&
          !visit(middle, label_blocks - points_.at(middle).blocks(), most_runs))
        return;
      const Faster label = points_.at(middle).label;
      if (label == points_.at(below).label)
        below = middle;
      else if (label == points_.at(above).label)
        above = middle;
      else
        return;
    }
  }

  static bool is_narrow(Index below, Index above) {
    return above - below == 1 || static_cast<double>(above) / static_cast<double>(below) <= finest_ratio;
  }

  /// A few blocks on either side of where the crossing seems to be.
  bool sample_around(Index below, Index above, const std::optional<Crossing>& crossing, int most_runs) {
    const std::optional<Line> line = fit(below, above);
    const double low = logarithm(below), high = logarithm(above);
    const double centre = crossing ? std::log(crossing->size) : 0.5 * (low + high);
    const double widest = 0.5 * (high - low);
    const double reach =
        line ? std::clamp(line->spread / std::fabs(line->slope), std::log(finest_ratio), widest) : widest;
    std::vector<Index> sizes;
    for (const double share : {-1.0, -0.5, 0.5, 1.0})
      sizes.push_back(std::clamp(std::llround(std::exp(centre + share * reach)),
                                 static_cast<long long>(below), static_cast<long long>(above)));
    std::shuffle(sizes.begin(), sizes.end(), random_);
    for (const Index size : sizes)
      if (!visit(size, look_blocks / 2, most_runs)) return false;
    return true;
  }

  std::optional<Crossing> estimate(Index below, Index above, Faster before, Faster after) const {
    const std::optional<Line> line = fit(below, above);
    if (!line || (line->slope > 0) != (before == Faster::a))
      return std::nullopt;  // t_a / t_b rises: a was ahead
    const double reach =
        std::max(3 * line->spread / std::fabs(line->slope), std::log(1.5));  // where it is a line
    std::vector<double> logs;
    for (const Observation& each : inside(below, above))
      if (std::fabs(each.log_size - line->crossing) <= reach)
        logs.push_back(each.log_size - each.d / line->slope);
    if (logs.size() < static_cast<std::size_t>(look_blocks)) return std::nullopt;
    const std::optional<Interval> interval = extended_median_interval(logs, alpha);
    if (!interval) return std::nullopt;
    const auto in_bracket = [&](double log_size) {
      return std::clamp(std::exp(log_size), static_cast<double>(below), static_cast<double>(above));
    };
    return Crossing{.size = in_bracket(median(logs)),
                    .interval = {in_bracket(interval->low), in_bracket(interval->high)},
                    .below = below,
                    .above = above,
                    .before = before,
                    .after = after,
                    .slope = line->slope,
                    .runs = static_cast<int>(logs.size())};
  }

  std::optional<Regime> tie_between(Index below, Index above) const {
    Regime tie{0, 0, Faster::tie};
    for (auto point = points_.find(below); point != points_.end() && point->first <= above; ++point) {
      if (point->second.label != Faster::tie) continue;
      if (tie.first == 0) tie.first = point->first;
      tie.last = point->first;
    }
    return tie.last > 2 * tie.first ? std::optional(tie) : std::nullopt;
  }

  /// Where no line can be had, as between neighbouring whole numbers: the bracket is all that is known.
  Crossing bracket_alone(Index below, Index above, Faster before, Faster after) const {
    const auto low = static_cast<double>(below), high = static_cast<double>(above);
    return {.size = std::sqrt(low * high),
            .interval = {low, high},
            .below = below,
            .above = above,
            .before = before,
            .after = after,
            .plateau = {},
            .slope = 0,
            .runs = points_.at(below).blocks() + points_.at(above).blocks()};
  }

  void name_regimes() {
    for (const auto& [size, point] : points_) {
      if (found_.regimes.empty() || found_.regimes.back().faster != point.label)
        found_.regimes.push_back({size, size, point.label});
      found_.regimes.back().last = size;
      found_.last_size = size;
      ++found_.sizes;
      found_.wins += is_win(point.label);
    }
    std::sort(found_.crossings.begin(), found_.crossings.end(),
              [](const Crossing& a, const Crossing& b) { return a.size < b.size; });
  }

  const CrossingSearch& search_;
  Index high_;
  std::mt19937_64 random_;
  std::map<Index, Point> points_;
  std::vector<Observation> observations_;
  CrossingFindings found_;
};

}  // namespace

CrossingFindings find_crossings(const CrossingSearch& search) { return Finder(search).find(); }

}  // namespace crossover
