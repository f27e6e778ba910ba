// The shim that runs kernels on the CPU: indices, shuffles, votes and barriers are as on a device; orders
// differ from seed to seed, so that a missing barrier shows; what would hang or be undefined there is an
// error here. To add a case: a kernel below, and a test that launches it.
#include "tests/shim/shim.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "gpu/launch.hpp"
#include "tests/shim/device.hpp"

namespace crossover::test {
namespace {

constexpr unsigned all_lanes = 0xffffffffU;

__global__ void number_kernel(unsigned* numbers) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
  numbers[block * threads + thread] = block * threads + thread + 1;
}

TEST(Shim, RunsEveryThreadOfEveryBlockOnce) {
  const gpu::Grid grids[] = {{.blocks = 1, .threads = 1},
                             {.blocks = 7, .threads = 33},
                             {.blocks = dim3(3, 4, 5), .threads = dim3(2, 3, 7)},
                             {.blocks = 2, .threads = 1024}};
  for (const gpu::Grid& grid : grids) {
    const unsigned count =
        grid.blocks.x * grid.blocks.y * grid.blocks.z * grid.threads.x * grid.threads.y * grid.threads.z;
    std::vector<unsigned> numbers(count), expected(count);
    std::iota(expected.begin(), expected.end(), 1U);
    shim::forget();
    ASSERT_EQ(gpu::try_launch(number_kernel, grid, nullptr, numbers.data()), cudaSuccess);
    EXPECT_EQ(numbers, expected);
    EXPECT_EQ(shim::counts().threads, count);
  }
}

TEST(Shim, RefusesGridsThatADeviceWouldNotTake) {
  for (const gpu::Grid& grid :
       {gpu::Grid{.blocks = 0, .threads = 1}, gpu::Grid{.blocks = 1, .threads = 1025},
        gpu::Grid{.blocks = 1, .threads = dim3(1, 1, 65)}, gpu::Grid{.blocks = dim3(1, 65536), .threads = 1},
        gpu::Grid{.blocks = 1U << 31, .threads = 1}})
    EXPECT_EQ(gpu::try_launch(number_kernel, grid, nullptr, nullptr), cudaErrorInvalidConfiguration);
}

template <class T>
struct Shuffled {
  T from_seven[32], up[32], down[32], flipped[32], down_in_eights[32], from_one_in_eights[32];
};

template <class T>
__global__ void shuffle_kernel(Shuffled<T>* out) {
  const auto lane = static_cast<int>(threadIdx.x);
  const T mine = static_cast<T>(lane) - T{5};
  out->from_seven[lane] = __shfl_sync(all_lanes, mine, 7);
  out->up[lane] = __shfl_up_sync(all_lanes, mine, 3);
  out->down[lane] = __shfl_down_sync(all_lanes, mine, 3);
  out->flipped[lane] = __shfl_xor_sync(all_lanes, mine, 16);
  out->down_in_eights[lane] = __shfl_down_sync(all_lanes, mine, 2, 8);
  out->from_one_in_eights[lane] = __shfl_sync(all_lanes, mine, 1, 8);
}

template <class T>
void expect_shuffles() {
  for (unsigned seed = 0; seed < 20; ++seed) {
    shim::seed(seed);
    Shuffled<T> out{};
    gpu::launch("shuffle_kernel", shuffle_kernel<T>, {.blocks = 1, .threads = 32}, nullptr, &out);
    for (int lane = 0; lane < 32; ++lane) {
      const auto of = [](int source) { return static_cast<T>(source) - T{5}; };
      EXPECT_EQ(out.from_seven[lane], of(7));
      EXPECT_EQ(out.up[lane], of(lane < 3 ? lane : lane - 3));
      EXPECT_EQ(out.down[lane], of(lane > 28 ? lane : lane + 3));
      EXPECT_EQ(out.flipped[lane], of(lane ^ 16));
      EXPECT_EQ(out.down_in_eights[lane], of(lane % 8 > 5 ? lane : lane + 2));
      EXPECT_EQ(out.from_one_in_eights[lane], of(lane / 8 * 8 + 1));
    }
  }
}

TEST(Shim, ShufflesEveryType) {
  expect_shuffles<int>();
  expect_shuffles<unsigned>();
  expect_shuffles<long long>();
  expect_shuffles<unsigned long long>();
  expect_shuffles<float>();
  expect_shuffles<double>();
}

__global__ void vote_kernel(unsigned* out) {
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const unsigned odd = __ballot_sync(all_lanes, lane % 2);
  const int any = __any_sync(all_lanes, lane == 3), none = __any_sync(all_lanes, lane == 32);
  const int all = __all_sync(all_lanes, lane < 32), few = __all_sync(all_lanes, lane != 3);
  if (lane == 0) out[warp] = any && !none && all && !few ? odd : 0;
}

TEST(Shim, VotesWithTheLanesThatExist) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    shim::seed(seed);
    std::vector<unsigned> out(3);
    gpu::launch("vote_kernel", vote_kernel, {.blocks = 1, .threads = 64 + 20}, nullptr, out.data());
    EXPECT_EQ(out, (std::vector<unsigned>{0xaaaaaaaaU, 0xaaaaaaaaU, 0x000aaaaaU}));
  }
}

