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

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "cpu/tile_kernels.hpp"
#include "cpu/unit_rows.hpp"

HWY_BEFORE_NAMESPACE();
namespace crossover::cpu {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Doubles = hn::Repartition<double, Floats>;
using HalfFloats = hn::Rebind<float, Doubles>;
using Vector = hn::Vec<Floats>;
using DoubleVector = hn::Vec<Doubles>;

constexpr Floats f32;
constexpr Doubles f64;
constexpr Index lanes = hn::MaxLanes(f32);
constexpr int tile_vectors = 2;
constexpr Index tile_rows = tile_vectors * lanes;
// As many sums as registers allow, beside the corpus values and a query's.
constexpr int max_tile_queries = lanes == 16 || HWY_ARCH_ARM_A64 ? 14 : 6;
constexpr Index column_block = 256;  // columns summed in one go: a panel of queries takes 14 KiB of L1
constexpr float lowest = -std::numeric_limits<float>::infinity();

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

/// Four values from each fourth of the rows that lie `stride` apart, one row to a block of 128 bits.
template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const float* at, Index stride) {
  if constexpr (hn::MaxLanes(d) == 4) {
    return hn::LoadU(d, at);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_blocks(half, at + hn::MaxLanes(half) * stride, stride),
                       load_blocks(half, at, stride));
  }
}

/// Four columns of `lanes` rows become four vectors: 4 x 4 transpositions, side by side.
HWY_INLINE void transpose(const float* rows, Index stride, Vector (&columns)[4]) {
  const Vector a = load_blocks(f32, rows, stride), b = load_blocks(f32, rows + stride, stride);
  const Vector c = load_blocks(f32, rows + 2 * stride, stride);
  const Vector d = load_blocks(f32, rows + 3 * stride, stride);
  const auto low_ab = hn::BitCast(f64, hn::InterleaveLower(f32, a, b));
  const auto low_cd = hn::BitCast(f64, hn::InterleaveLower(f32, c, d));
  const auto high_ab = hn::BitCast(f64, hn::InterleaveUpper(f32, a, b));
  const auto high_cd = hn::BitCast(f64, hn::InterleaveUpper(f32, c, d));
  columns[0] = hn::BitCast(f32, hn::InterleaveLower(f64, low_ab, low_cd));
  columns[1] = hn::BitCast(f32, hn::InterleaveUpper(f64, low_ab, low_cd));
  columns[2] = hn::BitCast(f32, hn::InterleaveLower(f64, high_ab, high_cd));
  columns[3] = hn::BitCast(f32, hn::InterleaveUpper(f64, high_ab, high_cd));
}

HWY_INLINE DoubleVector lower_in_f64(Vector values) {
  return hn::PromoteTo(f64, hn::LowerHalf(HalfFloats(), values));
}
HWY_INLINE DoubleVector upper_in_f64(Vector values) {
  return hn::PromoteTo(f64, hn::UpperHalf(HalfFloats(), values));
}

/// Values times f64 factors, rounded once.
HWY_INLINE Vector scaled(Vector values, DoubleVector low_factor, DoubleVector high_factor) {
  const HalfFloats half;
  return hn::Combine(f32, hn::DemoteTo(half, hn::Mul(upper_in_f64(values), high_factor)),
                     hn::DemoteTo(half, hn::Mul(lower_in_f64(values), low_factor)));
}

/// Factors that f32 holds with room to spare, so that a product with one is rounded once too.
bool fits_f32(double factor) { return factor == 0 || (factor > 0x1p-100 && factor < 0x1p100); }

/// Whether a row is scaled in f32 or in f64 is decided for it alone: equal rows stay equal whatever lies
/// beside them.
HWY_INLINE void scale_panel(const double* inverse, Index columns, float* panel) {
  alignas(64) float factor[lanes], in_f32[lanes];
  bool all_in_f32 = true;
  for (Index i = 0; i < lanes; ++i) {
    factor[i] = static_cast<float>(inverse[i]);
    in_f32[i] = fits_f32(inverse[i]) ? 1.0F : 0.0F;
    all_in_f32 = all_in_f32 && fits_f32(inverse[i]);
  }
  const Vector factors = hn::Load(f32, factor);
  if (all_in_f32) {
    for (Index column = 0; column < columns; ++column, panel += tile_rows)
      hn::StoreU(hn::Mul(hn::LoadU(f32, panel), factors), f32, panel);
    return;
  }
  const auto mask = hn::Gt(hn::Load(f32, in_f32), hn::Zero(f32));
  const DoubleVector low = hn::LoadU(f64, inverse), high = hn::LoadU(f64, inverse + lanes / 2);
  for (Index column = 0; column < columns; ++column, panel += tile_rows) {
    const Vector values = hn::LoadU(f32, panel);
    hn::StoreU(hn::IfThenElse(mask, hn::Mul(values, factors), scaled(values, low, high)), f32, panel);
  }
}

