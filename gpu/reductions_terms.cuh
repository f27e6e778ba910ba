// How a thread reduces its elements, one class per problem: take() is given the elements of one tile, as many
// as Elements<T> has room for; result() is the thread's state.
//
// Sums are kept in f64, with what each addition loses kept beside them (Knuth's two-sum), so that errors do
// not grow with n. Consumer cards have 1/64 of their arithmetic in f64, and converting counts too, which is
// less than their memory delivers in f32: elements of f32 are first added in f32, exactly, as a sum and the
// sum of what was lost, and a tile of one thread costs two additions in f64. Where f32's range does not allow
// that, the tile is added again in f64.
#pragma once

#include "gpu/long_sum.cuh"
#include "gpu/reductions_sine.cuh"
#include "gpu/reductions_states.cuh"
#include "gpu/reductions_tiles.cuh"

namespace crossover::gpu {

/// Joins all into the first, pairwise.
template <class T, int count, class Join>
__device__ void join_pairwise(T (&values)[count], Join join) {
  for (int half = count / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) join(values[i], values[i + half]);
}

template <int count>
__device__ double pairwise_sum(double (&terms)[count]) {
  join_pairwise(terms, [](double& a, double b) { a += b; });
  return terms[0];
}

/// Adds terms + lost to `sum`; false, with nothing done, where f32's range did not suffice.
template <int count>
__device__ bool add_exactly(LongSum& sum, float (&terms)[count], float lost) {
  join_pairwise(terms, [&lost](float& a, float b) { two_sum(a, b, lost); });
  if (!is_finite_value(terms[0])) return false;
  sum.add(static_cast<double>(terms[0]));
  sum.lost += static_cast<double>(lost);
  return true;
}

template <class T>
struct SumOf {
  using Element = T;
  using State = Total;
  static constexpr int inputs = 1;
  static constexpr bool repeats = false;

  __device__ void take(const Elements<T>& x, const Elements<T>&, const Tiles<T>&, Index) {
    double terms[Elements<T>::count];
    if constexpr (type_of<T> == Type::f32) {
      Elements<T> exact = x;
      if (add_exactly(sum, exact.at, 0)) return;
    }
    for (int i = 0; i < Elements<T>::count; ++i) terms[i] = static_cast<double>(x.at[i]);
    sum.add(pairwise_sum(terms));
  }
  __device__ State result(const Tiles<T>&) const { return {sum.total()}; }

  LongSum sum;
};

template <>
struct SumOf<std::int64_t> {
  using Element = std::int64_t;
  using State = WrappedSum;
  static constexpr int inputs = 1;
  static constexpr bool repeats = false;

  __device__ void take(const Elements<Element>& x, const Elements<Element>&, const Tiles<Element>&, Index) {
    for (int i = 0; i < Elements<Element>::count; ++i) sum += static_cast<unsigned long long>(x.at[i]);
  }
  __device__ State result(const Tiles<Element>&) const { return {sum}; }

  unsigned long long sum = 0;
};

/// Sum of x * y. In f32 a product is exact with what its rounding loses, unless that is below f32's range.
template <class T>
__device__ void add_products(LongSum& sum, const Elements<T>& x, const Elements<T>& y) {
  constexpr int count = Elements<T>::count;
  if constexpr (type_of<T> == Type::f32) {
    float products[count], lost = 0, magnitude = 0;
    for (int i = 0; i < count; ++i) {
      products[i] = x.at[i] * y.at[i];
      lost += fma(x.at[i], y.at[i], -products[i]);
      magnitude += fabs(products[i]);
    }
    if (magnitude >= 0x1p-90F && magnitude <= 0x1p120F && add_exactly(sum, products, lost)) return;
  }
  double terms[count];
  for (int i = 0; i < count; ++i) terms[i] = static_cast<double>(x.at[i]) * static_cast<double>(y.at[i]);
  sum.add(pairwise_sum(terms));
}

template <class T>
struct DotOf {
  using Element = T;
  using State = Total;
  static constexpr int inputs = 2;
  static constexpr bool repeats = false;

  __device__ void take(const Elements<T>& x, const Elements<T>& y, const Tiles<T>&, Index) {
    add_products(sum, x, y);
  }
  __device__ State result(const Tiles<T>&) const { return {sum.total()}; }

  LongSum sum;
};

template <class T>
struct Norm2Of {
  using Element = T;
  using State = Squares;
  static constexpr int inputs = 1;
  static constexpr bool repeats = false;

