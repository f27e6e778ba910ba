// What libraries are given to reduce with, where the solver is theirs: terms of one element, and joins.
#pragma once

#include <cmath>
#include <type_traits>

#include "gpu/reductions_states.cuh"

namespace crossover::gpu {

struct Plus {
  __host__ __device__ double operator()(double a, double b) const { return a + b; }
};

template <class State>
struct Merge {
  __host__ __device__ State operator()(State a, const State& b) const {
    a.merge(b);
    return a;
  }
};

/// NaN where there is one, which the libraries' own minimum and maximum do not promise.
template <int sign, class T>
struct Best {
  __host__ __device__ T operator()(T a, T b) const { return beats<sign>(b, a) ? b : a; }
};

/// For a library's argmax: NaN is above all numbers.
template <class T>
struct Less {
  __host__ __device__ bool operator()(T a, T b) const { return beats<1>(b, a); }
};

template <class T>
struct SquareAndSine {
  __host__ __device__ double operator()(T x) const {
    return static_cast<double>(x) * static_cast<double>(x) + static_cast<double>(sin(x));
  }
};

/// Squares of f32 fit into f64 as they are.
struct Square {
  __host__ __device__ double operator()(float x) const {
    return static_cast<double>(x) * static_cast<double>(x);
  }
};

/// Each square goes to the sum that holds it.
struct SortedSquare {
  __host__ __device__ Squares operator()(double x) const {
    const double plain = x * x;
    if (plain > norm2::most) return {(x / norm2::unit) * (x / norm2::unit), 0, 0};
    if (plain < norm2::least) return {0, 0, (x * norm2::unit) * (x * norm2::unit)};
    return {0, plain, 0};
  }
};

template <class T>
struct Product {
  __host__ __device__ double operator()(T x, T y) const {
    return static_cast<double>(x) * static_cast<double>(y);
  }
};

/// The result of a library as the state that it stands for.
template <class State, class Value>
__host__ __device__ State state_of(const Value& value) {
  if constexpr (std::is_same_v<State, Value>)
    return value;
  else if constexpr (std::is_same_v<State, Squares>)
    return {0, value, 0};
  else if constexpr (std::is_same_v<State, Place<double>>)
    return {static_cast<double>(value.value), value.index};
  else if constexpr (std::is_same_v<State, WrappedSum>)
    return {value};
  else
    return {static_cast<double>(value)};
}

}  // namespace crossover::gpu
