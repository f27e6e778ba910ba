// Sums whose error does not grow with their length. Blocks of at most `block_length` elements are summed
// in any order; block sums are added pairwise, like carries of a binary counter (Higham, 1993). The error
// is at most (block_length + 64) * 2^-53 times the sum of the absolute values, for any number of elements.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "common/array.hpp"

namespace crossover {

template <class Real>
class BasicPairwiseSum {
 public:
  static constexpr Index block_length = 1024;

  void add(Real block_sum) {
    std::uint64_t carry = count_++;
    std::size_t level = 0;
    for (; carry & 1; carry >>= 1) block_sum += levels_[level++];
    levels_[level] = block_sum;
  }

  Real total() const {
    Real sum = 0;
    for (std::uint64_t left = count_; left != 0; left &= left - 1)
      sum += levels_[static_cast<std::size_t>(std::countr_zero(left))];
    return sum;
  }

 private:
  std::array<Real, 64> levels_{};
  std::uint64_t count_ = 0;
};

using PairwiseSum = BasicPairwiseSum<double>;

/// Sums the blocks of [0, count), `length` elements each: `block(begin, end)` returns the sum of one. A
/// longer block than block_length keeps the bound where no partial sum in it has more than that many terms.
template <Index length = PairwiseSum::block_length, class Block>
double sum_blocks(Index count, Block&& block) {
  if (count <= length) return block(Index{0}, count);
  PairwiseSum sum;
  for (Index begin = 0; begin < count; begin += length)
    sum.add(block(begin, std::min(count, begin + length)));
  return sum.total();
}

}  // namespace crossover
