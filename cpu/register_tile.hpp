// The product's innermost loop and the layouts it reads. A register tile holds the scores of `tile_queries`
// queries x `tile_rows` corpus rows: corpus values fill the lanes of vectors, query values are broadcast.
// A panel of queries lies in slabs of `slab` columns, [column / slab][query][column % slab], so that it is
// packed without a transposition; a panel of corpus rows lies by columns, [column][row].
#pragma once

#include <cstring>

#include "cpu/unit_rows.hpp"

namespace crossover::cpu {

#if defined __AVX512F__
inline constexpr int lanes = 16, tile_queries = 14;
#elif defined __AVX2__
inline constexpr int lanes = 8, tile_queries = 6;
#else
inline constexpr int lanes = 4, tile_queries = 6;
#endif
inline constexpr int tile_vectors = 2;
inline constexpr int tile_rows = tile_vectors * lanes;
inline constexpr Index slab = 16;  // one cache line

using Vector = float __attribute__((vector_size(lanes * sizeof(float))));
using Places = int __attribute__((vector_size(lanes * sizeof(float))));

inline Vector load(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

inline void store(float* to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

/// scores[q][c] = the sum over `columns` of query q times row c, added to what is there unless `fresh`.
/// Each score is one chain of fused operations in the order of columns, wherever in a tile it stands.
inline void multiply_tile(const float* queries, const float* rows, Index columns, bool fresh, float* scores,
                          Index stride) {
  Vector sum[tile_queries][tile_vectors];
#pragma GCC unroll 16
  for (int q = 0; q < tile_queries; ++q)
#pragma GCC unroll 2
    for (int v = 0; v < tile_vectors; ++v)
      sum[q][v] = fresh ? Vector{} : load(scores + q * stride + v * lanes);
  for (Index begin = 0; begin < columns; begin += slab, queries += tile_queries * slab) {
    const Index end = columns - begin < slab ? columns - begin : slab;
    for (Index column = 0; column < end; ++column, rows += tile_rows) {
      const Vector low = load(rows), high = load(rows + lanes);
#pragma GCC unroll 16
      for (int q = 0; q < tile_queries; ++q) {
        const float value = queries[q * slab + column];
        sum[q][0] += value * low;
        sum[q][1] += value * high;
      }
    }
  }
#pragma GCC unroll 16
  for (int q = 0; q < tile_queries; ++q)
#pragma GCC unroll 2
    for (int v = 0; v < tile_vectors; ++v) store(scores + q * stride + v * lanes, sum[q][v]);
}

/// Rows become columns: log2(lanes) times, the first half is interleaved with the second.
inline void transpose(Vector (&block)[lanes]) {
  Places low{}, high{};
  for (int i = 0; i < lanes; ++i) {
    low[i] = i / 2 + i % 2 * lanes;
    high[i] = low[i] + lanes / 2;
  }
#pragma GCC unroll 4
  for (int step = 1; step < lanes; step *= 2) {
    Vector next[lanes];
#pragma GCC unroll 8
    for (int i = 0; i < lanes / 2; ++i) {
      next[2 * i] = __builtin_shuffle(block[i], block[i + lanes / 2], low);
      next[2 * i + 1] = __builtin_shuffle(block[i], block[i + lanes / 2], high);
    }
    std::memcpy(&block, &next, sizeof block);
  }
}

/// Normalises up to `lanes` corpus rows into their lanes of a panel. Columns are rounded up to whole slabs;
/// what is not there is zero.
inline void pack_lanes(const float* rows, Index count, Index columns, float* panel) {
  double inverse[lanes] = {};
  for (Index i = 0; i < count; ++i) inverse[i] = inverse_norm(rows + i * columns, columns);
  for (Index begin = 0; begin < columns; begin += lanes) {
    Vector block[lanes] = {};
    for (Index i = 0; i < count; ++i) {
      float unit[lanes] = {};
      const float* from = rows + i * columns + begin;
      if (columns - begin >= lanes)
        scale_row(from, lanes, inverse[i], unit);
      else
        scale_row(from, columns - begin, inverse[i], unit);
      block[i] = load(unit);
    }
    transpose(block);
    for (int column = 0; column < lanes; ++column) store(panel + (begin + column) * tile_rows, block[column]);
  }
}

/// Normalises up to `tile_queries` queries into a panel.
inline void pack_queries(const float* rows, Index count, Index columns, float* panel) {
  for (Index q = 0; q < tile_queries; ++q) {
    const float* row = rows + q * columns;
    const double inverse = q < count ? inverse_norm(row, columns) : 0;
    for (Index begin = 0; begin < columns; begin += slab) {
      float unit[slab] = {};
      if (q < count) scale_row(row + begin, columns - begin < slab ? columns - begin : slab, inverse, unit);
      std::memcpy(panel + (begin * tile_queries + q * slab), unit, sizeof unit);
    }
  }
}

}  // namespace crossover::cpu
