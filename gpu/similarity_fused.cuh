// Product and selection in one kernel. A block holds 128 queries against one tile of 128 corpus rows after
// the other; a thread computes 8 x 8 of the scores in registers, from 8 columns at a time that lie in shared
// memory, twice: while one buffer is computed with, the other is filled. The 128 scores of a query end in the
// registers of 16 neighbouring threads, who alone own its list of k keys: selection needs no barrier of the
// block, and the scores never reach memory. The corpus is dealt to `splits` blocks for each 128 queries.
#pragma once

#include "gpu/similarity_keys.cuh"

namespace crossover::gpu {

constexpr int fused_tile = 128;     // queries, and corpus rows, of a block
constexpr int fused_threads = 256;  // 16 x 16
constexpr int fused_columns = 8;    // of a buffer

/// A thread's share of moving 128 rows x 8 columns: 4 columns of a row, the same for both operands.
struct Share {
  int row, half;    // half: its first column
  unsigned offset;  // of the two, from the first row's first column

  __device__ Share(int thread, int dim)
      : row(thread / 2), half(thread % 2 * 4), offset(static_cast<unsigned>(row * dim + half)) {}

  /// Its columns from `column` on; zeros behind dim, and where there is no such row. `Wide`: rows are 16-byte
  /// aligned.
  template <bool Wide>
  __device__ float4 load(const ScaledRows& from, Index first, int column, int dim) const {
    float4 loaded = make_float4(0, 0, 0, 0);
    const int left = first + row < from.count ? dim - column - half : 0;
    const float* const values = from.rows + first * dim + (offset + static_cast<unsigned>(column));
    if constexpr (Wide) {
      if (left > 0) loaded = *reinterpret_cast<const float4*>(values);
    } else {
      if (left > 0) loaded.x = values[0];
      if (left > 1) loaded.y = values[1];
      if (left > 2) loaded.z = values[2];
      if (left > 3) loaded.w = values[3];
    }
    return loaded;
  }

  __device__ RowScale scale(const ScaledRows& from, Index first) const {
    return first + row < from.count ? from.scales[first + row] : RowScale{0, 0};
  }
};

__device__ inline float unit(const RowScale& by, float value) { return value * by.scale * by.inverse; }

/// Columns of 128 rows, transposed. Neighbouring threads put columns 4 apart of one row: in the upper half of
/// the columns rows are 16 places off, or both would lie in one bank. (Padding does the same, but the lists
/// of 32 keys leave no room for it.)
struct alignas(16) Slab {
  float at[fused_columns][fused_tile];

  __device__ static int place(int column, int row) { return row ^ (column & 4) << 2; }

  __device__ void put(const float4& values, const RowScale& scale, const Share& share) {
    float(*const columns)[fused_tile] = at + share.half;
    const int row = place(share.half, share.row);
    columns[0][row] = unit(scale, values.x);
    columns[1][row] = unit(scale, values.y);
    columns[2][row] = unit(scale, values.z);
    columns[3][row] = unit(scale, values.w);
  }

  /// Rows row .. row + 3; row is a multiple of 4.
  __device__ float4 get(int column, int row) const {
    return *reinterpret_cast<const float4*>(&at[column][place(column, row)]);
  }
};

/// sums[i][j] += the product of 4 of a slab's columns; rows of a thread: 4 from `query` and 4 from query
/// + 64.
template <int First>
__device__ void multiply(const Slab& queries, const Slab& corpus, int query, int row, float (&sums)[8][8]) {
#pragma unroll 2  // more, and registers spill
  for (int column = First; column < First + 4; ++column) {
    const float4 q0 = queries.get(column, query), q1 = queries.get(column, query + 64);
    const float4 c0 = corpus.get(column, row), c1 = corpus.get(column, row + 64);
    const float q[8] = {q0.x, q0.y, q0.z, q0.w, q1.x, q1.y, q1.z, q1.w};
    const float c[8] = {c0.x, c0.y, c0.z, c0.w, c1.x, c1.y, c1.z, c1.w};
#pragma unroll
    for (int i = 0; i < 8; ++i)
#pragma unroll
      for (int j = 0; j < 8; ++j) sums[i][j] = fmaf(q[i], c[j], sums[i][j]);
  }
}

/// Row i of the 8 that a thread has of a tile.
constexpr int row_of_eight(int first, int i) { return first + (i < 4 ? i : 60 + i); }

/// Half a warp's hold on one query's list in shared memory, `Capacity` >= k keys, highest first. All lanes of
/// the warp call together; each half acts on a list of its own.
template <int Capacity>
struct HalfWarpList {
  Key* keys;
  int k, lane;  // lane in the half: 0 to 15

  static constexpr int slots = (Capacity + 15) / 16;  // keys of a lane: those at lane, lane + 16

  __device__ Key threshold() const { return keys[k - 1]; }

  /// Inserts `key`, the same in the half, where `enters`.
  __device__ void insert(Key key, bool enters, int shift) {
    Key held[slots];
    int rank = 0;
#pragma unroll
    for (int slot = 0; slot < slots; ++slot) {
      const int at = lane + 16 * slot;
      held[slot] = at < k ? keys[at] : no_key;
      rank += __popc(__ballot_sync(all_lanes, held[slot] > key) >> shift & 0xffffU);
    }
#pragma unroll
    for (int slot = 0; slot < slots; ++slot) {
      const int at = lane + 16 * slot;
      if (enters && at >= rank && at + 1 < k) keys[at + 1] = held[slot];
    }
    if (enters && lane == 0) keys[rank] = key;
    __syncwarp();
  }

