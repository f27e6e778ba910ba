// The k best of scored candidates, kept in order: highest score first, equal scores by the lower index,
// NaN behind every number. The order is total, so lists may be filled and merged in any order.
#pragma once

#include <limits>

#include "common/array.hpp"

namespace crossover {

template <class Score>
constexpr bool ranks_before(Score score, Index index, Score other_score, Index other_index) {
  if (score > other_score) return true;
  if (score < other_score) return false;
  const bool nan = score != score, other_nan = other_score != other_score;
  return nan == other_nan ? index < other_index : other_nan;
}

/// One query's list in arrays of k elements that it does not own. An empty slot is a NaN score with the
/// highest index there is, which ranks behind every candidate.
template <class Score>
struct Ranking {
  Score* score;
  Index* index;
  Index k;

  static constexpr Index no_index = std::numeric_limits<Index>::max();

  void clear() const {
    for (Index rank = 0; rank < k; ++rank) {
      score[rank] = std::numeric_limits<Score>::quiet_NaN();
      index[rank] = no_index;
    }
  }

  /// What a score must exceed to enter; NaN while there are fewer than k numbers.
  Score threshold() const { return score[k - 1]; }

  /// Returns whether the candidate entered.
  bool offer(Score new_score, Index new_index) const {
    if (!ranks_before(new_score, new_index, score[k - 1], index[k - 1])) return false;
    Index rank = k - 1;
    for (; rank > 0 && ranks_before(new_score, new_index, score[rank - 1], index[rank - 1]); --rank) {
      score[rank] = score[rank - 1];
      index[rank] = index[rank - 1];
    }
    score[rank] = new_score;
    index[rank] = new_index;
    return true;
  }

  /// The k best of both, which have no candidate in common: O(k).
  void merge(const Ranking& from) const {
    Index stay = 0, enter = 0;
    while (stay + enter < k) {
      if (enter < from.k && ranks_before(from.score[enter], from.index[enter], score[stay], index[stay]))
        ++enter;
      else
        ++stay;
    }
    for (Index rank = k - 1; enter > 0; --rank) {
      const bool entered = stay == 0 || ranks_before(score[stay - 1], index[stay - 1], from.score[enter - 1],
                                                     from.index[enter - 1]);
      score[rank] = entered ? from.score[--enter] : score[--stay];
      index[rank] = entered ? from.index[enter] : index[stay];
    }
  }
};

/// The lists of consecutive queries: rows of two matrices, queries x k.
struct Rankings {
  float* score;
  Index* index;
  Index k;

  Ranking<float> operator[](Index query) const { return {score + query * k, index + query * k, k}; }
};

}  // namespace crossover
