// What openmp-tiled does where there are few queries.
#pragma once

#include <algorithm>

#include "cpu/similarity.hpp"

namespace crossover::cpu {

/// Whether reading rows as they lie beats packing them: measured on rows of 4 to 1000 columns. Short rows
/// take longer to add up than to pack.
inline bool are_few(const Shape& shape) {
  return shape[similarity::queries] <= std::min<Index>((shape[similarity::dim] - 24) / 5, 32);
}

/// Bytes; 0 where the queries are not few.
std::size_t similarity_few_workspace(const Shape&, const Limits&);
void similarity_few(HostContext&, const HostPiece&);

}  // namespace crossover::cpu
