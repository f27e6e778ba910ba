// What libraries are given to compute row means with, where the solver is theirs.
#pragma once

#include "common/array.hpp"

namespace crossover::gpu {

/// Libraries add in the type that they read.
struct InDouble {
  template <class T>
  __host__ __device__ double operator()(T value) const {
    return static_cast<double>(value);
  }
};

struct AddDoubles {
  __host__ __device__ double operator()(double a, double b) const { return a + b; }
};

/// The mean of a row of which the sum is known, in the result's type.
template <class T>
struct MeanOfSum {
  double cols;
  __host__ __device__ T operator()(double sum) const { return static_cast<T>(sum / cols); }
};

/// Where row `row` begins.
struct BeginOfRow {
  Index cols;
  __host__ __device__ Index operator()(Index row) const { return row * cols; }
};

/// The row of element `i`.
struct RowOfElement {
  Index cols;
  __host__ __device__ Index operator()(Index i) const { return i / cols; }
};

}  // namespace crossover::gpu
