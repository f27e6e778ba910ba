// The kernels are written once, in vectors of the width at hand, and compiled for each instruction set:
// Google Highway reads this file once per target. Only its headers are used; which target runs is decided
// below.
#if defined __x86_64__
#define HWY_DISABLED_TARGETS (~(HWY_SSE4 | HWY_AVX2 | HWY_AVX3))
#define HWY_DISABLE_PCLMUL_AES  // SSE4 is what x86-64-v2 has
#elif defined __aarch64__
#define HWY_DISABLED_TARGETS (~HWY_NEON)  // vectors of a size known here
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/tile_kernels.cpp"
#include <hwy/foreach_target.h>
// Behind foreach_target.h
#include <hwy/highway.h>

#if defined __x86_64__
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "cpu/tile_few_inl.hpp"
#include "cpu/tile_kernels.hpp"
#include "cpu/tile_pack_inl.hpp"
#include "cpu/tile_select_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace crossover::cpu {
namespace HWY_NAMESPACE {

// As many sums as registers allow, beside the corpus values and a query's.
constexpr int max_tile_queries = lanes == 16 || HWY_ARCH_ARM_A64 ? 14 : 6;
constexpr Index column_block = 256;  // columns summed in one go: a panel of queries takes 14 KiB of L1

/// The sums of `columns` columns, added to what is there unless `fresh`.
template <int tile_queries>
void multiply_tile(const float* HWY_RESTRICT queries, const float* HWY_RESTRICT rows, Index columns,
                   bool fresh, float* HWY_RESTRICT scores, Index stride) {
  Vector sum[tile_queries][tile_vectors];
#pragma GCC unroll 16
  for (int q = 0; q < tile_queries; ++q)
#pragma GCC unroll 2
    for (int v = 0; v < tile_vectors; ++v)
      sum[q][v] = fresh ? hn::Zero(f32) : hn::LoadU(f32, scores + q * stride + v * lanes);
  for (Index begin = 0; begin < columns; begin += slab, queries += tile_queries * slab) {
    const Index end = columns - begin < slab ? columns - begin : slab;
    for (Index column = 0; column < end; ++column, rows += tile_rows) {
      const Vector low = hn::LoadU(f32, rows), high = hn::LoadU(f32, rows + lanes);
#pragma GCC unroll 16
      for (int q = 0; q < tile_queries; ++q) {
        const Vector value = hn::Set(f32, queries[q * slab + column]);
        sum[q][0] = hn::MulAdd(value, low, sum[q][0]);
        sum[q][1] = hn::MulAdd(value, high, sum[q][1]);
      }
    }
  }
#pragma GCC unroll 16
  for (int q = 0; q < tile_queries; ++q)
#pragma GCC unroll 2
    for (int v = 0; v < tile_vectors; ++v) hn::StoreU(sum[q][v], f32, scores + q * stride + v * lanes);
}

using MultiplyTile = void(const float*, const float*, Index, bool, float*, Index);

template <int... i>
constexpr std::array<MultiplyTile*, sizeof...(i)> tile_functions(std::integer_sequence<int, i...>) {
  return {multiply_tile<i + 1>...};
}
constexpr auto multiply_tile_of = tile_functions(std::make_integer_sequence<int, max_tile_queries>{});

void multiply(const float* queries, Index tile_queries, const float* panels, Index rows, Index columns,
              Index padded_columns, float* scores, Index stride) {
  MultiplyTile* const function = multiply_tile_of[static_cast<std::size_t>(tile_queries - 1)];
  for (Index column = 0; column < columns; column += column_block)
    for (Index row = 0; row < rows; row += tile_rows)
      function(queries + column * tile_queries, panels + row * padded_columns + column * tile_rows,
               std::min(column_block, columns - column), column == 0, scores + row, stride);
}

extern const TileKernels kernels;
const TileKernels kernels = {
    .name = HWY_TARGET == HWY_SSE4   ? "sse4"
            : HWY_TARGET == HWY_AVX2 ? "avx2"
            : HWY_TARGET == HWY_AVX3 ? "avx512"
            : HWY_TARGET == HWY_NEON ? "neon"
                                     : "portable",
    .lanes = lanes,
    .tile_rows = tile_rows,
    .max_tile_queries = max_tile_queries,
    .pack_rows = pack_rows,
    .pack_queries = pack_queries,
    .multiply = multiply,
    .pack_few_queries = pack_few_queries,
    .score_rows = score_rows,
    .select = select,
};

}  // namespace HWY_NAMESPACE
}  // namespace crossover::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossover::cpu {
namespace {

#if defined __x86_64__
/// Not every compiler's __builtin_cpu_supports() knows it: leaf 1, register ecx, bit 29.
bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 29 & 1U) != 0;
}
#endif

/// All that Highway's targets ask for: a hypervisor may mask one of them.
const std::vector<const TileKernels*>& usable() {
  static const std::vector<const TileKernels*> all = [] {
    std::vector<const TileKernels*> found = {&HWY_STATIC_DISPATCH(kernels)};
#if HWY_TARGETS & HWY_AVX2 & ~HWY_STATIC_TARGET
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && has_f16c();
    if (avx2) found.push_back(&N_AVX2::kernels);
#endif
#if HWY_TARGETS & HWY_AVX3 & ~HWY_STATIC_TARGET
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd"))
      found.push_back(&N_AVX3::kernels);
#endif
    return found;
  }();
  return all;
}

const TileKernels*& chosen() {
  static const TileKernels* kernels = usable().back();
  return kernels;
}

}  // namespace

std::span<const TileKernels* const> usable_tile_kernels() { return usable(); }

const TileKernels& tile_kernels() { return *chosen(); }

std::string choose_tile_kernels(const std::string& name) {
  if (name.empty()) {
    chosen() = usable().back();
    return {};
  }
  std::string names;
  for (const TileKernels* kernels : usable()) {
    if (name == kernels->name) {
      chosen() = kernels;
      return {};
    }
    names += (names.empty() ? "" : ", ") + std::string(kernels->name);
  }
  return "no instruction set '" + name + "' here: this processor and program have " + names;
}

}  // namespace crossover::cpu
#endif
