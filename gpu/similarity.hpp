// What the similarity solvers on a device share: the piece as typed views, lists of candidates, and the
// kernels around the product, as functions that queue them.
#pragma once

#include <string>

#include "common/similarity.hpp"
#include "gpu/context.hpp"
#include "gpu/workspace_size.hpp"

namespace crossover::gpu {

inline constexpr Index max_best = 32;  ///< most best rows of a query: one for each lane of a warp

/// Why a shape cannot be taken, or empty: k above max_best, more corpus rows than 32 bits can tell apart,
/// rows that 32 bits cannot address 128 of.
std::string similarity_cannot(const Shape&, Type);

/// The k best rows of consecutive queries, queries x k.
struct RankedRows {
  Index* index;
  float* score;
};

struct DeviceSimilarity {
  Matrix<const float> corpus, queries;
  RankedRows state, out;
  int k;
  Index first;  ///< index of the piece's first corpus row in the whole corpus
  bool start, last;

  explicit DeviceSimilarity(const DevicePiece&);
};

/// Candidates as numbers that order as the problem orders them (similarity_keys.cuh).
using Key = unsigned long long;

/// Best candidates of consecutive queries, [query][split][rank], highest first; to be merged.
struct KeyLists {
  Key* keys;
  int splits, k;
};

/// Scores of consecutive queries with consecutive corpus rows, row-major; rows are 16-byte aligned, and as
/// long as `stride` tells in memory.
struct ScoreTile {
  const float* scores;
  Index stride;
  Index queries, rows;  ///< what it holds
  Index first;          ///< its first corpus row, in the piece
};

/// A row that is not copied: its values times `scale`, a power of two, times `inverse` have length 1. NaN and
/// NaN for a row that is not finite, inverse 0 for a row of zeros.
struct alignas(8) RowScale {
  float scale, inverse;
};

struct ScaledRows {
  const float* rows;
  const RowScale* scales;
  Index count;
};

/// units[i] = rows[i] / |rows[i]| for i < rows.rows; zeros in columns from rows.cols to stride and in rows up
/// to padded.
void queue_unit_rows(DeviceContext&, const Matrix<const float>& rows, float* units, Index padded,
                     Index stride);
void queue_row_scales(DeviceContext&, const Matrix<const float>& rows, RowScale* scales);

/// Offers a tile's scores to its queries' lists, which are empty where `fresh`. Split s has columns
/// [s * segment, (s + 1) * segment); segment is a multiple of 128.
void queue_selection(DeviceContext&, const ScoreTile&, const KeyLists&, Index segment, bool fresh);

/// Merges the lists of `count` queries, from `query` on, with the state; writes outputs where the piece is
/// the last. `lists` are those of the query `query` and those behind it.
void queue_merge(DeviceContext&, const DeviceSimilarity&, const KeyLists&, Index query, Index count);

}  // namespace crossover::gpu
