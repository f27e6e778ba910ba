// Selection. Each query has `splits` lists of k keys in the workspace; a warp owns one of them and offers it
// every split-th part of a score tile, so that lists need no lock and no barrier. A score is compared with
// the list's last entry before anything else is done: of n scores in random order only about k ln(n / k) go
// further. After the last tile a warp per query merges its lists, and then the state.
#pragma once

#include "common/top_k.hpp"
#include "gpu/similarity.hpp"
#include "gpu/similarity_keys.cuh"

namespace crossover::gpu {

/// Grid: any number of warps. Columns of a split: `segment`, a multiple of 128. `fresh`: lists hold nothing
/// yet.
__global__ void select_kernel(ScoreTile tile, KeyLists lists, Index segment, bool fresh) {
  constexpr int width = 4;  // scores of a lane at a time
  const int lane = static_cast<int>(threadIdx.x % 32);
  const Index warps = static_cast<Index>(gridDim.x) * blockDim.x / 32;
  const Index items = tile.queries * lists.splits;
  for (Index item = (static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; item < items;
       item += warps) {
    const Index query = item / lists.splits;
    const auto split = static_cast<int>(item % lists.splits);
    const Index begin = split * segment;
    const Index end = begin + segment < tile.rows ? begin + segment : tile.rows;
    Key* const stored = list_of(lists, query, split);
    WarpList list;
    if (!fresh && lane < lists.k) list.mine = stored[lane];
    const float* const row = tile.scores + query * tile.stride;
    Key threshold = list.at(lists.k - 1);
    float floor = score_of(threshold);
    for (Index column = begin; column < end; column += 32 * width) {
      const Index mine = column + lane * width;
      float4 scores = make_float4(0, 0, 0, 0);
      if (mine < end) scores = *reinterpret_cast<const float4*>(row + mine);  // rows are padded to whole ones
      const bool candidates =
          mine < end && !(scores.x < floor && scores.y < floor && scores.z < floor && scores.w < floor);
      if (!__any_sync(all_lanes, candidates)) continue;
      const float values[width] = {scores.x, scores.y, scores.z, scores.w};
      Key keys[width];
      for (int i = 0; i < width; ++i)
        keys[i] = mine + i < end ? key_of(ordered(values[i]), static_cast<unsigned>(tile.first + mine + i))
                                 : no_key;
      list.offer(keys, lists.k, lane);
      threshold = list.at(lists.k - 1);
      floor = score_of(threshold);
    }
    if (lane < lists.k) stored[lane] = list.mine;
  }
}

/// Grid: any number of warps. Queries are the first `queries` of lists, state and out. `first`: of the
/// piece's rows in the whole corpus. `start`: the state holds nothing; `last`: write out too.
__global__ void merge_kernel(KeyLists lists, Index queries, Index first, RankedRows state, RankedRows out,
                             bool start, bool last) {
  const int lane = static_cast<int>(threadIdx.x % 32), k = lists.k;
  const Index warps = static_cast<Index>(gridDim.x) * blockDim.x / 32;
  for (Index query = (static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; query < queries;
       query += warps) {
    const Key* const keys = list_of(lists, query, 0);
    const int count = lists.splits * k;
    WarpList list;
    for (int i = 0; i < count; i += 32) {
      const Key candidates[1] = {i + lane < count ? keys[i + lane] : no_key};
      list.offer(candidates, k, lane);
    }

    constexpr Index no_index = Ranking<float>::no_index;
    const float nan = score_of(no_key);
    const bool found = lane < k && list.mine != no_key, kept = lane < k && !start;
    const float score = found ? score_of(list.mine) : nan;
    const Index index = found ? first + static_cast<Index>(index_of(list.mine)) : no_index;
    const float old_score = kept ? state.score[query * k + lane] : nan;
    const Index old_index = kept ? state.index[query * k + lane] : no_index;
    // An entry's rank: those before it in its own list, and in the other.
    int rank = lane, old_rank = lane;
    for (int i = 0; i < k; ++i) {
      const float other_old = __shfl_sync(all_lanes, old_score, i), other = __shfl_sync(all_lanes, score, i);
      const Index other_old_index = __shfl_sync(all_lanes, static_cast<long long>(old_index), i);
      const Index other_index = __shfl_sync(all_lanes, static_cast<long long>(index), i);
      rank += ranks_before(other_old, other_old_index, score, index);
      old_rank += ranks_before(other, other_index, old_score, old_index);
    }
    const auto write = [&](int at, float value, Index row) {
      if (lane >= k || at >= k) return;
      state.score[query * k + at] = value;
      state.index[query * k + at] = row;
      if (!last) return;
      out.score[query * k + at] = value;
      out.index[query * k + at] = row;
    };
    write(rank, score, index);
    write(old_rank, old_score, old_index);
  }
}

}  // namespace crossover::gpu
