// States of the reductions: identity, merge and finish of common/reductions.cpp, as kernels need them. Merges
// are commutative (places carry their index), so that threads may take elements in any fixed order.
#pragma once

#include <cmath>
#include <limits>

#include "gpu/reductions.hpp"

namespace crossover::gpu {

inline constexpr unsigned full_warp = 0xffffffffU;

constexpr bool is_nan(auto value) { return value != value; }

/// Whether `challenger` replaces `holder` as the greatest (sign 1) or least (-1): a NaN that is held stays.
template <int sign, class T>
constexpr bool beats(T challenger, T holder) {
  return (sign > 0 ? challenger > holder : challenger < holder) || (is_nan(challenger) && !is_nan(holder));
}

template <class T>
constexpr T worst(int sign) {
  return -static_cast<T>(sign) * std::numeric_limits<T>::infinity();
}

template <class T>
__device__ T& element(void* data) {
  return *static_cast<T*>(data);
}

/// Divided and rounded once.
__device__ inline void write_value(const Ending& ending, double value) {
  value /= ending.divisor;
  if (ending.out_type == Type::f32)
    element<float>(ending.out) = static_cast<float>(value);
  else
    element<double>(ending.out) = value;
}

/// Modulo 2^64.
struct WrappedSum {
  unsigned long long sum;

  static constexpr WrappedSum identity() { return {0}; }
  constexpr void merge(const WrappedSum& other) { sum += other.sum; }
  __device__ WrappedSum of_lane(int distance) const { return {__shfl_xor_sync(full_warp, sum, distance)}; }
  __device__ static WrappedSum load(const Ending& ending) {
    return {static_cast<unsigned long long>(element<std::int64_t>(ending.state[0]))};
  }
  __device__ void store(const Ending& ending) const {
    element<std::int64_t>(ending.state[0]) = static_cast<std::int64_t>(sum);
  }
  __device__ void finish(const Ending& ending) const {
    element<std::int64_t>(ending.out) = static_cast<std::int64_t>(sum);
  }
};

struct Total {
  double sum;

  static constexpr Total identity() { return {0}; }
  constexpr void merge(const Total& other) { sum += other.sum; }
  __device__ Total of_lane(int distance) const { return {__shfl_xor_sync(full_warp, sum, distance)}; }
  __device__ static Total load(const Ending& ending) { return {element<double>(ending.state[0])}; }
  __device__ void store(const Ending& ending) const { element<double>(ending.state[0]) = sum; }
  __device__ void finish(const Ending& ending) const { write_value(ending, sum); }
};

template <int sign>
struct Extreme {
  double value;

  static constexpr Extreme identity() { return {worst<double>(sign)}; }
  constexpr void merge(const Extreme& other) {
    if (beats<sign>(other.value, value)) value = other.value;
  }
  __device__ Extreme of_lane(int distance) const { return {__shfl_xor_sync(full_warp, value, distance)}; }
  __device__ static Extreme load(const Ending& ending) { return {element<double>(ending.state[0])}; }
  __device__ void store(const Ending& ending) const { element<double>(ending.state[0]) = value; }
  __device__ void finish(const Ending& ending) const { write_value(ending, value); }
};

/// Where the greatest value, or the first NaN, stands; index -1: nothing seen yet.
template <class T>
struct Place {
  T value;
  Index index;

  static constexpr Place identity() { return {worst<T>(1), -1}; }
  constexpr void merge(const Place& other) {
    if (other.index < 0) return;
    const bool equal = other.value == value || (is_nan(other.value) && is_nan(value));
    if (index < 0 || beats<1>(other.value, value) || (equal && other.index < index)) *this = other;
  }
  __device__ Place of_lane(int distance) const {
    return {__shfl_xor_sync(full_warp, value, distance),
            static_cast<Index>(__shfl_xor_sync(full_warp, static_cast<long long>(index), distance))};
  }
  __device__ static Place load(const Ending& ending) {
    return {element<double>(ending.state[argmax::value]), element<Index>(ending.state[argmax::index])};
  }
  __device__ void store(const Ending& ending) const {
    element<Index>(ending.state[argmax::index]) = index;
    element<double>(ending.state[argmax::value]) = value;
  }
  __device__ void finish(const Ending& ending) const { element<Index>(ending.out) = index; }
};

/// Squares of values above, in and below the range whose squares f64 holds: norm2's state.
struct Squares {
  double big, mid, small;

  static constexpr Squares identity() { return {0, 0, 0}; }
  constexpr void merge(const Squares& other) {
    big += other.big;
    mid += other.mid;
    small += other.small;
  }
  __device__ Squares of_lane(int distance) const {
    return {__shfl_xor_sync(full_warp, big, distance), __shfl_xor_sync(full_warp, mid, distance),
            __shfl_xor_sync(full_warp, small, distance)};
  }
  __device__ static Squares load(const Ending& ending) {
    return {element<double>(ending.state[norm2::big]), element<double>(ending.state[norm2::mid]),
            element<double>(ending.state[norm2::small])};
  }
  __device__ void store(const Ending& ending) const {
    element<double>(ending.state[norm2::big]) = big;
    element<double>(ending.state[norm2::mid]) = mid;
    element<double>(ending.state[norm2::small]) = small;
  }
  __device__ void finish(const Ending& ending) const {
    constexpr double inverse = 1 / norm2::unit;  // a power of two
    double norm = sqrt(small) * inverse;
    if (big != 0)
      norm = sqrt(big + mid * inverse * inverse) * norm2::unit;
    else if (mid != 0)
      norm = sqrt(mid + small * inverse * inverse);
    write_value(ending, norm);
  }
};

/// For one thread: what a piece comes to.
template <class State>
__device__ void conclude(State result, const Ending& ending) {
  if (!ending.start) {
    State joined = State::load(ending);
    joined.merge(result);
    result = joined;
  }
  result.store(ending);
  if (ending.last) result.finish(ending);
}

/// One thread.
template <class State>
__global__ void conclude_kernel(State result, Ending ending) {
  conclude(result, ending);
}

}  // namespace crossover::gpu
