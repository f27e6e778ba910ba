// The places where device and page-locked memory is allocated: what is counted is what was taken, limits
// hold, temporary blocks come again. To add a case: allocate, and compare with fake::live().
#include "gpu/device_memory.hpp"

#include <gtest/gtest.h>

#include "common/execution.hpp"
#include "gpu/guarded_region.hpp"
#include "gpu/pinned_memory.hpp"
#include "gpu/temporary_memory.hpp"
#include "tests/shim/fake_runtime.hpp"

namespace crossover::gpu {
namespace {

using fake::Call;

TEST(DeviceMemory, CountsRoundedBytesAndTheirPeak) {
  fake::start();
  DeviceMemory memory;
  {
    const DeviceBuffer one = memory.allocate(1), more = memory.allocate(257);
    EXPECT_EQ(one.bytes(), 256U);
    EXPECT_EQ(memory.in_use_bytes(), 768U);
    EXPECT_EQ(memory.in_use_bytes(), fake::live().device_bytes);
  }
  EXPECT_EQ(memory.in_use_bytes(), 0U);
  EXPECT_EQ(memory.peak_bytes(), 768U);
  memory.reset_peak();
  EXPECT_EQ(memory.peak_bytes(), 0U);
  EXPECT_EQ(fake::live(), fake::Live{});
}

TEST(DeviceMemory, TakesNothingForNothing) {
  fake::start();
  DeviceMemory memory;
  const DeviceBuffer none = memory.allocate(0);
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_EQ(fake::calls(Call::malloc), 0);
}

TEST(DeviceMemory, MovesItsBuffers) {
  fake::start();
  DeviceMemory memory;
  DeviceBuffer buffer = memory.allocate(256);
  const std::byte* const data = buffer.data();
  DeviceBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.data(), data);
  moved = DeviceBuffer();
  EXPECT_EQ(memory.in_use_bytes(), 0U);
  EXPECT_EQ(fake::live(), fake::Live{});
}

TEST(DeviceMemory, HoldsItsLimitWithoutAskingTheDevice) {
  fake::start();
  DeviceMemory memory(1024);
  const DeviceBuffer half = memory.allocate(512);
  try {
    memory.allocate(513);
    FAIL() << "768 bytes of 512";
  } catch (const OutOfMemory& full) {
    EXPECT_EQ(full.needed_bytes, 768U);
    EXPECT_EQ(full.available_bytes, 512U);
  }
  EXPECT_EQ(fake::calls(Call::malloc), 1);
  EXPECT_NO_THROW(memory.allocate(512));
}

TEST(DeviceMemory, ReportsTheSmallerOfLimitAndFreeMemory) {
  fake::start({.memory_bytes = 4096});
  DeviceMemory free_is_less(1 << 20), limit_is_less(1 << 20);
  for (DeviceMemory* memory : {&free_is_less, &limit_is_less}) {
    if (memory == &limit_is_less) {
      memory->set_limit(2048);
      fake::fail(Call::malloc, 1, cudaErrorMemoryAllocation);
    }
    try {
      memory->allocate(memory == &limit_is_less ? 1024 : 8192);
      FAIL();
    } catch (const OutOfMemory& full) {
      EXPECT_EQ(full.available_bytes, memory == &limit_is_less ? 2048U : 4096U);
    }
    EXPECT_EQ(memory->in_use_bytes(), 0U);
  }
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

TEST(DeviceMemory, IsReturnedThoughTheDeviceIsLost) {
  fake::start();
  DeviceMemory memory;
  {
    const DeviceBuffer buffer = memory.allocate(256);
    fake::break_from(Call::free, 1, cudaErrorIllegalAddress);
  }
  EXPECT_EQ(memory.in_use_bytes(), 0U);
}

TEST(TemporaryMemory, HandsOutKeptBlocksAgain) {
  fake::start();
  DeviceMemory memory;
  TemporaryMemory temporary(memory);
  for (int call = 0; call < 3; ++call) {
    std::byte* const large = temporary.allocate(5000);
    std::byte* const small = temporary.allocate(100);
    EXPECT_NE(large, small);
    temporary.deallocate(large, 5000);
    temporary.deallocate(small, 100);
  }
  EXPECT_EQ(fake::calls(Call::malloc), 2);
  EXPECT_EQ(temporary.kept_blocks(), 2U);
  EXPECT_EQ(memory.in_use_bytes(), device_rounded(5000) + device_rounded(100));
  temporary.release();
  EXPECT_EQ(memory.in_use_bytes(), 0U);
  EXPECT_EQ(fake::live(), fake::Live{});
}

TEST(TemporaryMemory, TakesTheSmallestBlockThatIsLargeEnough) {
  fake::start();
  DeviceMemory memory;
  TemporaryMemory temporary(memory);
  std::byte* const large = temporary.allocate(5000);
  std::byte* const small = temporary.allocate(1000);
  temporary.deallocate(large, 5000);
  temporary.deallocate(small, 1000);
  EXPECT_EQ(temporary.allocate(900), small);
  EXPECT_EQ(temporary.allocate(900), large);
  EXPECT_NE(temporary.allocate(900), nullptr);
  EXPECT_EQ(fake::calls(Call::malloc), 3);
  EXPECT_EQ(temporary.lent_blocks(), 3U);
}

TEST(TemporaryMemory, GivesUpItsKeptBlocksBeforeItGivesUp) {
  fake::start({.memory_bytes = 4096});
  DeviceMemory memory;
  TemporaryMemory temporary(memory);
  temporary.deallocate(temporary.allocate(2048), 2048);
  temporary.deallocate(temporary.allocate(4096), 4096);
  EXPECT_EQ(temporary.kept_blocks(), 1U);
  EXPECT_THROW(temporary.allocate(8192), OutOfMemory);
  EXPECT_EQ(memory.in_use_bytes(), 0U);
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

TEST(TemporaryMemory, IsFreedWhenItDiesWhateverIsLentOut) {
  fake::start();
  DeviceMemory memory;
  {
    TemporaryMemory temporary(memory);
    temporary.allocate(1);
    temporary.deallocate(temporary.allocate(0), 0);
  }
  EXPECT_EQ(memory.in_use_bytes(), 0U);
  EXPECT_EQ(fake::live(), fake::Live{});
}

TEST(TemporaryMemory, KnowsWhatItLent) {
  fake::start();
  DeviceMemory memory;
  TemporaryMemory temporary(memory);
  std::byte* const block = temporary.allocate(1);
  temporary.deallocate(block, 1);
  EXPECT_THROW(temporary.deallocate(block, 1), std::logic_error);
}

TEST(PinnedMemory, IsCountedAndReturned) {
  fake::start();
  PinnedMemory memory;
  {
    const PinnedBuffer one = memory.allocate(100), none = memory.allocate(0);
    EXPECT_EQ(memory.in_use_bytes(), 100U);
    EXPECT_EQ(none.data(), nullptr);
    EXPECT_EQ(fake::live().pinned_blocks, 1U);
  }
  EXPECT_EQ(memory.in_use_bytes(), 0U);
  EXPECT_EQ(memory.peak_bytes(), 100U);
  EXPECT_EQ(fake::live(), fake::Live{});
}

TEST(GuardedRegion, AlignsItsBlocksAndTakesWhatItAnnounced) {
  fake::start();
  DeviceMemory memory;
  const std::vector<GuardedRegion::Block> blocks{{"output a", 1}, {"output b", 256}, {"output c", 1000}};
  const GuardedRegion region(memory, blocks);
  EXPECT_EQ(memory.in_use_bytes(), GuardedRegion::bytes_for(blocks));
  EXPECT_EQ(GuardedRegion::bytes_for(blocks), 256U + 256 + 1024 + 6 * 256);
  for (std::size_t i = 0; i < blocks.size(); ++i)
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(region.data(i)) % 256, 0U);
  EXPECT_EQ(GuardedRegion::bytes_for({}), 0U);
}

TEST(GuardedRegion, FindsEveryByteOutside) {
  fake::start();
  DeviceMemory memory;
  const GuardedRegion region(memory, {{"output a", 3}, {"output b", 5}});
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, 0), cudaSuccess);
  std::byte* const first = region.data(0) - 256;
  const auto bytes = static_cast<std::ptrdiff_t>(memory.in_use_bytes());
  for (std::ptrdiff_t i = 0; i < bytes; ++i) {
    region.poison(stream);
    const std::byte* const at = first + i;
    const bool inside = (at >= region.data(0) && at < region.data(0) + 3) ||
                        (at >= region.data(1) && at < region.data(1) + 5);
    first[i] = std::byte{0};
    EXPECT_EQ(region.damage(stream).empty(), inside) << i;
  }
  cudaStreamDestroy(stream);
}

}  // namespace
}  // namespace crossover::gpu
