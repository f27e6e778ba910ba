// Reductions by CUB: one call, two kernels. Accumulation is in f64 (i64 modulo 2^64, extremes in their own
// type), NaN as everywhere here, which CUB's own minimum and argmax do not promise. The output iterator joins
// the result with the state and finishes it, inside CUB's last kernel.
//
// The size of CUB's temporary memory can only be asked with a device. It holds one accumulator for each block
// (cub/device/dispatch/dispatch_reduce.cuh, CUB 3.0.1): multiprocessors x resident blocks (at most 32 on any
// device) x subscription factor 5, in parts of 256 bytes, one more for alignment.
#include <cub/device/device_reduce.cuh>
#include <cub/version.cuh>
#include <cuda/std/functional>

#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "gpu/check.hpp"
#include "gpu/reductions_functors.cuh"
#include "gpu/solvers.hpp"

namespace crossover::gpu {
namespace {

static_assert(CUB_VERSION >= 200100, "CUB counts in 64 bits from CUDA 12.2 on");

constexpr std::size_t resident_blocks = 32, subscription_factor = 5, part_bytes = 256;

template <class Accumulator>
constexpr std::size_t temporary_bytes(const Limits& limits) {
  const auto multiprocessors = static_cast<std::size_t>(std::max(1, limits.multiprocessors));
  const std::size_t bytes = multiprocessors * resident_blocks * subscription_factor * sizeof(Accumulator);
  return (bytes + part_bytes - 1) / part_bytes * part_bytes + part_bytes;
}

/// An output iterator of one element, which is assigned once.
template <class State>
struct EndingIterator {
  using iterator_category = std::output_iterator_tag;
  using value_type = void;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = void;

  struct Assigned {
    Ending ending;
    template <class Value>
    __device__ void operator=(const Value& value) const {
      conclude(state_of<State>(value), ending);
    }
  };
  __device__ Assigned operator*() const { return {ending}; }

  Ending ending;
};

/// `call(memory, bytes)` is one of CUB's.
template <class Call>
void call_cub(const DevicePiece& piece, Call call) {
  std::size_t bytes = piece.workspace.size();
  const cudaError_t status = call(piece.workspace.data(), bytes);
  if (status == cudaErrorInvalidValue) {  // also its way to say that the memory does not suffice
    std::size_t needed = 0;
    if (call(nullptr, needed) == cudaSuccess && needed > piece.workspace.size()) {
      cudaGetLastError();
      throw std::logic_error("CUB asks for " + std::to_string(needed) + " bytes, foreseen were " +
                             std::to_string(piece.workspace.size()));
    }
  }
  check(status, "cub::DeviceReduce");
}

template <class State, class Input, class Join, class Value>
void reduce(const DeviceContext& context, const DevicePiece& piece, bool mean, Input in, Join join,
            Value initial) {
  const EndingIterator<State> out{ending_of(piece, mean)};
  call_cub(piece, [&](void* memory, std::size_t& bytes) {
    return cub::DeviceReduce::Reduce(memory, bytes, in, out, piece.shape[reduction::n], join, initial,
                                     context.stream);
  });
}

/// Unlike a transforming iterator, this keeps CUB's wide loads.
template <class State, class T, class Join, class Term, class Value>
void transform_reduce(const DeviceContext& context, const DevicePiece& piece, const T* in, Join join,
                      Term term, Value initial) {
#if CUB_VERSION >= 200400
  const EndingIterator<State> out{ending_of(piece)};
  call_cub(piece, [&](void* memory, std::size_t& bytes) {
    return cub::DeviceReduce::TransformReduce(memory, bytes, in, out, piece.shape[reduction::n], join, term,
                                              initial, context.stream);
  });
#else
  reduce<State>(context, piece, false, thrust::make_transform_iterator(in, term), join, initial);
#endif
}

template <class T>
const T* input(const DevicePiece& piece, std::size_t operand = 0) {
  return vector<const T>(piece.in[operand]).data();
}

template <class T>
struct ProductAt {
  const T *x, *y;
  __host__ __device__ double operator()(Index i) const { return Product<T>()(x[i], y[i]); }
};

template <class T>
struct PlaceAt {
  const T* x;
  Index first;
  __host__ __device__ Place<T> operator()(Index i) const { return {x[i], first + i}; }
};

auto over_indices(auto function) {
  return thrust::make_transform_iterator(thrust::counting_iterator<Index>(0), function);
}

// One struct per problem: what CUB is asked for.

template <bool mean>
struct Sum {
  using Widest = double;
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    if (piece.in[0].type == Type::i64)
      return reduce<WrappedSum>(context, piece, false,
                                reinterpret_cast<const std::uint64_t*>(input<std::int64_t>(piece)),
                                ::cuda::std::plus<>(), std::uint64_t{0});
    with_float(piece.in[0].type,
               [&]<class T>() { reduce<Total>(context, piece, mean, input<T>(piece), Plus(), 0.0); });
  }
};

template <int sign>
struct Extremum {
  using Widest = double;
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    with_float(piece.in[0].type, [&]<class T>() {
      reduce<Extreme<sign>>(context, piece, false, input<T>(piece), Best<sign, T>(), worst<T>(sign));
    });
  }
};

struct Argmax {
  using Widest = Place<double>;
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    with_float(piece.in[0].type, [&]<class T>() {
      reduce<Place<double>>(context, piece, false, over_indices(PlaceAt<T>{input<T>(piece), piece.first}),
                            Merge<Place<T>>(), Place<T>::identity());
    });
  }
};

struct Dot {
  using Widest = double;
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    with_float(piece.in[0].type, [&]<class T>() {
      reduce<Total>(context, piece, false, over_indices(ProductAt<T>{input<T>(piece), input<T>(piece, 1)}),
                    Plus(), 0.0);
    });
  }
};

struct Norm2 {
  using Widest = Squares;
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    if (piece.in[0].type == Type::f32)
      transform_reduce<Squares>(context, piece, input<float>(piece), Plus(), Square(), 0.0);
    else
      transform_reduce<Squares>(context, piece, input<double>(piece), Merge<Squares>(), SortedSquare(),
                                Squares::identity());
  }
};

struct SquareSineSum {
  using Widest = double;
  static void solve(DeviceContext& context, const DevicePiece& piece) {
    with_float(piece.in[0].type, [&]<class T>() {
      transform_reduce<Total>(context, piece, input<T>(piece), Plus(), SquareAndSine<T>(), 0.0);
    });
  }
};

template <class Method>
DeviceSolver row(const char* problem) {
  return {
      {.problem = problem,
       .name = "cub",
       .strategy = "DeviceReduce with temporary memory that is there already",
       .threaded = false,
       .workspace = [](const Shape&, Type,
                       const Limits& limits) { return temporary_bytes<typename Method::Widest>(limits); }},
      Method::solve};
}

}  // namespace

std::vector<DeviceSolver> reduction_cub_solvers() {
  return {
      row<Sum<false>>("sum"),   row<Sum<true>>("mean"),
      row<Extremum<-1>>("min"), row<Extremum<1>>("max"),
      row<Argmax>("argmax"),    row<Dot>("dot"),
      row<Norm2>("norm2"),      row<SquareSineSum>("square_sine_sum"),
  };
}

}  // namespace crossover::gpu