  /// Inserts those of the half's scores that belong to the best k: at most k, the best first. Lane l holds
  /// those of rows first + row_of_eight(4 l, j); rows from `end` do not count.
  __device__ void offer(const float (&scores)[8], unsigned first, unsigned end, int shift) {
    unsigned open = 0, numbers[8];  // open: bits of those still to be offered
    const unsigned floor = ordered_score_of(threshold());
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      numbers[j] = ordered(scores[j]);
      if (numbers[j] >= floor && row_of(first, j) < end) open |= 1U << j;
    }
    if (!__any_sync(all_lanes, open != 0)) return;
    for (;;) {
      const Key limit = threshold();
      unsigned best_score = 0;
      int best_j = 0;
#pragma unroll
      for (int j = 7; j >= 0; --j)
        if ((open >> j & 1U) && numbers[j] >= best_score) {
          best_score = numbers[j];
          best_j = j;
        }
      const Key mine = open ? key_of(best_score, row_of(first, best_j)) : no_key;
      if (!__any_sync(all_lanes, mine > limit)) return;
      const Key best = highest_key<16>(mine);
      insert(best, best > limit, shift);
      if (mine == best) open &= ~(1U << best_j);
    }
  }

  __device__ unsigned row_of(unsigned first, int j) const {
    return first + static_cast<unsigned>(row_of_eight(4 * lane, j));
  }
};

/// Grid: query tiles x lists.splits. Each block writes lists for its 128 queries and its share of the corpus:
/// tiles [tiles * split / splits, tiles * (split + 1) / splits). Capacity: of a list; Wide: rows of both
/// operands are 16-byte aligned.
template <int Capacity, bool Wide>
__global__ void __launch_bounds__(fused_threads, 2)
    fused_kernel(ScaledRows queries, ScaledRows corpus, int dim, KeyLists lists) {
  __shared__ Slab slabs[2][2];
  __shared__ Key best[fused_tile][Capacity];
  const auto thread = static_cast<int>(threadIdx.x);
  const int half_lane = thread % 16, shift = thread & 16;
  const int query = thread / 16 * 4, row = half_lane * 4;
  const auto split = static_cast<int>(blockIdx.x % static_cast<unsigned>(lists.splits));
  const Index first_query = static_cast<Index>(blockIdx.x / static_cast<unsigned>(lists.splits)) * fused_tile;
  const Index tiles = (corpus.count + fused_tile - 1) / fused_tile;
  const auto first_tile = static_cast<int>(tiles * split / lists.splits);
  const auto end_tile = static_cast<int>(tiles * (split + 1) / lists.splits);

#pragma unroll
  for (int i = 0; i < 8; ++i)
    for (int at = half_lane; at < Capacity; at += 16) best[row_of_eight(query, i)][at] = no_key;

  const Share share(thread, dim);
  const RowScale query_scale = share.scale(queries, first_query);
  const Index first_row = Index{first_tile} * fused_tile;
  slabs[0][0].put(share.load<Wide>(queries, first_query, 0, dim), query_scale, share);
  slabs[0][1].put(share.load<Wide>(corpus, first_row, 0, dim), share.scale(corpus, first_row), share);
  __syncthreads();

  int buffer = 0;
  for (int tile = first_tile; tile < end_tile; ++tile) {
    float sums[8][8] = {};
    for (int column = 0; column < dim; column += fused_columns) {
      // What comes next: more columns, or the first ones of the next tile; after the last, zeros.
      const bool same_tile = column + fused_columns < dim;
      const int next = same_tile ? column + fused_columns : 0;
      const Index next_row = Index{same_tile ? tile : tile + 1} * fused_tile;
      const float4 next_queries = share.load<Wide>(queries, first_query, next, dim);
      multiply<0>(slabs[buffer][0], slabs[buffer][1], query, row, sums);
      slabs[buffer ^ 1][0].put(next_queries, query_scale, share);
      const float4 next_corpus = share.load<Wide>(corpus, next_row, next, dim);
      const RowScale scale = share.scale(corpus, next_row);
      multiply<4>(slabs[buffer][0], slabs[buffer][1], query, row, sums);
      slabs[buffer ^ 1][1].put(next_corpus, scale, share);
      buffer ^= 1;
      __syncthreads();
    }

    const unsigned first = static_cast<unsigned>(tile) * fused_tile,
                   end = static_cast<unsigned>(corpus.count);
#pragma unroll
    for (int i = 0; i < 8; ++i)
      HalfWarpList<Capacity>{best[row_of_eight(query, i)], lists.k, half_lane}.offer(sums[i], first, end,
                                                                                     shift);
  }

#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const int own = row_of_eight(query, i);
    if (first_query + own >= queries.count) continue;
    for (int at = half_lane; at < lists.k; at += 16)
      list_of(lists, first_query + own, split)[at] = best[own][at];
  }
}

}  // namespace crossover::gpu
