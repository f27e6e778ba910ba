#include "bench/search/zero_of_line.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace crossover {
namespace {

constexpr double bounded_at = 1.345;  // standard deviations: Huber's, 95 % as good as least squares
constexpr int rounds = 15;
constexpr double settled = 1e-4;
constexpr double most_correlation = 0.9;
constexpr double process_blocks = 4;  // a visit of so many is worth half of one of infinitely many

double weight_of(const VisitMedian& visit) { return visit.blocks / (visit.blocks + process_blocks); }

/// d = mean + slope (log_size - centre), of points with these weights.
struct Line {
  double centre, mean, slope, weights, squares;  // squares: weighted, of log_size around the centre
};

std::optional<Line> least_squares(std::span<const VisitMedian> visits, std::span<const double> weights) {
  double w = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    w += weights[i];
    x += weights[i] * visits[i].log_size;
    y += weights[i] * visits[i].d;
  }
  const double centre = x / w, mean = y / w;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    xx += weights[i] * (visits[i].log_size - centre) * (visits[i].log_size - centre);
    xy += weights[i] * (visits[i].log_size - centre) * (visits[i].d - mean);
  }
  if (!(xx > 1e-12 * w)) return std::nullopt;
  return Line{centre, mean, xy / xx, w, xx};
}

/// Residuals, each in units of one visit of infinitely many blocks.
std::vector<double> residuals_of(const Line& line, std::span<const VisitMedian> visits) {
  std::vector<double> residuals;
  for (const VisitMedian& visit : visits)
    residuals.push_back(std::sqrt(weight_of(visit)) *
                        (visit.d - line.mean - line.slope * (visit.log_size - line.centre)));
  return residuals;
}

double spread_of(std::span<const double> residuals) {
  std::vector<double> sizes;
  for (const double residual : residuals) sizes.push_back(std::fabs(residual));
  return 1.4826 * median(sizes);
}

struct Fit {
  Line line;
  std::vector<double> bounded;  // residuals, cut at bounded_at standard deviations
  double spread;
  double uncut;  // share of the residuals that were not cut
};

std::optional<Fit> robust_fit(std::span<const VisitMedian> visits) {
  std::vector<double> own;
  for (const VisitMedian& visit : visits) own.push_back(weight_of(visit));
  std::optional<Line> line = least_squares(visits, own);
  std::vector<double> weights = own, residuals;
  double limit = 0;
  for (int i = 0; line && i < rounds; ++i) {
    residuals = residuals_of(*line, visits);
    limit = bounded_at * spread_of(residuals);
    for (std::size_t v = 0; v < visits.size(); ++v)
      weights[v] = own[v] * (std::fabs(residuals[v]) > limit ? limit / std::fabs(residuals[v]) : 1);
    if (limit == 0) weights = own;  // half of them lie on the line
    const double before = line->slope;
    line = least_squares(visits, weights);
    if (line && std::fabs(line->slope - before) <= settled * std::fabs(before)) break;
  }
  if (!line) return std::nullopt;
  residuals = residuals_of(*line, visits);
  const double spread = spread_of(residuals);
  Fit fit{*line, {}, spread, 0};
  for (const double residual : residuals) {
    fit.bounded.push_back(std::clamp(residual, -bounded_at * spread, bounded_at * spread));
    fit.uncut += (fit.bounded.back() == residual) / static_cast<double>(residuals.size());
  }
  // The line's own weights, not those of the last round: how far the zero is known depends on the design.
  const Line design = *least_squares(visits, own);
  fit.line.squares = design.squares;
  fit.line.weights = design.weights;
  return fit;
}

/// Of what remains in the order of time, corrected for the number of visits (Kendall, 1954).
double correlation_of(std::span<const double> bounded) {
  const double found = lag1_correlation(bounded);
  return std::clamp(found + (1 + 4 * found) / static_cast<double>(bounded.size()), 0.0, most_correlation);
}

/// Fieller's: sizes at which a line of 0 is within the line's own interval.
std::optional<Interval> fieller(const Line& line, double variance, double t) {
  const double a = line.slope * line.slope - t * t * variance / line.squares;
  if (!(a > 0)) return std::nullopt;
  const double b = line.mean * line.slope;
  const double c = line.mean * line.mean - t * t * variance / line.weights;
  const double root = std::sqrt(std::max(0.0, b * b - a * c));
  return Interval{line.centre + (-b - root) / a, line.centre + (-b + root) / a};
}

}  // namespace

double student_quantile(double alpha, double degrees_of_freedom) {
  // The normal quantile by bisection, then Cornish and Fisher's expansion in 1 / degrees.
  double low = 0, high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (std::erfc(middle / std::sqrt(2.0)) > alpha ? low : high) = middle;
  }
  const double z = low, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, n = degrees_of_freedom;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

std::optional<ZeroOfLine> zero_of_line(std::span<const VisitMedian> visits, double alpha) {
  if (visits.size() < 4) return std::nullopt;
  const std::optional<Fit> fit = robust_fit(visits);
  if (!fit || fit->line.slope == 0) return std::nullopt;
  const Line& line = fit->line;
  ZeroOfLine zero{line.centre - line.mean / line.slope, line.slope, fit->spread, std::nullopt};
  const auto count = static_cast<double>(visits.size());
  const double correlation = correlation_of(fit->bounded);
  const double inflation = (1 + correlation) / (1 - correlation);
  const double degrees = count / inflation - 2;
  if (degrees < fewest_degrees || fit->uncut == 0) return zero;
  double squares = 0;
  for (const double each : fit->bounded) squares += each * each;
  const double variance = inflation * squares / (count - 2) / (fit->uncut * fit->uncut);
  zero.interval = fieller(line, variance, student_quantile(alpha, degrees));
  return zero;
}

}  // namespace crossover
