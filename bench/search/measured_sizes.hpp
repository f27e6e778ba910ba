// What a search has seen so far: blocks of timings by size and process, and what they say of each size.
#pragma once

#include <map>
#include <vector>

#include "bench/search/crossing.hpp"
#include "bench/search/zero_of_line.hpp"

namespace crossover {

/// Fewest blocks that an interval can be had from: one visit of the grid.
inline constexpr int look_blocks = 8;
/// Error of every interval of a search.
inline constexpr double search_alpha = 0.01;

class MeasuredSizes {
 public:
  struct Size {
    std::vector<double> a, b;           ///< seconds, all blocks
    std::vector<double> visit_medians;  ///< of ln(t_a / t_b), one for each process
    Faster by_blocks = Faster::undecided;

    int blocks() const { return static_cast<int>(a.size()); }
    int visits() const { return static_cast<int>(visit_medians.size()); }
    double d() const { return median(visit_medians); }
  };

  /// The blocks of one process, at least one.
  void add(Index size, const Visit&);
  /// A wall came: what is from there on is not to be searched.
  void forget_from(Index size);

  bool contains(Index size) const { return sizes_.contains(size); }
  const Size& at(Index size) const { return sizes_.at(size); }
  const std::map<Index, Size>& all() const { return sizes_; }

  /// Blocks decide, as in any comparison; but a difference that processes at one size have among themselves
  /// decides nothing: with Student's quantile the mean of the visits has to keep away from 3 % as well. How
  /// far processes differ is taken from all sizes that several have seen.
  Faster label(Index size) const;

  /// In the order of time.
  std::vector<VisitMedian> visits_within(double log_low, double log_high) const;

 private:
  double uncertainty(const Size&) const;
  void learn_spread();

  std::map<Index, Size> sizes_;
  std::vector<VisitMedian> visits_;
  double spread_ = 0;  ///< of visits at one size, standard deviation
  int degrees_ = 0;    ///< of freedom that it rests on
};

}  // namespace crossover
