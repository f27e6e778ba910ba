// Similarity by a library's product of matrices: what the solvers share that differ in the product alone.
// Rows are normalised into copies. Libraries add in another order at ragged edges, and in products of other
// shapes: rows are padded with zeros to whole register tiles, and a call's tiles all have as many corpus
// rows, so that equal rows score equally. Between calls of other shapes, as of pieces, last bits may differ.
// Scores lie queries-major, so that each selection reads one contiguous row.
#pragma once

#include "cpu/similarity.hpp"

namespace crossover::cpu {

struct Product {
  /// scores[q][c] = queries[q] . corpus[c], of unit rows: query_count x dim times row_count x dim,
  /// transposed. Called by every thread of a team at once, unless it is whole. May throw.
  void (*multiply)(const float* queries, Index query_count, const float* corpus, Index row_count, Index dim,
                   float* scores);
  void (*set_threads)(
      int threads);  ///< of its own, in the products that follow; called outside of teams. Null: none
  /// Called before products of so many threads, or by so many. Throws OutOfMemory. Null: nothing to do
  void (*reserve)(int threads) = nullptr;
  Index row_step = 48;       ///< a multiple of its register tile on every instruction set
  Index query_step = 8;      ///< likewise
  Index least_queries = 8;   ///< of a product: fewer take other ways through it, with other roundings
  Index tile_rows = 960;     ///< corpus rows of a tile, at most; a multiple of row_step
  Index tile_queries = 256;  ///< queries of a tile, at most
};

/// Bytes of rows x cols floats; the highest number there is where that overflows.
std::size_t float_bytes(Index rows, Index cols);

/// Normalised copies, one product into the whole score matrix, then selection.
std::size_t product_full_workspace(const Product&, const Shape&, const Limits&);
void product_full(const Product&, HostContext&, const HostPiece&);

/// Each thread of the team takes a tile of corpus rows, normalises it, multiplies it by tile after tile of
/// the queries, with a product of one thread, and selects from the scores while they are in its cache. Its
/// running lists are merged at the end.
std::size_t product_tiled_workspace(const Product&, const Shape&, const Limits&);
void product_tiled(const Product&, HostContext&, const HostPiece&);

}  // namespace crossover::cpu
