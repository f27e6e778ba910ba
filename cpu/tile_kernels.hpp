// The innermost loops of similarity in tiles, one set for each instruction set of the processor family; the
// best that this processor has is taken when the program runs.
//
// A register tile holds the scores of some queries x tile_rows corpus rows: corpus values fill the lanes of
// vectors, query values are broadcast. A panel of queries lies in slabs of columns, [column / slab][query]
// [column % slab], so that it is packed without a transposition; a panel of corpus rows lies by columns,
// [column][row of the panel].
#pragma once

#include <span>
#include <string>

#include "common/top_k.hpp"

namespace crossover::cpu {

inline constexpr Index slab = 16;  ///< columns; one cache line

struct TileKernels {
  const char* name;  ///< of the instruction set: "avx512"
  Index lanes;       ///< f32 values of a vector
  Index tile_rows;   ///< corpus rows of a register tile, and of a panel
  Index max_tile_queries;

  /// Normalises up to `lanes` corpus rows, `columns` apart, into their lanes of a panel, which has room for
  /// whole slabs of columns. Rows from `count` on become zeros.
  void (*pack_rows)(const float* rows, Index count, Index columns, float* panel);

  /// Normalises `count` queries into a panel of `tile_queries`; the others become zeros.
  void (*pack_queries)(const float* rows, Index count, Index tile_queries, Index columns, float* panel);

  /// scores[q * stride + row]: a panel of queries against the panels of `rows` corpus rows, a multiple of
  /// tile_rows, each of which takes `padded_columns` columns. A score is one chain of fused (where the
  /// processor has it) operations in the order of columns, wherever in a tile it stands.
  void (*multiply)(const float* queries, Index tile_queries, const float* panels, Index rows, Index columns,
                   Index padded_columns, float* scores, Index stride);

  /// Normalises `count` queries for score_rows(): each takes `columns`, at least a slab, rounded up to whole
  /// slabs.
  void (*pack_few_queries)(const float* rows, Index count, Index columns, float* packed);

  /// scores[q * stride + row]: a few packed queries against `count` corpus rows as they lie in memory, each
  /// read once and not copied. A score depends on its two rows alone.
  void (*score_rows)(const float* rows, Index count, Index columns, const float* packed, Index queries,
                     float* scores, Index stride);

  /// Offers the scores that can enter `best`, as those of corpus rows first, first + 1, ..., which may be
  /// above or below those that it holds. Scores from `count` up to `padded`, a multiple of tile_rows and at
  /// most 64 of them, are overwritten.
  void (*select)(float* scores, Index count, Index padded, Index first, const Ranking<float>& best);
};

/// Those that this processor can run, the best last.
std::span<const TileKernels* const> usable_tile_kernels();

/// The best, or what choose_tile_kernels() asked for.
const TileKernels& tile_kernels();

/// Takes the named instruction set from now on; an empty name: the best. Returns an empty text, or what is
/// wrong. For comparisons, tests, and processors that clock down; not while a solver runs.
std::string choose_tile_kernels(const std::string& name);

}  // namespace crossover::cpu