/// `count` rows of `width` values, `stride` apart, into a block of [lanes][slab]; the rest becomes zero.
HWY_INLINE void copy_block(const float* rows, Index count, Index width, Index stride, float* block) {
  if (count == lanes && width == slab) {
    for (Index row = 0; row < lanes; ++row)
      std::memcpy(block + row * slab, rows + row * stride, slab * sizeof(float));
    return;
  }
  for (Index i = 0; i < lanes * slab; i += lanes) hn::Store(hn::Zero(f32), f32, block + i);
  for (Index row = 0; row < count; ++row)
    std::memcpy(block + row * slab, rows + row * stride, static_cast<std::size_t>(width) * sizeof(float));
}

/// In f64 throughout.
HWY_INLINE double sum_of_squares(const float* row, Index columns) {
  DoubleVector squares[2] = {hn::Zero(f64), hn::Zero(f64)};
  for (Index column = 0; column < columns; column += lanes) {
    alignas(64) float rest[lanes] = {};
    const bool whole = column + lanes <= columns;
    for (Index i = column; i < columns && !whole; ++i) rest[i - column] = row[i];
    const Vector values = hn::LoadU(f32, whole ? row + column : rest);
    const DoubleVector low = lower_in_f64(values), high = upper_in_f64(values);
    squares[0] = hn::MulAdd(low, low, squares[0]);
    squares[1] = hn::MulAdd(high, high, squares[1]);
  }
  return hn::GetLane(hn::SumOfLanes(f64, hn::Add(squares[0], squares[1])));
}

/// A slab of columns at a time goes through a small block, where a row's cache line is read once, rows do not
/// compete for the same places of the cache, and what is not there is zero.
void pack_rows(const float* rows, Index count, Index columns, float* panel) {
  alignas(64) float block[lanes * slab];
  DoubleVector squares[2] = {hn::Zero(f64), hn::Zero(f64)};
  for (Index begin = 0; begin < columns; begin += slab) {
    const Index width = std::min(slab, columns - begin);
    const bool direct = count == lanes && width == slab && columns % 256 != 0;
    if (!direct) copy_block(rows + begin, count, width, columns, block);
    const float* const from = direct ? rows + begin : block;
    const Index stride = direct ? columns : slab;
    for (Index four = 0; four < width; four += 4) {
      Vector values[4];
      transpose(from + four, stride, values);
      Vector squares_of_four = hn::Mul(values[0], values[0]);
      for (int i = 1; i < 4; ++i) squares_of_four = hn::MulAdd(values[i], values[i], squares_of_four);
      for (int i = 0; i < 4; ++i) hn::StoreU(values[i], f32, panel + (begin + four + i) * tile_rows);
      squares[0] = hn::Add(squares[0], lower_in_f64(squares_of_four));
      squares[1] = hn::Add(squares[1], upper_in_f64(squares_of_four));
    }
  }
  alignas(64) double inverse[lanes];
  hn::Store(squares[0], f64, inverse);
  hn::Store(squares[1], f64, inverse + lanes / 2);
  for (Index i = 0; i < count; ++i)
    if (!(inverse[i] > 0x1p-60 && inverse[i] < 0x1p120))
      inverse[i] = sum_of_squares(rows + i * columns, columns);
#pragma omp simd
  for (Index i = 0; i < lanes; ++i) inverse[i] = inverse_norm(inverse[i]);
  scale_panel(inverse, columns, panel);
}

/// A slab of `values` times `factor`.
HWY_INLINE void scale_slab(const float* values, double factor, float* to) {
  const DoubleVector factors = hn::Set(f64, factor);
  for (Index i = 0; i < slab; i += lanes)
    hn::StoreU(fits_f32(factor)
                   ? hn::Mul(hn::LoadU(f32, values + i), hn::Set(f32, static_cast<float>(factor)))
                   : scaled(hn::LoadU(f32, values + i), factors, factors),
               f32, to + i);
}