/// Turns an array around through shared memory, block after block of it: each barrier is needed.
__global__ void reverse_kernel(const int* in, int* out, int parts) {
  __shared__ int part[96];
  const auto i = static_cast<int>(threadIdx.x), size = static_cast<int>(blockDim.x);
  for (int j = 0; j < parts; ++j) {
    part[i] = in[j * size + i];
    __syncthreads();
    out[j * size + i] = part[size - 1 - i];
    __syncthreads();
  }
}

/// The same in a warp.
__global__ void reverse_warp_kernel(const int* in, int* out, int parts) {
  __shared__ int part[32];
  const auto i = static_cast<int>(threadIdx.x);
  for (int j = 0; j < parts; ++j) {
    part[i] = in[j * 32 + i];
    __syncwarp();
    out[j * 32 + i] = part[31 - i];
    __syncwarp();
  }
}

using ReverseKernel = void (*)(const int*, int*, int);

bool reverses(const char* name, ReverseKernel kernel, unsigned threads, unsigned seed) {
  constexpr int parts = 3;
  std::vector<int> in(threads * parts), out(in.size()), expected;
  std::iota(in.begin(), in.end(), 100);
  for (int j = 0; j < parts; ++j)
    for (unsigned i = 0; i < threads; ++i) expected.push_back(in[j * threads + threads - 1 - i]);
  shim::seed(seed);
  gpu::launch(name, kernel, {.blocks = 1, .threads = threads}, nullptr, in.data(), out.data(), parts);
  return out == expected;
}

void expect_both_barriers_needed(const char* name, ReverseKernel kernel, unsigned threads) {
  constexpr unsigned seeds = 20;
  shim::forget();
  for (unsigned seed = 0; seed < seeds; ++seed) EXPECT_TRUE(reverses(name, kernel, threads, seed));
  const std::vector<shim::Barrier> barriers = shim::barriers();
  ASSERT_EQ(barriers.size(), 2U);
  for (const shim::Barrier& barrier : barriers) {
    const shim::Skipped skipped(barrier);
    unsigned wrong = 0;
    for (unsigned seed = 0; seed < seeds; ++seed) wrong += !reverses(name, kernel, threads, seed);
    EXPECT_GE(wrong, seeds / 2) << barrier.text();
  }
  EXPECT_TRUE(reverses(name, kernel, threads, 0)) << "the barriers are back";
}

TEST(Shim, NoticesAMissingBarrierOfABlock) {
  expect_both_barriers_needed("reverse_kernel", reverse_kernel, 96);
}

TEST(Shim, NoticesAMissingBarrierOfAWarp) {
  expect_both_barriers_needed("reverse_warp_kernel", reverse_warp_kernel, 32);
}

__global__ void order_kernel(unsigned* order, unsigned* next) { order[(*next)++] = threadIdx.x; }

