// What the kernels share, for the instruction set at hand: vectors, and lengths of rows in f64.
#if defined(CROSSOVER_TILE_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)  // read once for each instruction set
#ifdef CROSSOVER_TILE_VECTORS_INL
#undef CROSSOVER_TILE_VECTORS_INL
#else
#define CROSSOVER_TILE_VECTORS_INL
#endif

#include <hwy/highway.h>

#include <limits>

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
constexpr float lowest = -std::numeric_limits<float>::infinity();

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
HWY_INLINE bool fits_f32(double factor) { return factor == 0 || (factor > 0x1p-100 && factor < 0x1p100); }

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

}  // namespace HWY_NAMESPACE
}  // namespace crossover::cpu
HWY_AFTER_NAMESPACE();

#endif
