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
#include <cmath>
#include <cstring>
#include <utility>

#include "cpu/similarity.hpp"
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

/// Whether the sum of squares of a row, summed in f32 in part, is far from what f32 cannot hold.
HWY_INLINE bool f32_can_hold(double squares) { return squares > 0x1p-60 && squares < 0x1p120; }

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
    if (!f32_can_hold(inverse[i])) inverse[i] = sum_of_squares(rows + i * columns, columns);
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

/// Where columns are no whole number of vectors, the last vector overlaps the one before; what was counted
/// there already meets zeros.
struct Columns {
  Index whole, tail, tail_begin;  // columns in whole vectors, those behind, and where the last vector begins

  explicit Columns(Index columns)
      : whole(columns / lanes * lanes), tail(columns - whole), tail_begin(columns - lanes) {}
  /// Of the first column of the tail in the last vector.
  Index tail_place() const { return whole - tail_begin; }
};

void pack_few_queries(const float* rows, Index count, Index columns, float* packed) {
  const Columns cut(columns);
  for (Index q = 0; q < count; ++q, rows += columns, packed += rounded_up(columns, slab)) {
    std::fill(packed, packed + rounded_up(columns, slab), 0.0F);
    const double inverse = inverse_norm(sum_of_squares(rows, columns));
    scale_row(rows, cut.whole, inverse, packed);
    scale_row(rows + cut.whole, cut.tail, inverse, packed + cut.whole + cut.tail_place());
  }
}

constexpr int rows_at_once = 4;

/// Four rows, and their last vectors.
struct Rows {
  const float *row[rows_at_once], *last[rows_at_once];
};

template <class D>
HWY_INLINE hn::Vec<hn::CappedTag<float, 4>> sum_of_blocks(D d, hn::Vec<D> values) {
  if constexpr (hn::MaxLanes(d) == 4) {
    return values;
  } else {
    const hn::Half<D> half;
    return sum_of_blocks(half, hn::Add(hn::LowerHalf(half, values), hn::UpperHalf(half, values)));
  }
}

/// The sums of four vectors' lanes.
HWY_INLINE hn::Vec<hn::CappedTag<float, 4>> sums_of_lanes(const Vector (&values)[rows_at_once]) {
  const auto add_halves = [](Vector a, Vector b) HWY_ATTR {
    return hn::BitCast(f64, hn::Add(hn::InterleaveLower(f32, a, b), hn::InterleaveUpper(f32, a, b)));
  };
  const auto ab = add_halves(values[0], values[1]), cd = add_halves(values[2], values[3]);
  return sum_of_blocks(f32, hn::Add(hn::BitCast(f32, hn::InterleaveLower(f64, ab, cd)),
                                    hn::BitCast(f32, hn::InterleaveUpper(f64, ab, cd))));
}

/// As in pack_rows(): four squares are summed in f32, and those sums in f64.
HWY_INLINE double sum_of_squares(const float* row, const float* last, const Columns& cut, Vector in_tail) {
  DoubleVector sum = hn::Zero(f64);
  const auto add = [&sum](Vector squares) HWY_ATTR {
    sum = hn::Add(sum, hn::Add(lower_in_f64(squares), upper_in_f64(squares)));
  };
  Index column = 0;
  for (; column + 4 * lanes <= cut.whole; column += 4 * lanes) {
    Vector squares = hn::Zero(f32);
#pragma GCC unroll 4
    for (Index i = column; i < column + 4 * lanes; i += lanes) {
      const Vector values = hn::LoadU(f32, row + i);
      squares = hn::MulAdd(values, values, squares);
    }
    add(squares);
  }
  Vector squares = hn::Zero(f32);
  for (; column < cut.whole; column += lanes) {
    const Vector values = hn::LoadU(f32, row + column);
    squares = hn::MulAdd(values, values, squares);
  }
  if (cut.tail > 0) {
    const Vector values = hn::Mul(hn::LoadU(f32, last), in_tail);
    squares = hn::MulAdd(values, values, squares);
  }
  add(squares);
  return hn::GetLane(hn::SumOfLanes(f64, sum));
}

template <int queries>
HWY_INLINE void dot_rows(const Rows& rows, const Columns& cut, const float* packed, Index packed_stride,
                         const float* factors, Index count, float* scores, Index stride) {
  Vector sum[queries][rows_at_once];
#pragma GCC unroll 4
  for (int q = 0; q < queries; ++q)
#pragma GCC unroll 4
    for (int row = 0; row < rows_at_once; ++row) sum[q][row] = hn::Zero(f32);
  const auto add = [&](const float* const(&from)[rows_at_once], Index column, const float* query) HWY_ATTR {
    Vector values[rows_at_once];
#pragma GCC unroll 4
    for (int row = 0; row < rows_at_once; ++row) values[row] = hn::LoadU(f32, from[row] + column);
#pragma GCC unroll 4
    for (int q = 0; q < queries; ++q) {
      const Vector value = hn::LoadU(f32, query + q * packed_stride);
#pragma GCC unroll 4
      for (int row = 0; row < rows_at_once; ++row) sum[q][row] = hn::MulAdd(value, values[row], sum[q][row]);
    }
  };
  for (Index column = 0; column < cut.whole; column += lanes) add(rows.row, column, packed + column);
  if (cut.tail > 0) add(rows.last, 0, packed + cut.whole);
  const hn::CappedTag<float, 4> four;
#pragma GCC unroll 4
  for (int q = 0; q < queries; ++q) {  // unrolled, or the sums would leave their registers
    alignas(16) float score[rows_at_once];
    hn::Store(hn::Mul(sums_of_lanes(sum[q]), hn::Load(four, factors)), four, score);
    for (Index row = 0; row < count; ++row) scores[q * stride + row] = score[row];
  }
}

