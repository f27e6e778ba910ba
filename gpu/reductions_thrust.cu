// Reductions by Thrust: each call allocates temporary memory, waits for its result and copies it to the host,
// from where a kernel's parameter takes it to the state. `thrust-cached` differs in the allocator alone: what
// allocating costs is the difference of the two.
//
// Sums are in f64 because their initial value is; reading f32 through raw pointers keeps the wide loads.
//
// Counts are of 64 bits in any case: without the setting Thrust compiles a second version for 32, and takes
// it below 2^31 elements, where it may be a little faster. The rows' strategy says so.
#define THRUST_FORCE_64_BIT_OFFSET_TYPE
#include <thrust/extrema.h>
#include <thrust/inner_product.h>
#include <thrust/reduce.h>
#include <thrust/transform_reduce.h>

#include "gpu/launch.hpp"
#include "gpu/reductions_functors.cuh"
#include "gpu/solvers.hpp"
#include "gpu/thrust_policy.hpp"

namespace crossover::gpu {
namespace {

template <class T>
struct Range {
  const T *begin, *end;

  explicit Range(const DeviceArray& array)
      : begin(vector<const T>(array).data()), end(begin + array.count()) {}
};

/// One struct per problem: what Thrust is asked for. i64 as unsigned: their sum may wrap around.
struct Sum {
  using State = Total;
  static auto reduce(const auto& policy, const DevicePiece& piece) {
    return with_float(piece.in[0].type, [&]<class T>() {
      const Range<T> x(piece.in[0]);
      return thrust::reduce(policy, x.begin, x.end, 0.0, Plus());
    });
  }
};

struct IntegerSum {
  using State = WrappedSum;
  static unsigned long long reduce(const auto& policy, const DevicePiece& piece) {
    const Range<std::int64_t> x(piece.in[0]);
    const auto* const begin = reinterpret_cast<const std::uint64_t*>(x.begin);
    return thrust::reduce(policy, begin, begin + (x.end - x.begin), std::uint64_t{0});
  }
};

template <int sign>
struct Extremum {
  using State = Extreme<sign>;
  static double reduce(const auto& policy, const DevicePiece& piece) {
    return with_float(piece.in[0].type, [&]<class T>() {
      const Range<T> x(piece.in[0]);
      return static_cast<double>(thrust::reduce(policy, x.begin, x.end, worst<T>(sign), Best<sign, T>()));
    });
  }
};

struct Dot {
  using State = Total;
  static auto reduce(const auto& policy, const DevicePiece& piece) {
    return with_float(piece.in[0].type, [&]<class T>() {
      const Range<T> x(piece.in[0]), y(piece.in[1]);
      return thrust::inner_product(policy, x.begin, x.end, y.begin, 0.0, Plus(), Product<T>());
    });
  }
};

struct Norm2 {
  using State = Squares;
  static Squares reduce(const auto& policy, const DevicePiece& piece) {
    if (piece.in[0].type == Type::f32) {
      const Range<float> x(piece.in[0]);
      return {0, thrust::transform_reduce(policy, x.begin, x.end, Square(), 0.0, Plus()), 0};
    }
    const Range<double> x(piece.in[0]);
    return thrust::transform_reduce(policy, x.begin, x.end, SortedSquare(), Squares::identity(),
                                    Merge<Squares>());
  }
};

struct SquareSineSum {
  using State = Total;
  static auto reduce(const auto& policy, const DevicePiece& piece) {
    return with_float(piece.in[0].type, [&]<class T>() {
      const Range<T> x(piece.in[0]);
      return thrust::transform_reduce(policy, x.begin, x.end, SquareAndSine<T>(), 0.0, Plus());
    });
  }
};

void queue_ending(DeviceContext& context, const auto& state, const Ending& ending) {
  using State = std::remove_cvref_t<decltype(state)>;
  launch("conclude_kernel", conclude_kernel<State>, {.blocks = 1, .threads = 1}, context.stream, state,
         ending);
}

/// Thrust tells where the greatest is; its value is still on the device. One thread.
template <class T>
__global__ void conclude_place_kernel(const T* values, Index at, Index first, Ending ending) {
  conclude(Place<double>{static_cast<double>(values[at]), first + at}, ending);
}

template <class Problem, bool mean = false>
struct Reduce {
  static void run(const auto& policy, DeviceContext& context, const DevicePiece& piece) {
    using State = typename Problem::State;
    queue_ending(context, state_of<State>(Problem::reduce(policy, piece)), ending_of(piece, mean));
  }
};

struct SumOfAnyType {
  static void run(const auto& policy, DeviceContext& context, const DevicePiece& piece) {
    if (piece.in[0].type == Type::i64)
      Reduce<IntegerSum>::run(policy, context, piece);
    else
      Reduce<Sum>::run(policy, context, piece);
  }
};

struct Argmax {
  static void run(const auto& policy, DeviceContext& context, const DevicePiece& piece) {
    with_float(piece.in[0].type, [&]<class T>() {
      const Range<T> x(piece.in[0]);
      const Index at = thrust::max_element(policy, x.begin, x.end, Less<T>()) - x.begin;
      launch("conclude_place_kernel", conclude_place_kernel<T>, {.blocks = 1, .threads = 1}, context.stream,
             x.begin, at, piece.first, ending_of(piece));
    });
  }
};

template <class Method>
void solve(DeviceContext& context, const DevicePiece& piece) {
  Method::run(thrust_policy(context), context, piece);
}

template <class Method>
void solve_cached(DeviceContext& context, const DevicePiece& piece) {
  KeptBlocks blocks(*context.temporary);
  Method::run(thrust_policy(context, blocks), context, piece);
}

template <class Method>
void add_rows(std::vector<DeviceSolver>& all, const char* problem) {
  all.push_back({{.problem = problem,
                  .name = "thrust",
                  .strategy = "Thrust's algorithm, its counts in 64 bits: allocates, waits and copies inside",
                  .threaded = false,
                  .allocates = true},
                 solve<Method>});
  all.push_back({{.problem = problem,
                  .name = "thrust-cached",
                  .strategy = "the same with an allocator that keeps its blocks; waits and copies inside",
                  .threaded = false,
                  .allocates = true},
                 solve_cached<Method>});
}

}  // namespace

std::vector<DeviceSolver> reduction_thrust_solvers() {
  std::vector<DeviceSolver> all;
  add_rows<SumOfAnyType>(all, "sum");
  add_rows<Reduce<Sum, true>>(all, "mean");
  add_rows<Reduce<Extremum<-1>>>(all, "min");
  add_rows<Reduce<Extremum<1>>>(all, "max");
  add_rows<Argmax>(all, "argmax");
  add_rows<Reduce<Dot>>(all, "dot");
  add_rows<Reduce<Norm2>>(all, "norm2");
  add_rows<Reduce<SquareSineSum>>(all, "square_sine_sum");
  return all;
}

}  // namespace crossover::gpu
