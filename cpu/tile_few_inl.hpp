// A few queries against corpus rows where they lie: four rows at a time are in L1, their lengths are taken,
// and four queries at a time (two where there are few registers) are multiplied with them.
#if defined(CROSSOVER_TILE_FEW_INL) == defined(HWY_TARGET_TOGGLE)  // read once for each instruction set
#ifdef CROSSOVER_TILE_FEW_INL
#undef CROSSOVER_TILE_FEW_INL
#else
#define CROSSOVER_TILE_FEW_INL
#endif

#include <algorithm>

#include "cpu/similarity.hpp"
#include "cpu/tile_vectors_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace crossover::cpu {
namespace HWY_NAMESPACE {

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

}  // namespace HWY_NAMESPACE
}  // namespace crossover::cpu
HWY_AFTER_NAMESPACE();

#endif