TEST(Shim, OrdersFollowFromTheSeed) {
  const auto order = [](unsigned seed) {
    std::vector<unsigned> threads(128);
    unsigned next = 0;
    shim::seed(seed);
    gpu::launch("order_kernel", order_kernel, {.blocks = 1, .threads = 128}, nullptr, threads.data(), &next);
    return threads;
  };
  std::set<std::vector<unsigned>> orders;
  for (unsigned seed = 0; seed < 10; ++seed) {
    EXPECT_EQ(order(seed), order(seed));
    orders.insert(order(seed));
  }
  EXPECT_EQ(orders.size(), 10U);
}

/// Threads from `stay` on leave before the barrier.
__global__ void leaving_kernel(int* values, unsigned stay, bool warp_barrier) {
  if (threadIdx.x >= stay) return;
  values[threadIdx.x] = 1;
  if (warp_barrier)
    __syncwarp();
  else
    __syncthreads();
  const int sum = std::accumulate(values, values + stay, 0);
  if (threadIdx.x == 0) values[0] = sum;
}

TEST(Shim, BarriersDoNotWaitForThreadsThatHaveLeft) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    shim::seed(seed);
    std::vector<int> values(64);
    gpu::launch("leaving_kernel", leaving_kernel, {.blocks = 1, .threads = 64}, nullptr, values.data(), 40U,
                false);
    EXPECT_EQ(values[0], 40);
    std::fill(values.begin(), values.end(), 0);
    gpu::launch("leaving_kernel", leaving_kernel, {.blocks = 1, .threads = 32}, nullptr, values.data(), 9U,
                true);
    EXPECT_EQ(values[0], 9);
  }
}

enum class Mistake { two_barriers, half_a_warp, two_shuffles, partial_mask, left, exception };

__global__ void mistaken_kernel(Mistake mistake) {
  const unsigned thread = threadIdx.x;
  switch (mistake) {
    case Mistake::two_barriers:
      if (thread < 32)
        __syncthreads();
      else
        __syncthreads();
      break;
    case Mistake::half_a_warp:
      if (thread < 5)
        __syncwarp();
      else
        __syncthreads();
      break;
    case Mistake::two_shuffles:
      if (thread < 5)
        __shfl_sync(all_lanes, thread, 0);
      else
        __shfl_sync(all_lanes, thread, 1);
      break;
    case Mistake::partial_mask:
      if (thread < 16) __shfl_sync(0xffffU, thread, 0);
      break;
    case Mistake::left:
      if (thread != 33) __shfl_sync(all_lanes, thread, 0);
      break;
    case Mistake::exception:
      __syncthreads();
      if (thread == 37) throw std::runtime_error("an exception of the kernel");
      __syncthreads();
      break;
  }
}

std::string error_of(Mistake mistake, unsigned seed) {
  shim::seed(seed);
  try {
    gpu::launch("mistaken_kernel", mistaken_kernel, {.blocks = 2, .threads = 64}, nullptr, mistake);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Shim, ReportsWhatWouldHangOrBeUndefined) {
  const std::pair<Mistake, const char*> expected[] = {
      {Mistake::two_barriers, "threads of a block wait at different barriers in mistaken_kernel"},
      {Mistake::half_a_warp, "deadlock in mistaken_kernel"},
      {Mistake::two_shuffles, "lanes of a warp wait at different calls in mistaken_kernel"},
      {Mistake::partial_mask, "__shfl_sync without a full mask in mistaken_kernel"},
      {Mistake::left, "a lane has left"},
      {Mistake::exception, "an exception of the kernel"},
  };
  for (const auto& [mistake, what] : expected)
    for (unsigned seed = 0; seed < 10; ++seed) {
      const std::string error = error_of(mistake, seed);
      EXPECT_NE(error.find(what), std::string::npos) << error;
    }
  EXPECT_NE(error_of(Mistake::half_a_warp, 0).find("5 of 32 lanes of warp"), std::string::npos);
  EXPECT_TRUE(reverses("reverse_kernel", reverse_kernel, 96, 0)) << "kernels run as before";
}

}  // namespace
}  // namespace crossover::test
