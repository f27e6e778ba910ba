// Rows normalised into panels. Corpus rows are transposed on the way, so that they fill the lanes of vectors.
#if defined(CROSSOVER_TILE_PACK_INL) == defined(HWY_TARGET_TOGGLE)  // read once for each instruction set
#ifdef CROSSOVER_TILE_PACK_INL
#undef CROSSOVER_TILE_PACK_INL
#else
#define CROSSOVER_TILE_PACK_INL
#endif

#include <algorithm>
#include <cstring>

#include "cpu/tile_vectors_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace crossover::cpu {
namespace HWY_NAMESPACE {

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

}  // namespace HWY_NAMESPACE
}  // namespace crossover::cpu
HWY_AFTER_NAMESPACE();

#endif