void pack_queries(const float* rows, Index count, Index tile_queries, Index columns, float* panel) {
  const Index whole = columns / slab * slab;
  for (Index q = 0; q < tile_queries; ++q, rows += columns, panel += slab) {
    alignas(64) float rest[slab] = {};
    if (q >= count) {
      for (Index begin = 0; begin < columns; begin += slab)
        std::memcpy(panel + begin * tile_queries, rest, sizeof rest);
      continue;
    }
    for (Index i = whole; i < columns; ++i) rest[i - whole] = rows[i];
    const double inverse = inverse_norm(sum_of_squares(rows, columns));
    for (Index begin = 0; begin < whole; begin += slab)
      scale_slab(rows + begin, inverse, panel + begin * tile_queries);
    if (whole < columns) scale_slab(rest, inverse, panel + whole * tile_queries);
  }
}

HWY_INLINE Vector larger(Vector a, Vector b) {
  return hn::IfThenElse(hn::Gt(a, b), a, b);
}  // b where a is NaN

/// The highest score of each of tile_rows lanes, NaN left out. `count` is a multiple of tile_rows.
HWY_INLINE void find_maxima(const float* scores, Index count, Vector (&maxima)[tile_vectors]) {
  for (Vector& vector : maxima) vector = hn::Set(f32, lowest);
  for (Index i = 0; i < count; i += tile_rows)
    for (int v = 0; v < tile_vectors; ++v)
      maxima[v] = larger(hn::LoadU(f32, scores + i + v * lanes), maxima[v]);
}

HWY_INLINE float highest(const Vector (&maxima)[tile_vectors]) {
  return hn::GetLane(hn::MaxOfLanes(f32, larger(maxima[0], maxima[1])));
}

/// A number that k lanes' maxima reach, the highest such unless some are equal; -inf where there is none.
HWY_INLINE float kth_highest(Vector (&maxima)[tile_vectors], float top, Index k) {
  for (Index rank = 1; rank < k; ++rank) {
    for (Vector& vector : maxima)
      vector = hn::IfThenElse(hn::Lt(vector, hn::Set(f32, top)), vector, hn::Set(f32, lowest));
    top = highest(maxima);
  }
  return top;
}

/// One bit for each of `count` scores, `stride` apart, that is not below the floor; at most 64.
HWY_INLINE std::uint64_t reaching(const float* scores, Index count, Index stride, float floor) {
  std::uint64_t bits = 0;
  for (Index i = 0; i < count; ++i) bits |= std::uint64_t{!(scores[i * stride] < floor)} << i;
  return bits;
}

/// At least k scores reach the k-th highest of the lanes' maxima, so that even of ascending scores few are
/// offered.
void select(float* scores, Index count, Index padded, Index first, const Ranking<float>& best) {
  std::fill(scores + count, scores + padded, std::numeric_limits<float>::quiet_NaN());
  Vector vectors[tile_vectors];
  find_maxima(scores, padded, vectors);
  const float top = highest(vectors);
  float floor = best.threshold();
  if (top <= floor) return;  // a NaN floor has room for anything
  float maxima[tile_rows];
  for (int v = 0; v < tile_vectors; ++v) hn::StoreU(vectors[v], f32, maxima + v * lanes);
  if (best.k <= tile_rows) {
    const float kth = kth_highest(vectors, top, best.k);
    if (kth > lowest && !(kth <= floor)) floor = kth;
  }
  for (std::uint64_t open = reaching(maxima, tile_rows, 1, floor); open != 0; open &= open - 1) {
    const Index lane = std::countr_zero(open);
    std::uint64_t found = reaching(scores + lane, padded / tile_rows, tile_rows, floor);
    for (; found != 0; found &= found - 1) {
      const Index i = lane + std::countr_zero(found) * tile_rows;
      if (i < count) best.offer(scores[i], first + i);
    }
  }
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
    .select = select,
};

}  // namespace HWY_NAMESPACE
}  // namespace crossover::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossover::cpu {
namespace {

const std::vector<const TileKernels*>& usable() {
  static const std::vector<const TileKernels*> all = [] {
    std::vector<const TileKernels*> found = {&HWY_STATIC_DISPATCH(kernels)};
#if HWY_TARGETS & HWY_AVX2 & ~HWY_STATIC_TARGET
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
      found.push_back(&N_AVX2::kernels);
#endif
#if HWY_TARGETS & HWY_AVX3 & ~HWY_STATIC_TARGET
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
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