  __device__ void take(const Elements<T>& x, const Elements<T>&, const Tiles<T>&, Index) {
    if constexpr (type_of<T> == Type::f32) {
      add_products(mid, x, x);
    } else {
      const double plain = squares(x, 1);
      if (plain > norm2::most)
        big.add(squares(x, 1 / norm2::unit));
      else if (plain < norm2::least)
        small.add(squares(x, norm2::unit));
      else
        mid.add(plain);
    }
  }
  __device__ State result(const Tiles<T>&) const { return {big.total(), mid.total(), small.total()}; }

  __device__ static double squares(const Elements<T>& x, double unit) {
    double terms[Elements<T>::count];
    for (int i = 0; i < Elements<T>::count; ++i) terms[i] = (x.at[i] * unit) * (x.at[i] * unit);
    return pairwise_sum(terms);
  }

  LongSum big, mid, small;
};

/// With the library's sine. Not inlined: its code for large arguments is long, and hardly ever run.
template <class T>
[[gnu::noinline]] __device__ double far_term(T x) {
  return static_cast<double>(x) * static_cast<double>(x) + static_cast<double>(sin(x));
}

template <class T>
struct SquareSineSumOf {
  using Element = T;
  using State = Total;
  static constexpr int inputs = 1;
  static constexpr bool repeats = false;

  __device__ void take(const Elements<T>& x, const Elements<T>&, const Tiles<T>& tiles, Index tile) {
    T terms[Elements<T>::count];
    bool near = true;
    for (int i = 0; i < Elements<T>::count; ++i) {
      near &= fabs(x.at[i]) < Sine<T>::reach;
      terms[i] = fma(x.at[i], x.at[i], sine(x.at[i]));
    }
    if (!near) return take_far(tiles, tile);
    if constexpr (type_of<T> == Type::f32)
      add_exactly(sum, terms, 0);
    else
      sum.add(pairwise_sum(terms));
  }
  /// With elements beyond the short sine's reach, NaN and infinity among them; read once more.
  __device__ void take_far(const Tiles<T>& tiles, Index tile) {
    const int slots = tiles.slots(tile);
    for (int slot = 0; slot < slots; ++slot) sum.add(far_term(tiles.x[tiles.index(tile, slot)]));
  }
  __device__ State result(const Tiles<T>&) const { return {sum.total()}; }

  LongSum sum;
};

template <int sign, class T>
struct ExtremeOf {
  using Element = T;
  using State = Extreme<sign>;
  static constexpr int inputs = 1;
  static constexpr bool repeats = true;

  __device__ static void keep(T& best, T value) {
    if (sign > 0 ? value > best : value < best) best = value;
    if (is_nan(value)) best = value;
  }
  __device__ static T best_of(Elements<T> x) {
    join_pairwise(x.at, keep);
    return x.at[0];
  }
  __device__ void take(const Elements<T>& x, const Elements<T>&, const Tiles<T>&, Index) {
    keep(best, best_of(x));
  }
  __device__ State result(const Tiles<T>&) const { return {static_cast<double>(best)}; }

  T best = worst<T>(sign);
};

/// A thread remembers the first tile with its greatest element. In the end the lanes that have the greatest
/// of their warp look for it there.
template <class T>
struct ArgmaxOf {
  using Element = T;
  using State = Place<double>;
  using Greatest = ExtremeOf<1, T>;
  static constexpr int inputs = 1;
  static constexpr bool repeats = true;

  __device__ void take(const Elements<T>& x, const Elements<T>&, const Tiles<T>&, Index tile) {
    const T value = Greatest::best_of(x);
    if (best_tile >= 0 && !beats<1>(value, best)) return;
    best = value;
    best_tile = tile;
  }
  __device__ State result(const Tiles<T>& tiles) const {
    T greatest = best;
    for (int distance = 16; distance > 0; distance /= 2)
      Greatest::keep(greatest, __shfl_xor_sync(full_warp, greatest, distance));
    if (best_tile < 0 || !same(best, greatest)) return State::identity();
    int slot = 0;
    while (!same(tiles.x[tiles.index(best_tile, slot)], best)) ++slot;
    return {static_cast<double>(best), tiles.first + tiles.index(best_tile, slot)};
  }
  __device__ static bool same(T a, T b) { return a == b || (is_nan(a) && is_nan(b)); }

  T best = worst<T>(1);
  Index best_tile = -1;
};

}  // namespace crossover::gpu
