// Asserts: the fused kernel's slabs hold each element in a place of its own, and a warp's stores meet no bank
// of shared memory twice.
#include "tests/shim/device.hpp"

#include <gtest/gtest.h>

#include <set>

#include "gpu/similarity_fused.cuh"

namespace crossover::gpu {
namespace {

TEST(Slab, GivesBackWhatIsPut) {
  Slab slab;
  for (int thread = 0; thread < fused_threads; ++thread) {
    const Share share(thread, fused_columns);
    const auto value = [&](int column) { return static_cast<float>(8 * share.row + share.half + column); };
    slab.put({value(0), value(1), value(2), value(3)}, {1, 1}, share);
  }
  for (int column = 0; column < fused_columns; ++column)
    for (int row = 0; row < fused_tile; row += 4) {
      const float4 four = slab.get(column, row);
      const float rows[] = {four.x, four.y, four.z, four.w};
      for (int i = 0; i < 4; ++i)
        EXPECT_EQ(rows[i], static_cast<float>(8 * (row + i) + column)) << column << ", " << row + i;
    }
}

TEST(Slab, SpreadsAWarpsStoresOverAllBanks) {
  for (int warp = 0; warp < fused_threads / 32; ++warp)
    for (int column = 0; column < 4; ++column) {
      std::set<int> banks;
      for (int lane = 0; lane < 32; ++lane) {
        const Share share(32 * warp + lane, fused_columns);
        const int place = Slab::place(share.half, share.row);
        banks.insert(((share.half + column) * fused_tile + place) % 32);
      }
      EXPECT_EQ(banks.size(), 32U) << "warp " << warp << ", column " << column;
    }
}

}  // namespace
}  // namespace crossover::gpu
