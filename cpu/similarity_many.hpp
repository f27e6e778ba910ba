// What openmp-tiled does where there are many queries for a small corpus.
#pragma once

#include "cpu/similarity.hpp"

namespace crossover::cpu {

/// Whether dealing the queries among the threads beats dealing the corpus: the packed corpus fits the cache
/// of each core, and there are half as many queries as rows at least, or packing would cost more than is
/// saved. Measured on corpora of 40 to 10000 rows of 16 to 1000 columns.
bool are_many(const Shape&, const Limits&);

/// Bytes, where the queries are many.
std::size_t similarity_many_workspace(const Shape&, const Limits&);
void similarity_many(HostContext&, const HostPiece&);

}  // namespace crossover::cpu
