// The product's innermost loop and the layouts it reads. A register tile holds the scores of `tile_queries`
// queries x
// `tile_rows` corpus rows: corpus values fill the lanes of vectors, query values are broadcast.
// A panel of queries lies in slabs of `slab` columns, [column / slab][query][column % slab], so that it is
// packed without a transposition; a panel of corpus rows lies by columns, [column][row].
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "cpu/unit_rows.hpp"

namespace crossover::cpu {

#if defined __AVX512F__
inline constexpr int lanes = 16, max_tile_queries = 14;
#elif defined __AVX2__
inline constexpr int lanes = 8, max_tile_queries = 6;
#else
inline constexpr int lanes = 4, max_tile_queries = 6;
#endif
inline constexpr int tile_vectors = 2;
inline constexpr int tile_rows = tile_vectors * lanes;
inline constexpr Index slab = 16;  // one cache line

using Vector = float __attribute__((vector_size(lanes * sizeof(float))));
using Places = int __attribute__((vector_size(lanes * sizeof(float))));

using Doubles = double __attribute__((vector_size(lanes / 2 * sizeof(double))));

inline Vector load(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

inline void store(float* to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

/// The values of a vector in f64.
struct Halves {
  using Both = double __attribute__((vector_size(lanes * sizeof(double))));
  Doubles half[2];

  explicit Halves(Vector vector) {
    const Both both = __builtin_convertvector(vector, Both);
    std::memcpy(half, &both, sizeof both);
  }
  Vector rounded() const {
    Both both;
    std::memcpy(&both, half, sizeof both);
    return __builtin_convertvector(both, Vector);
  }
};

/// scores[q][c] = the sum over `columns` of query q times row c, added to what is there unless `fresh`.
/// Each score is one chain of fused operations in the order of columns, wherever in a tile it stands.
template <int tile_queries>
void multiply_tile(const float* queries, const float* rows, Index columns, bool fresh, float* scores,
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

using MultiplyTile = void(const float*, const float*, Index, bool, float*, Index);

/// The function for tiles of 1 to max_tile_queries queries.
inline MultiplyTile* multiply_tile_of(Index tile_queries) {
  static constexpr auto table = []<int... i>(std::integer_sequence<int, i...>) {
    return std::array<MultiplyTile*, max_tile_queries>{multiply_tile<i + 1>...};
  }
  (std::make_integer_sequence<int, max_tile_queries>{});
  return table[static_cast<std::size_t>(tile_queries - 1)];
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

/// The first columns of up to `lanes` rows that lie `stride` apart; what is not there is zero.
inline void load_block(const float* rows, Index count, Index columns, Index stride, Vector (&block)[lanes]) {
  if (count == lanes && columns == lanes) {
    for (int i = 0; i < lanes; ++i) block[i] = load(rows + i * stride);
    return;
  }
  for (int i = 0; i < lanes; ++i) {
    block[i] = Vector{};
    if (i < count)
      std::memcpy(&block[i], rows + i * stride, static_cast<std::size_t>(columns) * sizeof(float));
  }
}

/// Normalises up to `lanes` corpus rows into their lanes of a panel: transposed first, so that squares are
/// summed and values are scaled in vectors. The panel has room for whole slabs of columns.
inline void pack_lanes(const float* rows, Index count, Index columns, float* panel) {
  Doubles squares[2] = {};
  for (Index begin = 0; begin < columns; begin += lanes) {
    const Index from = std::clamp<Index>(columns - lanes, 0, begin);  // the last block may overlap another
    Vector block[lanes];
    load_block(rows + from, count, std::min<Index>(columns, lanes), columns, block);
    transpose(block);
    for (int i = 0; i < lanes; ++i) {
      store(panel + (from + i) * tile_rows, block[i]);
      if (from + i < begin) continue;
      const Halves values(block[i]);
      for (int half = 0; half < 2; ++half) squares[half] += values.half[half] * values.half[half];
    }
  }
  double inverse[lanes];
  std::memcpy(inverse, squares, sizeof inverse);
#pragma omp simd
  for (int i = 0; i < lanes; ++i) inverse[i] = inverse_norm(inverse[i]);
  // In f32 where the factor is far from the limits of its range; decided for each row alone, so that equal
  // rows stay equal whatever lies beside them.
  Vector factor_f32;
  Places in_range{};
  bool all_in_range = true;
  for (int i = 0; i < lanes; ++i) {
    factor_f32[i] = static_cast<float>(inverse[i]);
    in_range[i] = inverse[i] == 0 || (inverse[i] > 0x1p-100 && inverse[i] < 0x1p100) ? -1 : 0;
    all_in_range = all_in_range && in_range[i] != 0;
  }
  if (all_in_range) {
    for (Index column = 0; column < columns; ++column)
      store(panel + column * tile_rows, load(panel + column * tile_rows) * factor_f32);
    return;
  }
  Doubles factor[2];
  std::memcpy(factor, inverse, sizeof inverse);
  for (Index column = 0; column < columns; ++column) {
    const Vector row_values = load(panel + column * tile_rows);
    Halves values(row_values);
    for (int half = 0; half < 2; ++half) values.half[half] *= factor[half];
    store(panel + column * tile_rows, in_range ? row_values * factor_f32 : values.rounded());
  }
}

/// Normalises up to `tile_queries` queries into a panel.
inline void pack_queries(const float* rows, Index count, Index tile_queries, Index columns, float* panel) {
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
