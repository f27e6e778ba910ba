// What openmp-tiled does with panels, whichever side is dealt among the threads: packs corpus rows, and
// answers a panel of queries from them.
#pragma once

#include <algorithm>

#include "cpu/similarity_lists.hpp"

namespace crossover::cpu {

/// Packs corpus rows into panels, where each of them takes `padded_columns`. The last panel is filled up with
/// zeros.
inline void pack_corpus(const TileKernels& kernels, const Matrix<const float>& corpus, Index padded_columns,
                        float* panels) {
  for (Index row = 0; row < rounded_up(corpus.rows, kernels.tile_rows); row += kernels.lanes) {
    const Index in_panel = row % kernels.tile_rows;
    kernels.pack_rows(corpus.row(std::min(row, corpus.rows)),
                      std::clamp<Index>(corpus.rows - row, 0, kernels.lanes), corpus.cols,
                      panels + (row - in_panel) * padded_columns + in_panel);
  }
}

/// Packed corpus rows, the first of which is row `first` of the whole corpus.
struct PackedRows {
  const float* panels;
  Index count, first, columns, padded_columns;
};

/// A packed panel of queries, `present` of its `width`.
struct PackedQueries {
  const float* panel;
  Index width, present;
};

/// Scores, into width x stride values, which had better fit L1, and selection from them, into the lists of
/// the queries from `query` on.
inline void answer(const TileKernels& kernels, const PackedQueries& queries, const PackedRows& rows,
                   float* scores, Index stride, const Lists& lists, Index query) {
  const Index padded = rounded_up(rows.count, kernels.tile_rows);
  kernels.multiply(queries.panel, queries.width, rows.panels, padded, rows.columns, rows.padded_columns,
                   scores, stride);
  for (Index q = 0; q < queries.present; ++q)
    lists.select(kernels, scores + q * stride, rows.count, padded, rows.first, query + q);
}

}  // namespace crossover::cpu
