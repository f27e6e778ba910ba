// The candidates that a thread keeps of each query, in order of their corpus rows.
//
// Up to most_ranked of them are kept in order of rank: a Ranking, into which few scores enter. More would
// move too often. Then scores above a floor are only collected; when there is no more room, the k best stay,
// and the k-th is the new floor: O(corpus) for any k. They are put in order of rank once, at the end.
#pragma once

#include <cstdint>

#include "cpu/similarity.hpp"
#include "cpu/tile_kernels.hpp"

namespace crossover::cpu {

class Lists {
 public:
  static constexpr Index most_ranked = 32;

  static constexpr bool are_ranked(Index k) { return k <= most_ranked; }

  /// Of a query, without what a thread needs once.
  static Index bytes_of_one(Index k, Index corpus);
  /// Of `queries` lists of a thread: whole cache lines.
  static std::size_t bytes(Index queries, Index k, Index corpus);
  Lists(std::byte* memory, Index queries, Index k, Index corpus);

  /// The same where those of k <= most_ranked are the piece's state itself, which has them in order.
  static std::size_t bytes_beside_state(Index queries, Index k, Index corpus) {
    return are_ranked(k) ? 0 : bytes(queries, k, corpus);
  }
  Lists(std::byte* memory, Index queries, const SimilarityPiece&, Index first_query);

  void clear(Index query) const;

  /// Takes the scores of corpus rows first, first + 1, ..., which lie behind those that it has seen.
  void offer(const float* scores, Index count, Index first, Index query) const {
    if (ranked_.score != nullptr)
      offer_all(ranked_[query], scores, count, first);
    else
      collect(scores, count, first, query);
  }
  /// The same with vector kernels: see TileKernels::select.
  void select(const TileKernels& kernels, float* scores, Index count, Index padded, Index first,
              Index query) const {
    if (ranked_.score != nullptr)
      kernels.select(scores, count, padded, first, ranked_[query]);
    else
      collect(scores, count, first, query);
  }

  /// Joins a query's list with the state. `own`: of the calling thread.
  void merge_into(const Ranking<float>& state, Index query, const Lists& own) const;

 private:
  struct Head {
    Index count;
    float floor;  ///< what a score must reach to be among the k best so far; NaN: nothing
  };

  void collect(const float* scores, Index count, Index first, Index query) const;
  void keep_best(Index query, const Lists& own) const;
  void take_room(std::byte* memory, Index queries);

  Rankings ranked_{};  ///< null: collected
  bool is_state_ = false;
  Index k_, capacity_;
  float* score_ = nullptr;
  Index* index_ = nullptr;
  Head* head_ = nullptr;
  std::uint64_t* sorted_ = nullptr;  ///< two arrays of capacity_, for one query at a time
  float* sorted_score_ = nullptr;
};

}  // namespace crossover::cpu
