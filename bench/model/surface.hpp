// What a solver takes between the shapes at which it was measured. Times are divided by the work, or by the
// time that the machine allows for it, and the logarithm of that is interpolated, linearly, over the
// logarithms of the sizes: power laws come out exactly, and steps between caches where bandwidth makes them.
//
// The shapes need not fill a grid. Points that differ only in the axis that cuts the first input (rows,
// corpus, n) form a ladder; ladders of one dim, queries or cols form levels, and are interpolated across
// them. Where the ladders agree in the elements of that input rather than in their sizes, they are read at
// equal elements, so that what fits a cache is not mixed with what does not.
//
// Beyond the largest size the rate stays constant. Below the smallest, what its last two points leave as a
// fixed cost stays.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/base/interpolation.hpp"
#include "bench/model/profile.hpp"

namespace crossover {

/// What a quantity is thought to grow with (least_s: the time that the machine allows); the one in whose
/// terms it varies least is taken.
enum class Measure : std::uint8_t { none, least_s, flops, bytes_in };

class Surface {
 public:
  /// Which seconds of the points; a point where they are 0 has none.
  struct Quantity {
    Figure SolverPoint::*seconds;
    std::vector<Measure> measures;
    /// The time that no solver can beat; where a measured point has beaten it, it counts as much less as
    /// the point had. (optional)
    std::function<double(const Shape&)> least_s{};
  };

  struct Value {
    Figure seconds;
    /// ln(size / the nearest measured) for each axis: above 0 beyond the largest, below 0 before the
    /// smallest, 0 within. On the ladder's axis perhaps of the elements of the first input.
    std::array<double, max_axes> beyond{};
    bool known = false;  ///< some point has the quantity

    /// Of a shape that lies among those measured, but for what rounding is.
    bool is_within() const;
    /// Of a shape beyond 30 times the largest measured, or below a 30th of the smallest: a guess.
    bool is_far() const;
  };

  /// The points must outlive it.
  Surface(const Problem&, Type, std::span<const SolverPoint>);

  Value at(const Shape&, const Quantity&) const;

  /// "interpolated", "at 3.2x the largest shape measured", "dim 2.0x the largest measured".
  std::string basis(const Value&) const;

 private:
  struct Query;
  Estimate at_point(const SolverPoint&, const Query&) const;
  Estimate over(std::span<const SolverPoint* const>, std::size_t depth, const Query&) const;

  double coordinate(const Shape&, int axis) const;
  double amount(Measure, const Quantity&, const Shape&) const;
  std::pair<double, double> range(const Quantity&, Measure) const;
  Measure steadiest(const Quantity&) const;

  const Problem& problem_;
  const Type type_;
  std::vector<int> axes_;  ///< in the order of interpolation: the ladder's is the last
  bool by_elements_ = true;
  std::vector<const SolverPoint*> points_;
};

}  // namespace crossover
