// Candidates as 64-bit numbers that order as the problem orders them: the higher score first, equal scores by
// the lower index, NaN behind every number. Distinct rows have distinct keys, so that the k best of a query
// are the same in whatever order candidates come and lists are merged.
#pragma once

#include "gpu/similarity.hpp"

namespace crossover::gpu {

inline constexpr Key no_key = 0;  ///< behind every candidate

/// Numbers of the same order; 0 for NaN.
__device__ inline unsigned ordered(float score) {
  const unsigned bits = __float_as_uint(score + 0.0F);  // -0 becomes 0
  if (!(score == score)) return 0;
  return (bits & 0x80000000U) ? ~bits : bits | 0x80000000U;
}

/// Of corpus row `index` of the piece.
__device__ inline Key key_of(unsigned ordered_score, unsigned index) {
  return static_cast<Key>(ordered_score) << 32 | ~index;
}

__device__ inline unsigned ordered_score_of(Key key) { return static_cast<unsigned>(key >> 32); }

/// NaN for no_key too.
__device__ inline float score_of(Key key) {
  const unsigned score = ordered_score_of(key);
  if (score == 0) return __uint_as_float(0x7fc00000U);
  return __uint_as_float((score & 0x80000000U) ? score ^ 0x80000000U : ~score);
}

__device__ inline unsigned index_of(Key key) { return ~static_cast<unsigned>(key); }

__device__ inline Key* list_of(const KeyLists& lists, Index query, int split) {
  return lists.keys + (query * lists.splits + split) * lists.k;
}

inline constexpr unsigned all_lanes = 0xffffffffU;

/// The highest of the keys of `Lanes` neighbouring lanes, in all of them.
template <int Lanes>
__device__ Key highest_key(Key key) {
  for (int distance = Lanes / 2; distance > 0; distance /= 2) {
    const Key other = __shfl_xor_sync(all_lanes, key, distance);
    key = other > key ? other : key;
  }
  return key;
}

/// The best 32 keys that a warp has seen, lane i holding rank i.
struct WarpList {
  Key mine = no_key;

  /// `key` is the same in all lanes.
  __device__ void insert(Key key, int lane) {
    const int rank = __popc(__ballot_sync(all_lanes, mine > key));
    const Key above = __shfl_up_sync(all_lanes, mine, 1);
    if (lane >= rank) mine = lane == rank ? key : above;
  }

  __device__ Key at(int rank) const { return __shfl_sync(all_lanes, mine, rank); }

  /// Inserts those of the warp's keys, `Count` of each lane, that belong to the best k. The best come first:
  /// at most k are inserted, in whatever order they lie.
  template <int Count>
  __device__ void offer(const Key (&keys)[Count], int k, int lane) {
    Key threshold = at(k - 1), previous = ~no_key;
    for (;;) {
      Key best = no_key;
      for (int i = 0; i < Count; ++i)
        if (keys[i] < previous && keys[i] > best) best = keys[i];
      if (!__any_sync(all_lanes, best > threshold)) return;
      best = highest_key<32>(best);
      insert(best, lane);
      threshold = at(k - 1);
      previous = best;
    }
  }
};

}  // namespace crossover::gpu