/// In f64, for rows whose squares or products leave the range of f32.
float careful_score(const float* row, Index columns, const float* packed) {
  const Columns cut(columns);
  double sum = 0;
  for (Index i = 0; i < columns; ++i)
    sum +=
        static_cast<double>(row[i]) * static_cast<double>(packed[i < cut.whole ? i : cut.tail_place() + i]);
  return static_cast<float>(sum * inverse_norm(sum_of_squares(row, columns)));
}

void score_rows(const float* rows, Index count, Index columns, const float* packed, Index queries,
                float* scores, Index stride) {
  const Columns cut(columns);
  const Index packed_stride = rounded_up(columns, slab);
  alignas(64) float ones[lanes] = {};
  std::fill(ones + cut.tail_place(), ones + lanes, 1.0F);
  const Vector in_tail = hn::Load(f32, ones);
  for (Index first = 0; first < count; first += rows_at_once, rows += rows_at_once * columns) {
    const Index present = std::min<Index>(rows_at_once, count - first);
    alignas(16) float factors[rows_at_once];
    bool careful[rows_at_once] = {};
    Rows four;
    for (Index i = 0; i < rows_at_once; ++i) {
      four.row[i] = rows + std::min(i, present - 1) * columns;
      four.last[i] = four.row[i] + cut.tail_begin;
      const double squares = sum_of_squares(four.row[i], four.last[i], cut, in_tail);
      careful[i] = !f32_can_hold(squares);
      factors[i] = static_cast<float>(inverse_norm(squares));
    }
    const Index at_once = lanes == 16 || HWY_ARCH_ARM_A64 ? 4 : 2;
    for (Index q = 0; q < queries; q += at_once) {
      const float* const these = packed + q * packed_stride;
      float* const to = scores + q * stride + first;
      switch (std::min(at_once, queries - q)) {
        case 1: dot_rows<1>(four, cut, these, packed_stride, factors, present, to, stride); break;
        case 2: dot_rows<2>(four, cut, these, packed_stride, factors, present, to, stride); break;
        case 3: dot_rows<3>(four, cut, these, packed_stride, factors, present, to, stride); break;
        default: dot_rows<4>(four, cut, these, packed_stride, factors, present, to, stride);
      }
    }
    for (Index i = 0; i < present; ++i)
      for (Index q = 0; q < queries && careful[i]; ++q)
        scores[q * stride + first + i] = careful_score(four.row[i], columns, packed + q * packed_stride);
  }
}

/// b where a is NaN
HWY_INLINE Vector larger(Vector a, Vector b) {
#if HWY_ARCH_X86
  return hn::Max(a, b);  // as the instruction is defined
#else
  return hn::IfThenElse(hn::Gt(a, b), a, b);
#endif
}

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

/// One bit for each lane that is not below the floor.
HWY_INLINE std::uint32_t reaching(Vector scores, Vector floor) {
  std::uint8_t bits[8] = {};  // as much as is written at most
  hn::StoreMaskBits(f32, hn::Ge(scores, floor), bits);
  return bits[0] | std::uint32_t{bits[1]} << 8;
}

/// At least k scores reach the k-th highest of the lanes' maxima, so that even of ascending scores few are
/// offered.
void select(float* scores, Index count, Index padded, Index first, const Ranking<float>& best) {
  std::fill(scores + count, scores + padded, std::numeric_limits<float>::quiet_NaN());
  Vector maxima[tile_vectors];
  find_maxima(scores, padded, maxima);
  const float top = highest(maxima);
  float floor = best.threshold();
  if (top <= floor) return;  // a NaN floor has room for anything
  if (best.k <= tile_rows) {
    const float kth = kth_highest(maxima, top, best.k);
    if (kth > lowest && !(kth <= floor)) floor = kth;
  }
  if (std::isnan(floor)) {
    for (Index i = 0; i < count; ++i) best.offer(scores[i], first + i);
    return;
  }
  const Vector floors = hn::Set(f32, floor);
  for (Index i = 0; i < count; i += lanes)
    for (std::uint32_t found = reaching(hn::LoadU(f32, scores + i), floors); found != 0; found &= found - 1) {
      const Index place = i + std::countr_zero(found);
      best.offer(scores[place], first + place);
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
